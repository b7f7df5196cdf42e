import { beforeEach, describe, expect, test } from 'vitest';
import { createChatStore } from '../storage/chats.ts';
import { createCopies, readCopyTrouble, type Copies } from '../storage/copies.ts';
import { createTestPorts, type TestPorts } from '../testing/ports.ts';
import { createBundles } from '../vault/bundle.ts';
import { createCopiesControl } from './copies.ts';

const TODAY = '2026-11-20';

let ports: TestPorts;
let copies: Copies;
let held: number;
beforeEach(async () => {
  held = 0;
  ports = createTestPorts({
    keepAlive() {
      held += 1;
      return () => (held -= 1);
    },
  });
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(crypto.randomUUID(), { create: true });
  copies = createCopies(() => Promise.resolve(folder));
});

function controlOf(of: Copies = copies) {
  const vault = {} as never;
  const bundles = createBundles({
    ports,
    vault,
    permissions: { recheck: () => Promise.resolve() },
  });
  return createCopiesControl({ ports, bundles, copies: of });
}

const days = async () => (await copies.list()).map(({ name }) => name.slice(0, 10));
const read = async () => JSON.parse(await copies.read(`${TODAY}.json.gz`)) as object;

async function saveChats(count: number): Promise<void> {
  const store = createChatStore(ports.openDatabase);
  for (let index = 0; index < count; index++) {
    const id = `c${index}`;
    const chat = { id, title: id, createdAt: index, updatedAt: index, model: 'm', draft: 'typed' };
    await store.save(chat, [
      { id: `${id}m`, chatId: id, role: 'user', content: '“ü”\n', state: 'done', createdAt: 1 },
    ]);
  }
}

describe('the copy of the day', () => {
  test('is not made of nothing', async () => {
    await controlOf().makeDailyCopy();
    expect(await days()).toEqual([]);
  });

  test('is what an import takes over: everything, and no key', async () => {
    await saveChats(3);
    const database = await ports.openDatabase();
    await database.put('models', { id: 'turbo', routes: [{ provider: 'groq', model: 'x' }] });
    await database.put('keys', { id: 'k', label: 'canary of a key' } as never);
    await controlOf().makeDailyCopy();
    expect(held, 'the worker may sleep again').toBe(0);
    expect(await days()).toEqual([TODAY]);
    expect(ports.changes).toContainEqual({ topic: 'copies' });
    const copy = await read();
    expect(JSON.stringify(copy)).not.toMatch(/canary|typed/);

    ports = createTestPorts();
    const vault = {} as never;
    const recheck = () => Promise.resolve();
    const { importBundle } = createBundles({ ports, vault, permissions: { recheck } });
    await importBundle(copy);
    expect(await createChatStore(ports.openDatabase).list()).toHaveLength(3);
    expect(await (await ports.openDatabase()).count('messages')).toBe(3);
    expect(await (await ports.openDatabase()).getAllKeys('models')).toEqual(['turbo']);
  });

  test('is made once a day, and by one alone', async () => {
    await saveChats(1);
    const control = controlOf();
    await Promise.all([control.makeDailyCopy(), control.makeDailyCopy()]);
    expect(ports.changes.filter(({ topic }) => topic === 'copies')).toHaveLength(1);
    await saveChats(2);
    await control.makeDailyCopy();
    expect(await read()).toMatchObject({ chats: [{ id: 'c0' }] });
    await control.makeCopy();
    expect(await read()).toMatchObject({ chats: [{ id: 'c0' }, { id: 'c1' }] });
    ports.clock.now += 24 * 60 * 60 * 1000;
    await control.makeDailyCopy();
    expect(await days()).toEqual(['2026-11-21', TODAY]);
  });

  test('that has no room is told until one is made, and those that are there stay', async () => {
    await saveChats(1);
    await controlOf().makeDailyCopy();
    ports.clock.now += 24 * 60 * 60 * 1000;
    const full: Copies = {
      ...copies,
      save: () => Promise.reject(new DOMException('full', 'QuotaExceededError')),
    };
    await expect(controlOf(full).makeDailyCopy()).rejects.toMatchObject({ code: 'storage_full' });
    const at = ports.clock.now;
    expect(await readCopyTrouble(await ports.openDatabase())).toEqual({ at, full: true });
    expect(await days()).toEqual([TODAY]);
    expect(held).toBe(0);
    await controlOf().makeDailyCopy();
    expect(await readCopyTrouble(await ports.openDatabase())).toBeUndefined();
    expect(await days()).toHaveLength(2);
  });
});
