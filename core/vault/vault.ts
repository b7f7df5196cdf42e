import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { checkRecord } from '../storage/read.ts';
import { change } from '../storage/transaction.ts';
import type {
  Destination,
  KeyRecord,
  Sealed,
  SlotRecord,
  VaultHeader,
} from '../storage/records.ts';
import { createVaultKey, importVaultKey, openRecord, sealRecord } from './crypto.ts';
import { createSlot, isSlotKindName, openSlot, SLOT_KINDS } from './slots.ts';

/** The encrypted credentials. A secret is opened at dispatch only, and never kept. */
export interface Vault {
  /** True while no slot has been opened since the lock; a vault with a device slot opens itself. */
  isLocked(): Promise<boolean>;
  /** Seals a secret for one record and one destination. Makes the vault on first use. */
  seal(secret: string, recordId: string, destination: Destination): Promise<Sealed>;
  /**
   * Opens a sealed secret for the destination that it is about to be sent to. Throws `vault_locked`,
   * or `no_provider_key` where the record was sealed for another destination or was changed.
   */
  open(record: KeyRecord, destination: Destination): Promise<string>;
  /**
   * For each secret the record that holds it for its own destination, where one does. No stored
   * secret is given out; a record that does not open holds none.
   */
  findHolders(
    records: readonly KeyRecord[],
    secrets: readonly string[],
  ): Promise<(KeyRecord | undefined)[]>;
}

interface OpenVault {
  header: VaultHeader;
  vaultKey: CryptoKey;
}

export function createVault({
  openDatabase,
  now,
  randomId,
}: Pick<Ports, 'openDatabase' | 'now' | 'randomId'>): Vault {
  /** Header and slots of one moment. */
  async function read(): Promise<{ header: VaultHeader; slots: SlotRecord[] } | undefined> {
    const transaction = (await openDatabase()).transaction(['vault', 'slots']);
    const [value, slots] = await Promise.all([
      transaction.objectStore('vault').get('vault'),
      transaction.objectStore('slots').getAll(),
    ]);
    if (value === undefined) return undefined;
    const header = checkRecord('vault', value);
    if ('reason' in header) throw damaged(header.reason);
    const checked = slots.map((slot) => checkRecord('slots', slot));
    return {
      header: header.record,
      slots: checked.flatMap((slot) => ('record' in slot ? [slot.record] : [])),
    };
  }

  /**
   * Two contexts may do this at once. Keys can't be made inside a transaction, so each makes a vault
   * of its own, and the transaction lets the first one stand.
   */
  async function create(): Promise<void> {
    const header: VaultHeader = {
      id: 'vault',
      v: 1,
      vaultId: randomId(),
      epoch: 1,
      createdAt: now(),
    };
    const vaultKey = createVaultKey();
    let slot: SlotRecord;
    try {
      slot = await createSlot(header, vaultKey, 'device', { id: randomId(), createdAt: now() });
    } finally {
      vaultKey.fill(0);
    }
    await change(openDatabase, ['vault', 'slots'], async (transaction) => {
      const vault = transaction.objectStore('vault');
      if ((await vault.get('vault')) !== undefined) return;
      await Promise.all([vault.put(header), transaction.objectStore('slots').put(slot)]);
    });
  }

  let unlocking: Promise<OpenVault | undefined> | undefined;
  let creating: Promise<void> | undefined;

  /** Parallel calls share one; nothing is kept afterwards. */
  function unlock(): Promise<OpenVault | undefined> {
    unlocking ??= unlockNow().finally(() => (unlocking = undefined));
    return unlocking;
  }

  async function unlockNow(): Promise<OpenVault | undefined> {
    const stored = await read();
    if (!stored) return undefined;
    const { header, slots } = stored;
    for (const slot of slots) {
      if (!isSlotKindName(slot.kind) || !SLOT_KINDS[slot.kind].unattended) continue;
      const raw = await openSlot(header, slot, slot.kind).catch((error: unknown) => {
        throw damaged(error);
      });
      try {
        return { header, vaultKey: await importVaultKey(raw) };
      } finally {
        raw.fill(0);
      }
    }
    if (slots.length === 0) throw damaged('there is no slot');
    throw new RouterError(
      'vault_locked',
      "Gatehouse is locked and wasn't unlocked in time. Open Gatehouse, unlock, try again.",
    );
  }

  async function open(record: KeyRecord, destination: Destination): Promise<string> {
    const vault = await unlock();
    if (!vault) throw damaged('there is no vault');
    if (record.sealed.id !== record.id || !isSameDestination(record.destination, destination))
      throw misplaced();
    try {
      return await openRecord(vault.vaultKey, vault.header, record.sealed, destination);
    } catch (error) {
      throw misplaced(error);
    }
  }

  return {
    async isLocked() {
      const stored = await read();
      if (!stored || stored.slots.length === 0) return false;
      return !stored.slots.some(({ kind }) => isSlotKindName(kind) && SLOT_KINDS[kind].unattended);
    },
    async seal(secret, recordId, destination) {
      let vault = await unlock();
      if (!vault) {
        await (creating ??= create().finally(() => (creating = undefined)));
        // Not a shared one: it may have begun before the vault was there.
        vault = await unlockNow();
      }
      if (!vault) throw damaged('there is no vault');
      return sealRecord(vault.vaultKey, vault.header, recordId, destination, secret);
    },
    open,
    async findHolders(records, secrets) {
      const holders = new Map<string, KeyRecord>();
      for (const record of records) {
        const secret = await open(record, record.destination).catch((error: unknown) => {
          if (error instanceof RouterError && error.code === 'no_provider_key') return undefined;
          throw error;
        });
        if (secret !== undefined && !holders.has(secret)) holders.set(secret, record);
      }
      return secrets.map((secret) => holders.get(secret));
    },
  };
}

export function isSameDestination(a: Destination, b: Destination): boolean {
  return (
    a.providerId === b.providerId &&
    a.origin === b.origin &&
    a.pathPrefix === b.pathPrefix &&
    a.authScheme === b.authScheme
  );
}

function misplaced(cause?: unknown): RouterError {
  return new RouterError(
    'no_provider_key',
    'The saved key was saved for another address, or was changed. Enter it again under Keys.',
    { cause },
  );
}

function damaged(cause: unknown): RouterError {
  return new RouterError(
    'no_provider_key',
    'The key store of Gatehouse is damaged and does not open. Import a backup, or enter the keys again under Keys.',
    { cause },
  );
}
