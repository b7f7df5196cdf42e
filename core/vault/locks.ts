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
import { toView, type SlotView } from './slot-view.ts';
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

const KINDS: { readonly [Kind in keyof Proofs]: SlotKind<Proofs[Kind]> } = Object.freeze({
  device,
  password,
  recovery,
  passkey,
});

const kindOf = ({ kind }: Proof) => KINDS[kind] as SlotKind<Proof['value']>;

export interface NewSlot {
  readonly proof: Proof;
  readonly label?: string;
}

export interface Rotation {
  /** What opens the slots that stay. */
  readonly keep?: readonly Proof[];
  /** What opens the vault where nothing that stays does. */
  readonly open?: Proof;
  readonly add?: readonly NewSlot[];
  readonly onProgress?: (done: number, total: number) => void;
  /** Gets the new vault key before anyone hears of the change; it is zeroed afterwards. */
  readonly onKey?: (vaultKey: Bytes) => Promise<void>;
}

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
    change: { add?: readonly NewSlot[]; remove?: readonly string[] },
  ): Promise<SlotView[]>;
  /** Another label for the slot that this proof opens: a label is sealed with its slot. */
  rename(proof: Proof, label: string): Promise<void>;
  /**
   * A new vault key, and every key sealed anew under it, in one transaction. A slot can be kept only
   * by its own proof, so the others go: they are the answer.
   */
  rotate(rotation: Rotation): Promise<SlotView[]>;
  /**
   * Makes the vault and its second copy whole again: what is missing or does not open comes from the
   * copy, and a copy that is the damaged one is made anew. Nothing that opens is lost. Throws
   * `vault_locked` where the proof opens neither.
   */
  restore(proof: Proof): Promise<void>;
  /** Deletes the vault with its copy and every key: for a person who has lost all that opens it. */
  erase(): Promise<void>;
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
    { id, createdAt, label }: Pick<SlotRecord, 'id' | 'createdAt' | 'label'>,
  ): Promise<SlotRecord> {
    checkNew(proof);
    const slotKey = await kindOf(proof).create(proof.value);
    const named = { id, kind: proof.kind, createdAt, ...(label && { label }) };
    return wrapSlot(header, vaultKey, slotKey, named);
  }

  const toNewSlot = (label: string | undefined) => ({
    id: randomId(),
    createdAt: now(),
    ...(label && { label }),
  });

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
        if (left.length + add.length === 0) throw noneLeft();
        const put: SlotRecord[] = [];
        for (const { proof: added, label } of add)
          put.push(await makeSlot(stored.header, vaultKey, added, toNewSlot(label)));
        await save(stored, { put, remove });
        return [...left, ...put].map(toView);
      } finally {
        vaultKey.fill(0);
      }
    },

    async rename(proof, label) {
      const stored = await read();
      const { vaultKey, slot } = await openWith(stored, proof);
      try {
        const named = { ...toView(slot), label };
        await save(stored, {
          put: [await makeSlot(stored.header, vaultKey, proof, named)],
          remove: [],
        });
      } finally {
        vaultKey.fill(0);
      }
    },

    async rotate({ keep = [], open, add = [], onProgress, onKey }) {
      const database = await openDatabase();
      const stored = await read();
      const { records } = await readRecords(database, 'keys');
      const header = { ...stored.header, epoch: stored.header.epoch + 1 };
      const fresh = createVaultKey();
      let old: Bytes | undefined;
      try {
        const put: SlotRecord[] = [];
        for (const proof of [...keep, ...(open ? [open] : [])]) {
          const opened = await openWith(stored, proof);
          old?.fill(0);
          old = opened.vaultKey;
          if (proof !== open) put.push(await makeSlot(header, fresh, proof, toView(opened.slot)));
        }
        if (!old) throw new RouterError('invalid_request', 'Open one slot to change its key.');
        for (const { proof, label } of add)
          put.push(await makeSlot(header, fresh, proof, toNewSlot(label)));
        if (put.length === 0) throw noneLeft();
        const resealed = await resealAll(
          records,
          { key: old, header: stored.header },
          { key: fresh, header },
          onProgress,
        );
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
        await onKey?.(fresh);
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
      const [copy, primary] = await Promise.all([
        database.get('state', BACKUP_KEY).then(toBackup),
        readVault(database).catch(() => undefined),
      ]);
      // The copy first: it is of the moment of the last change, as the vault should be.
      const source = copy && (await tryToOpen(copy, proof)) ? copy : primary;
      if (!source) throw damaged('there is no second copy');
      const { vaultKey: raw, slot: opened } = await openWith(source, proof);
      const { header } = source;
      const vaultKey = await importVaultKey(raw).finally(() => raw.fill(0));
      const { records } = await readRecords(database, 'keys');
      const intact = new Set<string>();
      for (const record of records)
        if (await opens(vaultKey, header, record)) intact.add(record.id);
      const lost: KeyRecord[] = [];
      for (const record of copy?.keys ?? [])
        if (!intact.has(record.id) && (await opens(vaultKey, header, record))) lost.push(record);
      await change(openDatabase, [...VAULT_STORES], async (transaction) => {
        const store = transaction.objectStore('slots');
        // Which of two that differ is the damaged one only its own proof can tell.
        const slots = new Map(source.slots.map((slot) => [slot.id, slot]));
        if (isSameHeader(primary?.header, header))
          for (const slot of primary?.slots ?? [])
            if (slot.id !== opened.id) slots.set(slot.id, slot);
        await store.clear();
        await Promise.all([
          transaction.objectStore('vault').put(header),
          ...[...slots.values()].map((slot) => store.put(slot)),
          ...lost.map((record) => transaction.objectStore('keys').put(record)),
        ]);
        await saveBackup(transaction, now());
      });
      for (const topic of ['lock', 'keys'] as const) publish({ topic });
    },

    async erase() {
      await change(openDatabase, [...VAULT_STORES], async (transaction) => {
        await Promise.all([
          transaction.objectStore('vault').clear(),
          transaction.objectStore('slots').clear(),
          transaction.objectStore('keys').clear(),
          transaction.objectStore('state').delete(BACKUP_KEY),
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

async function tryToOpen(vault: StoredVault, proof: Proof): Promise<boolean> {
  const opened = await openWith(vault, proof).catch(() => undefined);
  opened?.vaultKey.fill(0);
  return opened !== undefined;
}

const isSameHeader = (one: VaultHeader | undefined, other: VaultHeader) =>
  one?.vaultId === other.vaultId && one.epoch === other.epoch;

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

interface KeyOfEpoch {
  key: Bytes;
  header: VaultHeader;
}

/** By id. One that does not open under the old key would not under the new one: it stays as it is. */
async function resealAll(
  records: readonly KeyRecord[],
  old: KeyOfEpoch,
  fresh: KeyOfEpoch,
  onProgress?: (done: number, total: number) => void,
): Promise<Map<string, KeyRecord['sealed']>> {
  const [oldKey, freshKey] = await Promise.all([
    importVaultKey(old.key),
    importVaultKey(fresh.key),
  ]);
  const resealed = new Map<string, KeyRecord['sealed']>();
  for (const [done, { id, sealed, destination }] of records.entries()) {
    onProgress?.(done, records.length);
    const secret = await openRecord(oldKey, old.header, sealed, destination).catch(() => undefined);
    if (secret !== undefined)
      resealed.set(id, await sealRecord(freshKey, fresh.header, id, destination, secret));
  }
  onProgress?.(records.length, records.length);
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

const noneLeft = () => new RouterError('invalid_request', 'One way to open the vault must stay.');

const changedMeanwhile = () =>
  new RouterError('internal_error', 'The vault was changed in another page meanwhile. Try again.');
