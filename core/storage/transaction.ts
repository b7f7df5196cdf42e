import type { IDBPTransaction, StoreNames } from 'idb';
import { RouterError } from '../errors.ts';
import type { GatehouseDatabase, GatehouseSchema } from './database.ts';

export type StoreName = StoreNames<GatehouseSchema>;
export type WriteTransaction<Names extends StoreName> = IDBPTransaction<
  GatehouseSchema,
  Names[],
  'readwrite'
>;

/**
 * Runs one change as one transaction, written through to the disk (`strict`): all of it or nothing,
 * and once this resolves it survives a crash. `work` may await nothing but this transaction's own
 * requests, because IndexedDB commits as soon as none is under way. Throws `storage_full`.
 */
export async function change<Names extends StoreName, Result>(
  openDatabase: () => Promise<GatehouseDatabase>,
  stores: Names[],
  work: (transaction: WriteTransaction<Names>) => Promise<Result>,
): Promise<Result> {
  const transaction = await begin(openDatabase, stores);
  // Handled here as well as below, or a failed request shows up as an unhandled rejection.
  transaction.done.catch(() => undefined);
  try {
    const result = await work(transaction);
    await transaction.done;
    return result;
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It has ended by itself.
    }
    throw toStorageError(error, transaction.error);
  }
}

async function begin<Names extends StoreName>(
  openDatabase: () => Promise<GatehouseDatabase>,
  stores: Names[],
): Promise<WriteTransaction<Names>> {
  const options = { durability: 'strict' } as const;
  try {
    return (await openDatabase()).transaction(stores, 'readwrite', options);
  } catch (error) {
    // The connection was closed between our asking and our using it.
    if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
    return (await openDatabase()).transaction(stores, 'readwrite', options);
  }
}

/** `cause` is the transaction's own error, which names the reason where `error` only says "aborted". */
export function toStorageError(error: unknown, cause?: unknown): unknown {
  for (const each of [error, cause])
    if (each instanceof DOMException && each.name === 'QuotaExceededError')
      return new RouterError(
        'storage_full',
        'The disk has no room left for what Gatehouse must save. Nothing was changed; free some space and try again.',
        { cause: each },
      );
  return error;
}
