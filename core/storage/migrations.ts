/**
 * The steps from an empty database to this version's. A step that is out never changes: who has the
 * version before it takes it as it is. A new object store goes into the newest step that is not out.
 */
import type { IDBPTransaction, StoreNames } from 'idb';
import type { GatehouseDatabase, GatehouseSchema } from './database.ts';

export type UpgradeTransaction = IDBPTransaction<
  GatehouseSchema,
  StoreNames<GatehouseSchema>[],
  'versionchange'
>;

/**
 * Takes the database one version further. May await nothing but the transaction's own requests. It
 * must leave as many records in each store as it found; one that moves records says so in `recounts`.
 */
export interface Migration {
  migrate(database: GatehouseDatabase, transaction: UpgradeTransaction): void | Promise<void>;
  /** Stores whose number of records is meant to change. */
  readonly recounts?: readonly string[];
}

/** The first leads to version 1. */
export const MIGRATIONS: readonly Migration[] = Object.freeze([
  { migrate: createFirst },
  { migrate: createSecond },
  { migrate: createThird },
]);

/** Not out yet: new stores go here. */
function createThird(db: GatehouseDatabase): void {
  db.createObjectStore('profiles', { keyPath: 'id' });
}

function createSecond(db: GatehouseDatabase): void {
  db.createObjectStore('requests', { keyPath: 'id' }).createIndex('updatedAt', 'updatedAt');
}

function createFirst(db: GatehouseDatabase): void {
  db.createObjectStore('vault', { keyPath: 'id' });
  db.createObjectStore('slots', { keyPath: 'id' });
  db.createObjectStore('keys', { keyPath: 'id' }).createIndex('provider', 'provider');
  db.createObjectStore('providers', { keyPath: 'id' });
  db.createObjectStore('models', { keyPath: 'id' });
  db.createObjectStore('sites');
  db.createObjectStore('settings');
  db.createObjectStore('catalog', { keyPath: 'provider' });
  const usage = db.createObjectStore('usage', { keyPath: 'id' });
  usage.createIndex('day', 'day');
  usage.createIndex('origin', 'origin');
  db.createObjectStore('state');
  db.createObjectStore('chats', { keyPath: 'id' }).createIndex('updatedAt', 'updatedAt');
  db.createObjectStore('messages', { keyPath: 'id' }).createIndex('chat', ['chatId', 'createdAt']);
}

/**
 * Runs the steps that are lacking inside the one transaction of the upgrade. Rejects, and so takes
 * all of it back, where a step fails or loses a record.
 */
export async function migrate(
  database: GatehouseDatabase,
  transaction: UpgradeTransaction,
  from: number,
  migrations: readonly Migration[],
): Promise<void> {
  for (const [index, { migrate: run, recounts = [] }] of migrations.entries()) {
    if (index < from) continue;
    const before = await countAll(transaction);
    await run(database, transaction);
    const after = await countAll(transaction);
    for (const [store, count] of before)
      if (!recounts.includes(store) && after.get(store) !== count)
        throw new Error(
          `Version ${index + 1} left ${after.get(store) ?? 0} of ${count} in ${store}.`,
        );
  }
}

async function countAll(transaction: UpgradeTransaction): Promise<Map<string, number>> {
  const names = [...transaction.objectStoreNames];
  const counts = await Promise.all(names.map((name) => transaction.objectStore(name).count()));
  return new Map(names.map((name, index) => [name, counts[index] ?? 0]));
}
