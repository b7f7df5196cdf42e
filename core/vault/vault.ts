import type { Changes } from '../changes.ts';
import { RouterError } from '../errors.ts';
import type { LockReason, Ports, VaultKey } from '../ports.ts';
import type { Destination, KeyRecord, Sealed, VaultHeader } from '../storage/records.ts';
import { importVaultKey, openRecord, sealRecord, type Bytes } from './crypto.ts';
import { makeVault } from './make-vault.ts';
import { damaged, readVault, type StoredVault } from './read-vault.ts';
import { identityOf } from './oauth.ts';
import { createVaultSession, type LockedBy } from './session.ts';
import { device } from './slot-kinds/device.ts';
import { unwrapSlot } from './slots.ts';

/** The encrypted credentials. A secret is opened at dispatch only, and never kept. */
export interface Vault {
  /** True while no slot has been opened since the lock; a vault with a device slot opens itself. */
  isLocked(): Promise<boolean>;
  /** The same with all that there is to say of it. Locks a vault whose time is up; is no use of it. */
  state(): Promise<VaultState>;
  /** Seals a secret for one record and one destination. Makes the vault on first use. */
  seal(secret: string, recordId: string, destination: Destination): Promise<Sealed>;
  /** The same for a secret that is yet to come: it is sealed also where the vault was locked meanwhile. */
  sealer(): Promise<Vault['seal']>;
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
  /**
   * Takes the vault key from a page of ours that opened a slot, and keeps it until the browser ends,
   * the vault is locked, or it was not used for `idleMs`. The caller zeroes its own copy.
   */
  unlock(vaultKey: VaultKey, options?: { idleMs?: number }): Promise<void>;
  /** For an unlocked vault: another time without use, or none. */
  setIdle(idleMs: number | undefined): Promise<void>;
  /** Forgets the vault key. What is in flight goes on. A vault with a device slot stays open. */
  lock(reason?: LockReason): Promise<void>;
}

export interface VaultState {
  locked: boolean;
  /** It does not open without a person. */
  lockable: boolean;
  /** When it locks if it is not used, in milliseconds since the epoch. */
  locksAt?: number;
  lockedBy?: LockedBy;
}

interface OpenVault {
  header: VaultHeader;
  vaultKey: CryptoKey;
  /** It has a time without use. */
  bySession: boolean;
}

export function createVault(
  ports: Pick<Ports, 'openDatabase' | 'now' | 'randomId' | 'session' | 'publish' | 'wakeAt'>,
  changes: Pick<Changes, 'listen'>,
): Vault {
  const session = createVaultSession(ports);

  let unlocking: Promise<OpenVault | undefined> | undefined;
  let creating: Promise<unknown> | undefined;
  /** The key is one that no script can read. Secrets are never kept. */
  let kept: OpenVault | undefined;
  let turn = 0;

  /** A lock, another slot, a new vault key, by whichever page: the vault is read again. */
  function forget(): void {
    turn += 1;
    kept = undefined;
    unlocking = undefined;
  }
  changes.listen((topic) => {
    if (topic === 'lock') forget();
  });

  /** Parallel calls share one. Undefined where no vault was made yet. */
  function unlock(): Promise<OpenVault | undefined> {
    const sharing = (unlocking ??= unlockNow());
    void sharing
      .catch(() => undefined)
      .finally(() => {
        if (unlocking === sharing) unlocking = undefined;
      });
    return sharing;
  }

  async function unlockNow(): Promise<OpenVault | undefined> {
    const stored = await readVault(await ports.openDatabase());
    if (!stored) return undefined;
    const { header } = stored;
    const raw = await openDeviceSlot(stored);
    const vaultKey = raw
      ? await importVaultKey(raw).finally(() => raw.fill(0))
      : await session.take(header);
    if (!vaultKey) throw locked();
    return { header, vaultKey, bySession: !raw };
  }

  async function create(): Promise<void> {
    await makeVault(ports, await device.create(), { kind: 'device' });
  }

  async function open(record: KeyRecord, destination: Destination): Promise<string> {
    if (record.sealed.id !== record.id || !isSameDestination(record.destination, destination))
      throw misplaced();
    const openWith = ({ vaultKey, header }: OpenVault) =>
      openRecord(vaultKey, header, record.sealed, destination);
    if (kept && (!kept.bySession || (await session.use())) && kept) {
      try {
        return await openWith(kept);
      } catch {
        // The vault may have been changed by another page or worker: it is read again.
      }
    }
    const started = turn;
    const vault = await unlock();
    if (!vault) throw damaged('there is no vault');
    // Locked meanwhile: this call goes on, the next one asks.
    if (turn === started) kept = vault;
    try {
      return await openWith(vault);
    } catch (error) {
      throw misplaced(error);
    }
  }

  async function sealer(): Promise<Vault['seal']> {
    let vault = await unlock();
    if (!vault) {
      await (creating ??= create().finally(() => (creating = undefined)));
      // Not a shared one: it may have begun before the vault was there.
      vault = await unlockNow();
    }
    if (!vault) throw damaged('there is no vault');
    const { vaultKey, header } = vault;
    return (secret, recordId, destination) =>
      sealRecord(vaultKey, header, recordId, destination, secret);
  }

  async function state(): Promise<VaultState> {
    const stored = await readVault(await ports.openDatabase());
    if (!stored || stored.slots.some(({ kind }) => kind === 'device'))
      return { locked: false, lockable: false };
    const { held, ...rest } = await session.peek(stored.header);
    return { locked: !held, lockable: true, ...rest };
  }

  return {
    isLocked: async () => (await state()).locked,
    state,
    seal: async (...what) => (await sealer())(...what),
    sealer,
    open,
    async findHolders(records, secrets) {
      const holders = new Map<string, KeyRecord>();
      for (const record of records) {
        const secret = await open(record, record.destination).catch((error: unknown) => {
          if (error instanceof RouterError && error.code === 'no_provider_key') return undefined;
          throw error;
        });
        const identity = secret === undefined ? undefined : identityOf(secret);
        if (identity !== undefined && !holders.has(identity)) holders.set(identity, record);
      }
      return secrets.map((secret) => holders.get(identityOf(secret)));
    },
    async unlock(vaultKey, { idleMs } = {}) {
      const stored = await readVault(await ports.openDatabase());
      if (!stored) throw damaged('there is no vault');
      await session.put(stored.header, vaultKey, idleMs);
      forget();
      ports.publish({ topic: 'lock' });
    },
    setIdle: session.setIdle,
    async lock(reason = 'hand') {
      forget();
      await session.clear(reason);
      forget();
    },
  };
}

/** The vault key without a person; undefined where the vault has other slots only. */
async function openDeviceSlot({ header, slots }: StoredVault): Promise<Bytes | undefined> {
  const slot = slots.find(({ kind }) => kind === 'device');
  if (!slot) return undefined;
  try {
    return await unwrapSlot(header, slot, await device.open(slot));
  } catch (error) {
    throw damaged(error);
  }
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

function locked(): RouterError {
  return new RouterError(
    'vault_locked',
    "Gatehouse is locked and wasn't unlocked in time. Open Gatehouse, unlock, try again.",
  );
}
