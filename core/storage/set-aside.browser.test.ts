import { describe, expect, test } from 'vitest';
import { createSetAsideControl } from '../control/set-aside.ts';
import { createTestPorts } from '../testing/ports.ts';
import type { KeyRecord, ProviderRecord, Settings, SiteRecord, SlotRecord } from './records.ts';

const CANARY = 'sk-canary-0123456789abcdef';

async function setUp() {
  const ports = createTestPorts();
  const database = await ports.openDatabase();
  return { ports, database, control: createSetAsideControl(ports) };
}

/** As a page of another version, or a fault, may have written it. */
const spoiled = <Of>(record: object) => record as unknown as Of;

describe('a record that does not fit', () => {
  test('is listed with its store, its key and where it does not fit, without a value of it', async () => {
    const { database, control } = await setUp();
    await database.put('providers', { id: 'good', baseUrl: 'https://good.example/v1' });
    await database.put('providers', spoiled<ProviderRecord>({ id: 'bad', models: [CANARY, 7] }));
    await database.put('sites', spoiled<SiteRecord>({ origin: 'https://a.b' }), 'https://a.b');
    const listed = await control.listSetAside();
    expect(listed).toMatchObject([
      { store: 'providers', key: 'bad', deletable: true },
      { store: 'sites', key: 'https://a.b', deletable: true },
    ]);
    expect(listed[0]!.reason).toMatch(/^models\[1\]: /);
    expect(listed[1]!.reason).toMatch(/^decision: /);
    expect(JSON.stringify(listed)).not.toContain(CANARY);
  });

  test.each([
    ['keys', { id: 'x', label: 7, sealed: { ct: CANARY }, secret: CANARY, preview: CANARY }],
    ['slots', { id: 'x', kind: 'device', wrapped: CANARY, key: CANARY, parameters: { a: CANARY } }],
    ['vault', { id: 'x', v: 2, master: CANARY }],
    ['providers', { id: 'x', baseUrl: 5, headers: { authorization: CANARY } }],
    ['providers', { id: 'x', name: 5, headers: CANARY }],
    ['models', { id: 'x', bytes: new TextEncoder().encode(CANARY) }],
  ] as const)('of %s is copied without a secret: %j', async (store, record) => {
    const { database, control } = await setUp();
    await database.put(store, spoiled<never>(record));
    const copy = await control.copySetAside(store, 'x');
    expect(JSON.parse(copy)).toMatchObject({ store, key: 'x', record: { id: 'x' } });
    expect(copy).not.toContain(CANARY);
    // Bytes as JSON would have them.
    expect(copy).not.toMatch(/"0":/);
    expect(Object.keys((JSON.parse(copy) as { record: object }).record)).toEqual(
      Object.keys(record),
    );
  });

  test('is deleted alone, and the screens hear of it', async () => {
    const { ports, database, control } = await setUp();
    await database.put('keys', spoiled<KeyRecord>({ id: 'bad', provider: 'groq', label: 7 }));
    await database.put('keys', spoiled<KeyRecord>({ id: 'bad2', provider: 'groq', label: 7 }));
    await control.deleteSetAside('keys', 'bad');
    expect((await control.listSetAside()).map(({ key }) => key)).toEqual(['bad2']);
    expect(ports.changes).toEqual([{ topic: 'keys' }]);
  });

  test('of the settings loses only what does not fit', async () => {
    const { database, control } = await setUp();
    await database.put(
      'settings',
      spoiled<Settings>({ theme: 'dark', idleTimeoutMs: 'x' }),
      'settings',
    );
    await control.deleteSetAside('settings', 'settings');
    expect(await database.get('settings', 'settings')).toEqual({ theme: 'dark' });
    expect(await control.listSetAside()).toEqual([]);
  });

  test('that opens the keys is not deleted', async () => {
    const { database, control } = await setUp();
    await database.put('slots', spoiled<SlotRecord>({ id: 'x', kind: 'device' }));
    expect(await control.listSetAside()).toMatchObject([{ store: 'slots', deletable: false }]);
    await expect(control.deleteSetAside('slots', 'x')).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(await database.count('slots')).toBe(1);
  });

  test('is the only thing that can be copied or deleted this way', async () => {
    const { database, control } = await setUp();
    await database.put('providers', { id: 'good', baseUrl: 'https://good.example/v1' });
    await database.put('state', CANARY, 'x');
    for (const [store, key] of [
      ['providers', 'good'],
      ['providers', 'none'],
      ['state', 'x'],
    ] as const) {
      const refused = { code: 'invalid_request' };
      await expect(control.deleteSetAside(store, key)).rejects.toMatchObject(refused);
      await expect(control.copySetAside(store, key)).rejects.toMatchObject(refused);
    }
    expect(await database.count('providers')).toBe(1);
  });
});
