import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { toCanonical } from './bundle-plan.ts';
import type { GatehouseSchema } from '../storage/database.ts';
import { checkRecord, readRecords } from '../storage/read.ts';
import type { KeyRecord, SlotRecord, VaultHeader } from '../storage/records.ts';
import { change } from '../storage/transaction.ts';
import { BACKUP_KEY, saveBackup, toBackup, VAULT_STORES } from './backup.ts';
import { createVaultKey, importVaultKey, openRecord, sealRecord, type Bytes } from './crypto.ts';
import { makeVault } from './make-vault.ts';
import { damaged, readVault, type StoredVault } from './read-vault.ts';
import { device } from './slot-kinds/device.ts';
import type { SlotKind } from './slot-kinds/kind.ts';
import { passkey, type PasskeyProof } from './slot-kinds/passkey.ts';
import { password } from './slot-kinds/password.ts';
import { recovery } from './slot-kinds/recovery.ts';
import { unwrapSlot, wrapSlot } from './slots.ts';

interface Proofs {
  device: void;
  password: string;
  /** `decodeRecoveryCode` of what was typed. */
  recovery: Bytes;
  passkey: PasskeyProof;
}

/** What opens a slot, or what a new slot shall be opened with. */
export type Proof = {
  [Kind in keyof Proofs]: { readonly kind: Kind; readonly value: Proofs[Kind] };
}[keyof Proofs];

export type SlotView = Pick<SlotRecord, 'id' | 'kind' | 'createdAt' | 'label'>;

const KINDS: { readonly [Kind in keyof Proofs]: SlotKind<Proofs[Kind]> } = Object.freeze({
  device,
  password,
  recovery,
  passkey,
});

const kindOf = ({ kind }: Proof) => KINDS[kind] as SlotKind<Proof['value']>;

/**
 * The ways to open the vault: for a page of ours, because a password takes half a second of work and
 * passkeys exist in pages only. Each change is one strict transaction; a failed one leaves what was.
 */
export interface Locks {
  list(): Promise<SlotView[]>;
  /** Makes the vault with this one slot. Throws `invalid_request` where there is a vault. */
  create(proof: Proof, label?: string): Promise<void>;
  /**
   * The vault key, to be handed to the vault and zeroed. Throws `vault_locked` where the proof is
   * wrong; that writes nothing. A slot with outdated parameters is made anew on the way.
   */
  open(proof: Proof): Promise<Bytes>;
  /**
   * Adds and removes slots at once; the keys are not touched. A password is changed by adding the new
   * one and removing the old. Throws `vault_locked`, `invalid_request` where no slot would be left.
   */
  change(
    proof: Proof,
    change: { add?: readonly { proof: Proof; label?: string }[]; remove?: readonly string[] },
  ): Promise<SlotView[]>;
  /**
   * A new vault key, and every key sealed anew under it. A slot can be taken along only with its own
   * proof, so the others go: they are the answer.
   */
  rotate(proofs: readonly Proof[]): Promise<SlotView[]>;
  /**
   * Puts back what is damaged from the second copy. Throws `vault_locked` where the proof does not
   * open the copy either.
   */
  restore(proof: Proof): Promise<void>;
}

export function createLocks(
  ports: Pick<Ports, 'openDatabase' | 'now' | 'randomId' | 'publish'>,
): Locks {
  const { openDatabase, now, randomId, publish } = ports;

  async function read(): Promise<StoredVault> {
    const stored = await readVault(await openDatabase());
    if (!stored)
      throw new RouterError('invalid_request', 'There is no vault yet. Save a key first.');
    return stored;
  }

  /** Writes slots, where the vault is still the one that they were made for. */
  async function save(
    before: StoredVault,
    { put, remove }: { put: readonly SlotRecord[]; remove: readonly string[] },
  ): Promise<void> {
    await change(openDatabase, [...VAULT_STORES], async (transaction) => {
      await expectUnchanged(transaction, before);
      const store = transaction.objectStore('slots');
      await Promise.all([
        ...remove.map((id) => store.delete(id)),
        ...put.map((slot) => store.put(slot)),
      ]);
      await saveBackup(transaction, now());
    });
    publish({ topic: 'lock' });
  }

  async function makeSlot(
    header: VaultHeader,
    vaultKey: Bytes,
    proof: Proof,
    slot: Pick<SlotRecord, 'id' | 'createdAt' | 'label'>,
  ): Promise<SlotRecord> {
    checkNew(proof);
    const slotKey = await kindOf(proof).create(proof.value);
    return wrapSlot(header, vaultKey, slotKey, { ...slot, kind: proof.kind });
  }

  return {
    list: async () => (await readVault(await openDatabase()))?.slots.map(toView) ?? [],

    async create(proof, label) {
      checkNew(proof);
      const slotKey = await kindOf(proof).create(proof.value);
      if (!(await makeVault(ports, slotKey, { kind: proof.kind, ...(label && { label }) })))
        throw new RouterError('invalid_request', 'There is a vault already. Open it instead.');
      publish({ topic: 'lock' });
    },

    async open(proof) {
      const stored = await read();
      const { vaultKey, slot } = await openWith(stored, proof);
      if (kindOf(proof).isOutdated?.(slot)) {
        const put = [await makeSlot(stored.header, vaultKey, proof, toView(slot))];
        // Not now is as good as later: it is tried again the next time.
        await save(stored, { put, remove: [] }).catch(() => undefined);
      }
      return vaultKey;
    },

    async change(proof, { add = [], remove = [] }) {
      const stored = await read();
      const { vaultKey } = await openWith(stored, proof);
      try {
        const left = stored.slots.filter(({ id }) => !remove.includes(id));
        if (left.length + add.length === 0)
          throw new RouterError('invalid_request', 'One way to open the vault must stay.');
        const put: SlotRecord[] = [];
        for (const { proof: added, label } of add) {
          const slot = { id: randomId(), createdAt: now(), ...(label && { label }) };
          put.push(await makeSlot(stored.header, vaultKey, added, slot));
        }
        await save(stored, { put, remove });
        return [...left, ...put].map(toView);
      } finally {
        vaultKey.fill(0);
      }
    },

    async rotate(proofs) {
      const database = await openDatabase();
      const stored = await read();
      const { records } = await readRecords(database, 'keys');
      const header = { ...stored.header, epoch: stored.header.epoch + 1 };
      const fresh = createVaultKey();
      let old: Bytes | undefined;
      try {
        const put: SlotRecord[] = [];
        for (const proof of proofs) {
          const opened = await openWith(stored, proof);
          old?.fill(0);
          old = opened.vaultKey;
          put.push(await makeSlot(header, fresh, proof, toView(opened.slot)));
        }
        if (!old) throw new RouterError('invalid_request', 'Open one slot to change its key.');
        const resealed = await resealAll(records, old, stored.header, fresh, header);
        await change(openDatabase, [...VAULT_STORES], async (transaction) => {
          await expectUnchanged(transaction, stored);
          const keys = transaction.objectStore('keys');
          const current = fitting('keys', await keys.getAll());
          if (toCanonical(current.map(toSealed)) !== toCanonical(records.map(toSealed)))
            throw changedMeanwhile();
          const slots = transaction.objectStore('slots');
          await slots.clear();
          await Promise.all([
            transaction.objectStore('vault').put(header),
            ...put.map((slot) => slots.put(slot)),
            // Labels and checks may have changed; only what is sealed is ours to write.
            ...current.map((record) =>
              keys.put({ ...record, sealed: resealed.get(record.id) ?? record.sealed }),
            ),
          ]);
          await saveBackup(transaction, now());
        });
        publish({ topic: 'lock' });
        const kept = new Set(put.map(({ id }) => id));
        return stored.slots.filter(({ id }) => !kept.has(id)).map(toView);
      } finally {
        old?.fill(0);
        fresh.fill(0);
      }
    },

    async restore(proof) {
      const database = await openDatabase();
      const backup = toBackup(await database.get('state', BACKUP_KEY));
      if (!backup) throw damaged('there is no second copy');
      const { header, slots, keys } = backup;
      const { vaultKey: raw } = await openWith({ header, slots }, proof);
      const vaultKey = await importVaultKey(raw).finally(() => raw.fill(0));
      const { records } = await readRecords(database, 'keys');
      const intact = new Set<string>();
      for (const record of records)
        if (await opens(vaultKey, header, record)) intact.add(record.id);
      await change(openDatabase, [...VAULT_STORES], async (transaction) => {
        const store = transaction.objectStore('slots');
        await store.clear();
        await Promise.all([
          transaction.objectStore('vault').put(header),
          ...slots.map((slot) => store.put(slot)),
          ...keys
            .filter(({ id }) => !intact.has(id))
            .map((record) => transaction.objectStore('keys').put(record)),
        ]);
      });
      for (const topic of ['lock', 'keys'] as const) publish({ topic });
    },
  };
}

/** The vault key and the slot that gave it. The caller zeroes the key. */
async function openWith(
  { header, slots }: StoredVault,
  proof: Proof,
): Promise<{ vaultKey: Bytes; slot: SlotRecord }> {
  for (const slot of slots) {
    if (slot.kind !== proof.kind) continue;
    try {
      const slotKey = await kindOf(proof).open(slot, proof.value);
      return { vaultKey: await unwrapSlot(header, slot, slotKey), slot };
    } catch {
      // Not this one. Which of its parts was wrong is not told.
    }
  }
  throw new RouterError('vault_locked', WRONG[proof.kind]);
}

const WRONG: Readonly<Record<Proof['kind'], string>> = Object.freeze({
  device: 'This vault does not open without a person. Unlock it.',
  password: 'This password does not open the vault. Check Caps Lock and try again.',
  recovery: 'This recovery code does not open the vault. Check it letter by letter.',
  passkey: 'This passkey does not open the vault. Choose the one that you set up here.',
});

function checkNew(proof: Proof): void {
  if (proof.kind === 'password' && proof.value === '')
    throw new RouterError('invalid_request', 'A password has at least one letter. Type one.');
}

const toView = ({ id, kind, createdAt, label }: SlotRecord): SlotView => ({
  id,
  kind,
  createdAt,
  ...(label !== undefined && { label }),
});

const toSealed = ({ id, destination, sealed }: KeyRecord) => ({ id, destination, sealed });

interface VaultReading {
  objectStore(name: 'vault'): { get(key: string): Promise<VaultHeader | undefined> };
  objectStore(name: 'slots'): { getAll(): Promise<SlotRecord[]> };
}

/** Throws where another page changed the vault since it was read. */
async function expectUnchanged(transaction: VaultReading, before: StoredVault): Promise<void> {
  const header = await transaction.objectStore('vault').get('vault');
  const slots = fitting('slots', await transaction.objectStore('slots').getAll());
  const toBytes = (all: readonly SlotRecord[]) =>
    all.map(({ id, iv, wrapped }) => ({ id, iv, wrapped }));
  if (toCanonical([header, toBytes(slots)]) !== toCanonical([before.header, toBytes(before.slots)]))
    throw changedMeanwhile();
}

/** Without what was set aside: it stays where it is. */
function fitting<Name extends 'slots' | 'keys'>(
  store: Name,
  values: readonly GatehouseSchema[Name]['value'][],
): GatehouseSchema[Name]['value'][] {
  return values.flatMap((value) => {
    const checked = checkRecord(store, value);
    return 'record' in checked ? [checked.record] : [];
  });
}

/** By id. One that does not open under the old key would not under the new one: it stays as it is. */
async function resealAll(
  records: readonly KeyRecord[],
  old: Bytes,
  oldHeader: VaultHeader,
  fresh: Bytes,
  header: VaultHeader,
): Promise<Map<string, KeyRecord['sealed']>> {
  const [oldKey, freshKey] = await Promise.all([importVaultKey(old), importVaultKey(fresh)]);
  const resealed = new Map<string, KeyRecord['sealed']>();
  for (const { id, sealed, destination } of records) {
    const secret = await openRecord(oldKey, oldHeader, sealed, destination).catch(() => undefined);
    if (secret !== undefined)
      resealed.set(id, await sealRecord(freshKey, header, id, destination, secret));
  }
  return resealed;
}

async function opens(
  vaultKey: CryptoKey,
  header: VaultHeader,
  record: KeyRecord,
): Promise<boolean> {
  return openRecord(vaultKey, header, record.sealed, record.destination).then(
    () => true,
    () => false,
  );
}

const changedMeanwhile = () =>
  new RouterError('internal_error', 'The vault was changed in another page meanwhile. Try again.');
