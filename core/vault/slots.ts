/** The ways to open the vault, one row a kind. Each gives the key that wraps the vault key. */
import type { SlotRecord, VaultHeader } from '../storage/records.ts';
import { RECORD_ALGORITHMS } from './algorithms.ts';
import { createDeviceKey, encodeSlotBinding, unwrapVaultKey, wrapVaultKey } from './crypto.ts';
import type { Bytes } from './crypto.ts';

/** What a slot stores of its own, and the key that it stands for. */
export interface SlotKey {
  readonly slotKey: CryptoKey;
  readonly fields: Pick<SlotRecord, 'parameters' | 'salt' | 'key'>;
}

export interface SlotKind<Proof> {
  /** Opens without a person: a vault that has such a slot is never locked. */
  readonly unattended: boolean;
  create(proof: Proof): Promise<SlotKey>;
  /** The slot's key. Rejects where the parameters are out of bounds, before they are run. */
  open(slot: SlotRecord, proof: Proof): Promise<CryptoKey>;
}

const device: SlotKind<void> = {
  unattended: true,
  async create() {
    const key = await createDeviceKey();
    return { slotKey: key, fields: { parameters: {}, key } };
  },
  async open({ key }) {
    if (!key) throw new Error('This device slot has lost its key.');
    return key;
  },
};

/** Passwords, passkeys and recovery codes each add a row. */
export const SLOT_KINDS = Object.freeze({ device });
export type SlotKindName = keyof typeof SLOT_KINDS;

export const isSlotKindName = (kind: string): kind is SlotKindName =>
  Object.hasOwn(SLOT_KINDS, kind);

/** A new slot that opens to this vault key. */
export async function createSlot(
  header: VaultHeader,
  vaultKey: Bytes,
  kind: SlotKindName,
  slot: Pick<SlotRecord, 'id' | 'createdAt' | 'label'>,
): Promise<SlotRecord> {
  const { slotKey, fields } = await SLOT_KINDS[kind].create();
  const iv = crypto.getRandomValues(new Uint8Array(RECORD_ALGORITHMS[1].ivBytes));
  const bound = { ...slot, kind, ...fields, iv };
  const wrapped = await wrapVaultKey(vaultKey, slotKey, iv, encodeSlotBinding(header, bound));
  return { ...bound, wrapped };
}

/** The vault key out of a slot. The caller zeroes it. Rejects where any of it was changed. */
export async function openSlot(
  header: VaultHeader,
  slot: SlotRecord,
  kind: SlotKindName,
): Promise<Bytes> {
  const slotKey = await SLOT_KINDS[kind].open(slot);
  return unwrapVaultKey(slot.wrapped, slotKey, slot.iv, encodeSlotBinding(header, slot));
}
