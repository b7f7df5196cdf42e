import { expect, test } from 'vitest';
import { createRouter } from '../router.ts';
import { createTestPorts } from '../testing/ports.ts';
import { BACKUP_KEY, type VaultBackup } from '../vault/backup.ts';

/** The control over IndexedDB and WebCrypto as they are in a browser; one upstream that lists models. */
function setUp() {
  const asked: string[] = [];
  const ports = createTestPorts({
    fetch: (request) => {
      asked.push(`${request.url} ${request.headers.get('authorization') ?? ''}`);
      return Promise.resolve(Response.json({ data: [{ id: 'm1', context_window: 4096 }] }));
    },
  });
  return { asked, ports, ...createRouter(ports) };
}
const FIRST_PARTY = { kind: 'first-party' } as const;
const get = async ({ handle }: ReturnType<typeof setUp>, path: string) => {
  const answer = await handle(new Request(`https://gatehouse.invalid${path}`), FIRST_PARTY);
  return (await answer.json()) as { data: { id: string; context_window: number }[] };
};
const put = ({ handle }: ReturnType<typeof setUp>, bundle: object) =>
  handle(
    new Request('https://gatehouse.invalid/api/bundle', {
      method: 'PUT',
      body: JSON.stringify({ format: 'gatehouse-bundle', version: 1, ...bundle }),
    }),
    FIRST_PARTY,
  );

const BOX = {
  providers: [
    {
      id: 'my-box',
      name: 'My box',
      baseUrl: 'http://127.0.0.1:9101/v1',
      auth: { scheme: 'bearer' },
    },
  ],
  keys: [{ provider: 'my-box', secret: 'sk-box-0123456789' }],
};

test('a provider of a bundle is asked for its models with its key, and the next read sees them', async () => {
  const one = setUp();
  expect((await put(one, BOX)).status).toBe(200);
  const { data } = await get(one, '/v1/models');
  expect(data[0]).toMatchObject({ id: 'my-box/m1', context_window: 4096 });
  expect(data.at(-1)?.id).toMatch(/^mock\//);
  expect(one.asked).toEqual(['http://127.0.0.1:9101/v1/models Bearer sk-box-0123456789']);
  expect(await one.control.status()).toMatchObject({ keys: 1, locked: false, host: 'pwa' });
});

test('a changed address asks for the key again, and the old one is not sent there', async () => {
  const one = setUp();
  await put(one, BOX);
  const [key] = (await one.control.listProviders()).find(({ id }) => id === 'my-box')!.keys;
  const { keysToReenter } = await one.control.saveProvider({
    id: 'my-box',
    baseUrl: 'http://127.0.0.1:9102/v1',
  });
  expect(keysToReenter).toEqual([key!.id]);
  await expect(one.control.checkKey(key!.id)).rejects.toMatchObject({ code: 'no_provider_key' });
  await get(one, '/v1/models');
  expect(one.asked).toEqual([]);
});

test('deleting a provider of one’s own takes its keys and its list along', async () => {
  const one = setUp();
  await put(one, BOX);
  await get(one, '/v1/models');
  await one.control.deleteProvider('my-box');
  const database = await one.ports.openDatabase();
  for (const store of ['providers', 'keys', 'catalog'] as const)
    expect(await database.getAll(store), store).toEqual([]);
  const copy = (await database.get('state', BACKUP_KEY)) as VaultBackup;
  expect(copy.keys, 'a deleted key stays in no copy').toEqual([]);
  expect((await get(one, '/v1/models')).data.some(({ id }) => id.startsWith('my-box/'))).toBe(
    false,
  );
});

test('a checked key keeps what the check said', async () => {
  const one = setUp();
  await put(one, BOX);
  const [key] = (await one.control.listProviders()).find(({ id }) => id === 'my-box')!.keys;
  expect(await one.control.checkKey(key!.id)).toMatchObject({ state: 'valid', models: 1 });
  const again = (await one.control.listProviders()).find(({ id }) => id === 'my-box')!.keys[0];
  expect(again?.check).toMatchObject({ state: 'valid', models: 1 });
});

test('settings and logical models are kept', async () => {
  const one = setUp();
  await put(one, BOX);
  await one.control.saveLogicalModel({
    id: 'turbo',
    routes: [{ provider: 'my-box', model: 'm1' }],
  });
  await one.control.saveSettings({ defaultModel: 'turbo' });
  const again = { ...one, ...createRouter(one.ports) };
  expect((await get(again, '/v1/models')).data[0]?.id).toBe('turbo');
  expect((await again.control.getSettings()).defaultModel).toBe('turbo');
});

test('a model of one’s own takes its place under another name, also in the fallbacks of others', async () => {
  const { control } = setUp();
  const routes = [{ provider: 'mock', model: 'echo' }];
  await control.saveLogicalModel({ id: 'slow', routes });
  await control.saveLogicalModel({ id: 'turbo', routes, fallbacks: ['slow'] });
  await control.saveLogicalModel({ id: 'steady', routes }, 'slow');
  expect(await control.listLogicalModels()).toEqual([
    { id: 'steady', routes },
    { id: 'turbo', routes, fallbacks: ['steady'] },
  ]);
  await expect(control.saveLogicalModel({ id: 'turbo', routes }, 'steady')).rejects.toMatchObject({
    code: 'invalid_request',
    param: 'id',
  });
  const round = { id: 'steady', routes, fallbacks: ['turbo'] };
  await expect(control.saveLogicalModel(round, 'steady')).rejects.toMatchObject({
    param: 'fallbacks',
  });
  expect((await control.listLogicalModels()).map(({ id }) => id)).toEqual(['steady', 'turbo']);
});
