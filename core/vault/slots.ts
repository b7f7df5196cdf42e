import type { SlotRecord, VaultHeader } from '../storage/records.ts';
import { RECORD_ALGORITHMS } from './algorithms.ts';
import { encodeSlotBinding, unwrapVaultKey, wrapVaultKey, type Bytes } from './crypto.ts';
import type { SlotKey } from './slot-kinds/kind.ts';

/** A slot that opens to this vault key. */
export async function wrapSlot(
  header: VaultHeader,
  vaultKey: Bytes,
  { slotKey, fields }: SlotKey,
  slot: Pick<SlotRecord, 'id' | 'kind' | 'createdAt' | 'label'>,
): Promise<SlotRecord> {
  const iv = crypto.getRandomValues(new Uint8Array(RECORD_ALGORITHMS[1].ivBytes));
  const bound = { ...slot, ...fields, iv };
  const wrapped = await wrapVaultKey(vaultKey, slotKey, iv, encodeSlotBinding(header, bound));
  return { ...bound, wrapped };
}

/** The vault key out of a slot. The caller zeroes it. Rejects where any of it was changed. */
export function unwrapSlot(
  header: VaultHeader,
  slot: SlotRecord,
  slotKey: CryptoKey,
): Promise<Bytes> {
  return unwrapVaultKey(slot.wrapped, slotKey, slot.iv, encodeSlotBinding(header, slot));
}
