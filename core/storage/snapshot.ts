/**
 * The copy of a database that is made before its form changes: another database, because only there
 * every kind of value is kept as it is. No key is in it, sealed or not: the vault has a second copy of
 * its own, and what is deleted or locked away must not stay behind in a third.
 */
import { deleteDB, openDB, type IDBPDatabase } from 'idb';
import { change, type StoreName } from './transaction.ts';
import type { GatehouseDatabase } from './database.ts';

export interface Snapshot {
  /** The version of the database that was copied. */
  readonly version: number;
  readonly savedAt: number;
  /** How many records there are of each store. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Stores that are never copied: the keys and all that opens them, what can be fetched again, and the log. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['vault', 'slots', 'keys', 'state', 'catalog', 'requests'],
]);
/** Its one record is written last: a copy without it is not whole. */
const ABOUT = 'about the snapshot';
const AT_ONCE = 500;

type AnyDatabase = IDBPDatabase<unknown>;
interface Row {
  key: IDBValidKey;
  value: unknown;
}

const nameOf = (name: string) => `${name} before an update`;

/** Copies what stands under `name` in its present version. Rejects with `QuotaExceededError` on a full disk. */
export async function takeSnapshot(name: string, savedAt: number): Promise<void> {
  await dropSnapshot(name);
  const source: AnyDatabase = await openDB(name);
  try {
    const stores = [...source.objectStoreNames].filter((store) => !LEFT_OUT.has(store));
    const target: AnyDatabase = await openDB(nameOf(name), 1, {
      upgrade(database) {
        for (const store of [...stores, ABOUT]) database.createObjectStore(store);
      },
    });
    try {
      const counts: Record<string, number> = {};
      for (const store of stores) counts[store] = await copyStore(source, target, store);
      const about: Snapshot = { version: source.version, savedAt, counts };
      await writeRows(target, ABOUT, [{ key: ABOUT, value: about }]);
    } finally {
      target.close();
    }
  } catch (error) {
    await dropSnapshot(name).catch(() => undefined);
    throw error;
  } finally {
    source.close();
  }
}

/** The copy that there is; undefined where there is none, or none that is whole. */
export async function readSnapshot(name: string): Promise<Snapshot | undefined> {
  return withSnapshot(name, async (copy) => {
    if (!copy.objectStoreNames.contains(ABOUT)) return undefined;
    return (await copy.get(ABOUT, ABOUT)) as Snapshot | undefined;
  });
}

/**
 * Puts the copied records in the place of what is there now, all of them or none. Keys, and what the
 * copy does not know, stay. Answers the stores that were written.
 */
export async function restoreSnapshot(
  name: string,
  open: () => Promise<GatehouseDatabase>,
): Promise<StoreName[]> {
  const database = await open();
  const restored = await withSnapshot(name, async (copy) => {
    const stores = [...copy.objectStoreNames].filter((store): store is StoreName =>
      ([...database.objectStoreNames] as string[]).includes(store),
    );
    const all = new Map<StoreName, Row[]>();
    for (const store of stores) {
      const rows: Row[] = [];
      for await (const batch of batchesOf(copy, store)) rows.push(...batch);
      all.set(store, rows);
    }
    await change(open, stores, async (transaction) => {
      for (const [store, rows] of all) {
        const target = transaction.objectStore(store);
        await target.clear();
        const inLine = target.keyPath !== null;
        await Promise.all(
          rows.map(({ key, value }) =>
            // The types of one store, because the record is of the same store as the copy of it.
            inLine ? target.put(value as never) : target.put(value as never, key as never),
          ),
        );
      }
    });
    return stores;
  });
  return restored ?? [];
}

export async function dropSnapshot(name: string): Promise<void> {
  await deleteDB(nameOf(name));
}

async function withSnapshot<Result>(
  name: string,
  work: (copy: AnyDatabase) => Promise<Result>,
): Promise<Result | undefined> {
  const databases = await indexedDB.databases();
  if (!databases.some((one) => one.name === nameOf(name))) return undefined;
  const copy: AnyDatabase = await openDB(nameOf(name));
  try {
    return await work(copy);
  } finally {
    copy.close();
  }
}

async function copyStore(source: AnyDatabase, target: AnyDatabase, store: string): Promise<number> {
  let count = 0;
  for await (const rows of batchesOf(source, store)) {
    await writeRows(target, store, rows);
    count += rows.length;
  }
  return count;
}

/** A few at a time: chats may be larger than what a worker may hold. */
async function* batchesOf(database: AnyDatabase, store: string): AsyncGenerator<Row[]> {
  let after: IDBValidKey | undefined;
  for (;;) {
    const range = after === undefined ? undefined : IDBKeyRange.lowerBound(after, true);
    const transaction = database.transaction(store);
    const [keys, values] = await Promise.all([
      transaction.store.getAllKeys(range, AT_ONCE),
      transaction.store.getAll(range, AT_ONCE),
    ]);
    if (keys.length === 0) return;
    yield keys.map((key, index) => ({ key, value: values[index] as unknown }));
    after = keys.at(-1);
  }
}

async function writeRows(
  database: AnyDatabase,
  store: string,
  rows: readonly Row[],
): Promise<void> {
  const transaction = database.transaction(store, 'readwrite', { durability: 'strict' });
  await Promise.all([
    ...rows.map(({ key, value }) => transaction.store.put(value, key)),
    transaction.done,
  ]);
}
