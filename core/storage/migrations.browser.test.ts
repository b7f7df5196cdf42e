import { openDB, type IDBPDatabase } from 'idb';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createChatStore } from './chats.ts';
import { openDatabase, type GatehouseDatabase } from './database.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';
import { dropSnapshot, readSnapshot, restoreSnapshot } from './snapshot.ts';
import { isUpgradeBlocked, watchDatabase, type DatabaseState } from './upgrade-wait.ts';

const fresh = () => `test-${crypto.randomUUID()}`;

/** Version 1 as it went out, 20 November 2026. It never changes. */
function createVersion1(db: IDBPDatabase): void {
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

const MESSAGES = 1_203;

/** A database of version 1 with something in each kind of store; its connection is an old tab's. */
async function oldTab(name: string, letGo: 'at once' | 'when closed'): Promise<IDBPDatabase> {
  const database: IDBPDatabase = await openDB(name, 1, {
    upgrade: createVersion1,
    blocking: () => letGo === 'at once' && database.close(),
  });
  await database.put('providers', { id: 'my-box', baseUrl: 'https://box.example/v1' });
  await database.put(
    'sites',
    { origin: 'https://a.example', decision: 'allow' },
    'https://a.example',
  );
  await database.put('settings', { theme: 'dark' }, 'settings');
  await database.put('keys', { id: 'k', provider: 'my-box', label: 'canary of a key' });
  await database.put('state', 'canary of a draft', 'draft-of-a-new-chat');
  await database.put('chats', { id: 'c', title: 'T', createdAt: 1, updatedAt: 1, model: 'm' });
  const transaction = database.transaction('messages', 'readwrite');
  for (let index = 0; index < MESSAGES; index++)
    void transaction.store.put({
      id: `m${index}`,
      chatId: 'c',
      role: 'user',
      content: 'x'.repeat(100),
      state: 'done',
      createdAt: index,
    });
  await transaction.done;
  return database;
}

const anyStore = (database: GatehouseDatabase) => database as unknown as IDBPDatabase;

/** One step more than there are: it makes a store and touches each provider. */
const NEXT: readonly Migration[] = [
  ...MIGRATIONS,
  {
    async migrate(database, transaction) {
      anyStore(database).createObjectStore('next');
      const store = transaction.objectStore('providers');
      for (const provider of await store.getAll())
        await store.put({ ...provider, name: 'Touched' });
    },
  },
];
const LATEST = MIGRATIONS.length;

afterEach(() => vi.restoreAllMocks());

describe('a database of version 1', () => {
  test('opens in this version with all of its records', async () => {
    const name = fresh();
    (await oldTab(name, 'at once')).close();
    const database = await openDatabase(name);
    expect(database.version).toBe(LATEST);
    expect(await database.get('settings', 'settings')).toEqual({ theme: 'dark' });
    expect(await createChatStore(() => openDatabase(name)).messages('c')).toHaveLength(MESSAGES);
    expect(await database.get('keys', 'k')).toMatchObject({ label: 'canary of a key' });
  });

  test('has a copy of it made first, without keys, and the copy can be put back', async () => {
    const name = fresh();
    (await oldTab(name, 'at once')).close();
    const database = await openDatabase(name, { migrations: NEXT });
    expect([...anyStore(database).objectStoreNames]).toContain('next');
    expect(await database.get('providers', 'my-box')).toMatchObject({ name: 'Touched' });

    const snapshot = await readSnapshot(name);
    expect(snapshot).toMatchObject({ version: 1, counts: { messages: MESSAGES, providers: 1 } });
    const copy = await openDB(`${name} before an update`);
    for (const store of copy.objectStoreNames)
      expect(JSON.stringify(await copy.getAll(store))).not.toContain('canary');
    copy.close();

    await database.put('providers', { id: 'later' });
    await database.clear('messages');
    await restoreSnapshot(name, () => openDatabase(name));
    expect(await database.getAll('providers')).toEqual([
      { id: 'my-box', baseUrl: 'https://box.example/v1' },
    ]);
    expect(await database.count('messages')).toBe(MESSAGES);
    expect(await database.get('sites', 'https://a.example')).toMatchObject({ decision: 'allow' });
    expect(await database.get('keys', 'k')).toBeDefined();
    await dropSnapshot(name);
    expect(await readSnapshot(name)).toBeUndefined();
  });

  test('is upgraded while an old tab lets go of it', async () => {
    const name = fresh();
    const old = await oldTab(name, 'at once');
    const told = vi.fn();
    const unwatch = watchDatabase(told);
    const database = await openDatabase(name, { migrations: NEXT });
    unwatch();
    expect(database.version).toBe(LATEST + 1);
    expect(told).not.toHaveBeenCalledWith('blocked');
    expect(() => old.transaction('providers')).toThrow();
  });

  test('waits for an old tab that holds on to it, says so, and goes on when it closes', async () => {
    const name = fresh();
    const old = await oldTab(name, 'when closed');
    const told: DatabaseState[] = [];
    const unwatch = watchDatabase((state) => told.push(state));
    // Which of the two is told by the browser, and which waits for the other, is theirs.
    const worker = new Worker(new URL('./testing/open.worker.ts', import.meta.url), {
      type: 'module',
    });
    const elsewhere = new Promise<unknown>((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
    });
    worker.postMessage(name);
    const opening = openDatabase(name, { migrations: NEXT });
    await expect.poll(() => told, { timeout: 30_000 }).toEqual(['usual', 'blocked']);
    expect(await isUpgradeBlocked(name)).toBe(true);
    old.close();
    const database = await opening;
    expect(database.version).toBe(LATEST + 1);
    expect(await database.count('messages')).toBe(MESSAGES);
    expect(await elsewhere).toMatchObject({ version: LATEST + 1, messages: MESSAGES });
    await expect.poll(() => isUpgradeBlocked(name)).toBe(false);
    expect(told).toEqual(['usual', 'blocked', 'usual']);
    unwatch();
    worker.terminate();
  });

  test('is waited for no longer than a minute by who needs it, and opens later all the same', async () => {
    const name = fresh();
    const old = await oldTab(name, 'when closed');
    const opening = openDatabase(name, { migrations: NEXT });
    await expect.poll(() => isUpgradeBlocked(name), { timeout: 30_000 }).toBe(true);
    let minutes = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => 61_000 * ++minutes);
    await expect(opening).rejects.toMatchObject({
      code: 'internal_error',
      message: expect.stringMatching(/holds an older version/),
    });
    await expect(openDatabase(name)).rejects.toMatchObject({ code: 'internal_error' });
    old.close();
    await expect
      .poll(
        () =>
          openDatabase(name).then(
            ({ version }) => version,
            () => 0,
          ),
        { timeout: 30_000 },
      )
      .toBe(LATEST + 1);
  });

  test('is let go of, and that told, where a newer version wants it', async () => {
    const name = fresh();
    const told: DatabaseState[] = [];
    const unwatch = watchDatabase((state) => told.push(state));
    await openDatabase(name);
    const newer = await openDB(name, LATEST + 1);
    expect(told.at(-1)).toBe('superseded');
    await expect(openDatabase(name)).rejects.toMatchObject({
      message: expect.stringMatching(/Reload this page/),
    });
    newer.close();
    unwatch();
  });

  test.each<[string, Migration]>([
    [
      'fails half-way',
      {
        async migrate(database, transaction) {
          anyStore(database).createObjectStore('next');
          await transaction.objectStore('providers').clear();
          throw new Error('broken');
        },
      },
    ],
    [
      'loses a record',
      { migrate: async (_, transaction) => transaction.objectStore('messages').delete('m7') },
    ],
    ['throws at once', { migrate: () => Promise.reject(new Error('broken')) }],
  ])('stays as it is where a step %s, and the version before opens it', async (_what, step) => {
    const name = fresh();
    (await oldTab(name, 'at once')).close();
    await expect(openDatabase(name, { migrations: [...MIGRATIONS, step] })).rejects.toMatchObject({
      code: 'internal_error',
      message: expect.stringMatching(/Nothing was changed/),
    });
    const before: IDBPDatabase = await openDB(name);
    expect(before.version).toBe(1);
    expect([...before.objectStoreNames]).not.toContain('next');
    expect(await before.get('providers', 'my-box')).toEqual({
      id: 'my-box',
      baseUrl: 'https://box.example/v1',
    });
    expect(await before.count('messages')).toBe(MESSAGES);
    before.close();
  });

  test('may have another number of records where the step says so', async () => {
    const name = fresh();
    (await oldTab(name, 'at once')).close();
    const step: Migration = {
      recounts: ['messages'],
      migrate: async (_, transaction) => transaction.objectStore('messages').delete('m7'),
    };
    const database = await openDatabase(name, { migrations: [...MIGRATIONS, step] });
    expect(await database.count('messages')).toBe(MESSAGES - 1);
  });

  test('stays as it is where the disk is too full for the copy', async () => {
    const name = fresh();
    (await oldTab(name, 'at once')).close();
    const put = IDBObjectStore.prototype.put;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      ...rest
    ) {
      if (this.transaction.db.name !== name && this.name === 'messages')
        throw new DOMException('full', 'QuotaExceededError');
      return put.apply(this, rest);
    });
    await expect(openDatabase(name, { migrations: NEXT })).rejects.toMatchObject({
      code: 'storage_full',
    });
    vi.restoreAllMocks();
    expect(await readSnapshot(name)).toBeUndefined();
    const before = await openDB(name);
    expect(before.version).toBe(1);
    expect(await before.count('messages')).toBe(MESSAGES);
    before.close();
  });

  test('is copied and upgraded once where several contexts open it at the same moment', async () => {
    const name = fresh();
    (await oldTab(name, 'at once')).close();
    const workers = Array.from(
      { length: 4 },
      () => new Worker(new URL('./testing/open.worker.ts', import.meta.url), { type: 'module' }),
    );
    const counts = await Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.postMessage(name);
          }),
      ),
    );
    for (const worker of workers) worker.terminate();
    expect(counts).toEqual(
      Array(4).fill({ version: LATEST + 1, steps: expect.any(Number), messages: MESSAGES }),
    );
    expect(counts.reduce((sum: number, one) => sum + (one as { steps: number }).steps, 0)).toBe(1);
  });
});
