import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { nameOfKey } from '../permissions/match.ts';
import { checkRecord, readRecord, readRecords } from '../storage/read.ts';
import type { Destination, KeyRecord } from '../storage/records.ts';
import { change, type WriteTransaction } from '../storage/transaction.ts';
import { saveBackup, VAULT_STORES } from './backup.ts';
import { shownOf } from './mask.ts';
import { toSecret } from './secret.ts';
import { isSameDestination, type Vault } from './vault.ts';

export interface KeyInput {
  secret: string;
  label?: string;
  enabled?: boolean;
  weight?: number;
}

export type KeyChange = Partial<
  Pick<KeyRecord, 'label' | 'enabled' | 'weight' | 'models' | 'check'>
>;

/** The key records. They hold no secret that opens outside the vault. */
export interface Keys {
  /** Oldest first. */
  list(): Promise<KeyRecord[]>;
  /** Those of one provider, oldest first; also ones that are switched off or bound elsewhere. */
  listOf(providerId: string): Promise<KeyRecord[]>;
  get(id: string): Promise<KeyRecord | undefined>;
  /**
   * Saves secrets for one destination, all or none. One that the provider has already is not saved
   * twice: its record is answered. Throws `invalid_request`, `storage_full`, `vault_locked`.
   */
  add(destination: Destination, keys: readonly KeyInput[]): Promise<KeyRecord[]>;
  /** Throws `invalid_request` where there is no such key. */
  update(id: string, change: KeyChange): Promise<KeyRecord>;
  /** Puts another secret into a record; its label and weight stay, its last check goes. */
  replace(id: string, secret: string, destination: Destination): Promise<KeyRecord>;
  remove(id: string): Promise<void>;
}

/** A rotation of the vault key that falls between sealing and saving makes us seal again. */
const ATTEMPTS = 5;

export function createKeys({ openDatabase, now, randomId, publish }: Ports, vault: Vault): Keys {
  async function listOf(providerId: string): Promise<KeyRecord[]> {
    const values = await (await openDatabase()).getAllFromIndex('keys', 'provider', providerId);
    return byAge(
      values.flatMap((value) => {
        const checked = checkRecord('keys', value);
        return 'record' in checked ? [checked.record] : [];
      }),
    );
  }

  /** Saves sealed records in one transaction; false where they were sealed for an older epoch. */
  async function save(records: readonly KeyRecord[]): Promise<boolean> {
    return change(openDatabase, [...VAULT_STORES], async (transaction) => {
      const header = await transaction.objectStore('vault').get('vault');
      if (records.some(({ sealed }) => sealed.epoch !== header?.epoch)) return false;
      const store = transaction.objectStore('keys');
      await Promise.all(records.map((record) => store.put(record)));
      await saveBackup(transaction, now());
      return true;
    });
  }

  /** `toRecords` seals; it is run again where the vault key was changed meanwhile. */
  async function sealAndSave(toRecords: () => Promise<KeyRecord[]>): Promise<KeyRecord[]> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const records = await toRecords();
      if (records.length === 0 || (await save(records))) {
        publish({ topic: 'keys' });
        return records;
      }
    }
    throw new RouterError('internal_error', 'The vault is being changed. Try again in a moment.');
  }

  async function mustGet(id: string): Promise<KeyRecord> {
    const record = await readRecord(await openDatabase(), 'keys', id);
    if (!record) throw unknownKey();
    return record;
  }

  return {
    list: async () => byAge((await readRecords(await openDatabase(), 'keys')).records),
    listOf,
    get: async (id) => readRecord(await openDatabase(), 'keys', id),
    async add(destination, inputs) {
      const secrets = inputs.map(({ secret }) => toSecret(secret, destination.authScheme, now()));
      const existing = await listOf(destination.providerId);
      const here = existing.filter((record) => isSameDestination(record.destination, destination));
      const holders = await vault.findHolders(here, secrets);
      const answers = new Map<string, KeyRecord>();
      holders.forEach((record, index) => {
        if (record) answers.set(secrets[index] ?? '', record);
      });
      const fresh = inputs
        .map((input, index) => ({ ...input, secret: secrets[index] ?? '' }))
        .filter(({ secret }, index) => !answers.has(secret) && secrets.indexOf(secret) === index);
      const labels = new Set(existing.map(({ label }) => label));
      const named = fresh.map((input) => ({ ...input, label: toLabel(input.label, labels) }));
      const added = await sealAndSave(() =>
        Promise.all(
          named.map(async ({ secret, label, enabled = true, weight = 1 }, index) => {
            const id = randomId();
            return {
              id,
              provider: destination.providerId,
              label,
              enabled,
              weight,
              ...shownOf(secret),
              destination,
              sealed: await vault.seal(secret, id, destination),
              // Keeps the order of what was pasted at once.
              createdAt: now() + index / 1000,
            };
          }),
        ),
      );
      added.forEach((record, index) => answers.set(named[index]?.secret ?? '', record));
      return secrets.flatMap((secret) => answers.get(secret) ?? []);
    },
    async update(id, fields) {
      const record = await change(
        openDatabase,
        ['keys', 'sites', 'profiles'],
        async (transaction) => {
          const store = transaction.objectStore('keys');
          const stored = await store.get(id);
          if (!stored) throw unknownKey();
          const checked = checkRecord('keys', { ...stored, ...withoutUndefined(fields) });
          if ('reason' in checked)
            throw new RouterError(
              'invalid_request',
              `The key can't be changed so. ${checked.reason}.`,
            );
          await store.put(checked.record);
          if (stored.label !== checked.record.label)
            await rename(transaction, stored, checked.record);
          return checked.record;
        },
      );
      publish({ topic: 'keys' });
      if (fields.label !== undefined)
        for (const topic of ['sites', 'profiles'] as const) publish({ topic });
      return record;
    },
    async replace(id, text, destination) {
      const secret = toSecret(text, destination.authScheme, now());
      const [record] = await sealAndSave(async () => {
        const kept = await mustGet(id);
        delete kept.check;
        delete kept.token;
        const sealed = await vault.seal(secret, id, destination);
        return [
          {
            ...kept,
            provider: destination.providerId,
            ...shownOf(secret),
            destination,
            sealed,
          },
        ];
      });
      if (!record) throw unknownKey();
      return record;
    },
    async remove(id) {
      await change(openDatabase, [...VAULT_STORES], async (transaction) => {
        await transaction.objectStore('keys').delete(id);
        await saveBackup(transaction, now());
      });
      publish({ topic: 'keys' });
    },
  };
}

/** The sites and profiles that may use a key by its old name may use it by the new one. */
async function rename(
  transaction: WriteTransaction<'keys' | 'sites' | 'profiles'>,
  before: KeyRecord,
  after: KeyRecord,
): Promise<void> {
  const [from, to] = [nameOfKey(before), nameOfKey(after)];
  for (const name of ['sites', 'profiles'] as const) {
    // One store's types for both, because what is changed is the same in both.
    const store = transaction.objectStore(name as 'sites');
    for (let cursor = await store.openCursor(); cursor; cursor = await cursor.continue()) {
      const { keys } = cursor.value;
      if (!keys?.includes(from)) continue;
      const renamed = keys.map((key) => (key === from ? to : key));
      await cursor.update({ ...cursor.value, keys: renamed });
    }
  }
}

function byAge(records: KeyRecord[]): KeyRecord[] {
  return records.sort((a, b) => a.createdAt - b.createdAt);
}

/** As given, else the first of `main`, `key 2`, `key 3`… that is free. Takes it. */
export function toLabel(given: string | undefined, taken: Set<string>): string {
  let label = given?.trim().slice(0, 100) ?? '';
  for (let number = 1; label === '' || (!given?.trim() && taken.has(label)); number++)
    label = number === 1 ? 'main' : `key ${number}`;
  taken.add(label);
  return label;
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined),
  ) as Partial<T>;
}

const unknownKey = () =>
  new RouterError('invalid_request', 'There is no such key. It may have been deleted meanwhile.');
