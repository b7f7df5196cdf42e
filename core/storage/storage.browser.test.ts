import { openDB } from 'idb';
import { describe, expect, test, vi } from 'vitest';
import { openDatabase } from './database.ts';
import { readRecord, readRecords } from './read.ts';
import type { ProviderRecord } from './records.ts';
import { change, toStorageError } from './transaction.ts';

const fresh = () => `test-${crypto.randomUUID()}`;

describe('the database', () => {
  test('is one connection a context', async () => {
    const name = fresh();
    const [a, b] = await Promise.all([openDatabase(name), openDatabase(name)]);
    expect(a).toBe(b);
  });

  test('lets a newer version upgrade, and then says that this page is old', async () => {
    const name = fresh();
    await openDatabase(name);
    const blocked = vi.fn();
    const newer = await openDB(name, 99, { blocked });
    expect(blocked).not.toHaveBeenCalled();
    await expect(openDatabase(name)).rejects.toThrow(/newer version/);
    newer.close();
  });

  test('opens anew after its connection was taken away', async () => {
    const name = fresh();
    const first = await openDatabase(name);
    await first.put('state', 1, 'a');
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = () => resolve();
      request.onblocked = () => reject(new Error('blocked'));
    });
    const second = await openDatabase(name);
    expect(second).not.toBe(first);
    expect(await second.get('state', 'a')).toBeUndefined();
  });
});

describe('a change', () => {
  test('is all or nothing', async () => {
    const name = fresh();
    const open = () => openDatabase(name);
    await expect(
      change(open, ['state', 'providers'], async (transaction) => {
        await transaction.objectStore('state').put(1, 'a');
        await transaction.objectStore('providers').put({ id: 'x' });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await (await open()).get('state', 'a')).toBeUndefined();
    expect(await (await open()).count('providers')).toBe(0);
  });

  test('is written through to the disk', async () => {
    const name = fresh();
    const durability = await change(
      () => openDatabase(name),
      ['state'],
      (transaction) => Promise.resolve(transaction.durability),
    );
    expect(durability).toBe('strict');
  });

  test('on a full disk is refused as `storage_full`', () => {
    const quota = new DOMException('full', 'QuotaExceededError');
    expect(toStorageError(quota)).toMatchObject({ code: 'storage_full', status: 507 });
    expect(toStorageError(new DOMException('', 'AbortError'), quota)).toMatchObject({
      code: 'storage_full',
    });
    const other = new Error('other');
    expect(toStorageError(other)).toBe(other);
  });

  test('is tried again where the connection closes under it', async () => {
    const name = fresh();
    const stale = await openDB(name, 1);
    stale.close();
    await new Promise((resolve) => (indexedDB.deleteDatabase(name).onsuccess = resolve));
    let asked = 0;
    await change(
      () => (asked++ === 0 ? Promise.resolve(stale as never) : openDatabase(name)),
      ['state'],
      (transaction) => transaction.objectStore('state').put(2, 'a'),
    );
    expect(await (await openDatabase(name)).get('state', 'a')).toBe(2);
  });
});

describe('reading', () => {
  test('sets aside what does not fit, with its reason and without its values', async () => {
    const db = await openDatabase(fresh());
    await db.put('providers', { id: 'good' });
    await db.put('providers', {
      id: 'bad',
      models: ['a', 7],
      surprise: 'sk-secret',
    } as unknown as ProviderRecord);
    const { records, setAside } = await readRecords(db, 'providers');
    expect(records).toEqual([{ id: 'good' }]);
    expect(setAside).toHaveLength(1);
    expect(setAside[0]).toMatchObject({ store: 'providers', key: 'bad' });
    expect(setAside[0]!.reason).toContain('models[1]');
    expect(setAside[0]!.reason).toContain('surprise');
    expect(setAside[0]!.reason).not.toContain('sk-secret');
    expect(await readRecord(db, 'providers', 'bad')).toBeUndefined();
    expect(await db.count('providers')).toBe(2);
  });

  test('fills in the defaults of a site', async () => {
    const db = await openDatabase(fresh());
    await db.put('sites', { origin: 'https://a.example', decision: 'allow' } as never, 'k');
    expect(await readRecord(db, 'sites', 'k')).toMatchObject({ scopes: ['chat'], models: ['*'] });
  });
});
