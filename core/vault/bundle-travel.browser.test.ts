/** What an import does beside the plain taking over: keys out, chats, conflicts, faults. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPermissions } from '../permissions/grants.ts';
import { CATALOG } from '../providers/catalog.ts';
import { mergeProviders } from '../providers/merge.ts';
import { destinationOf } from '../providers/registry.ts';
import { createChatStore } from '../storage/chats.ts';
import { readRecords } from '../storage/read.ts';
import { createTestPorts, withChanges } from '../testing/ports.ts';
import {
  chatRecord,
  keyRecord,
  logicalModelRecord,
  messageRecord,
  profileRecord,
  providerRecord,
  siteRecord,
} from '../storage/records.ts';
import {
  bundleChat,
  bundleKey,
  bundleMessage,
  bundleModel,
  bundleProfile,
  bundleProvider,
  bundleSite,
  SECTIONS,
  type BundleChat,
} from './bundle-schema.ts';
import golden from './golden/bundle-1.json' with { type: 'json' };
import { createBundles, type ExportOptions, type OpenedKeys } from './bundle.ts';
import { createKeys } from './keys.ts';
import { createReceiver } from './one-time-key.ts';
import { createVault } from './vault.ts';

const HEAD = { format: 'gatehouse-bundle', version: 1 } as const;
const CANARY = 'sk-canary0123456789abcdefghij';
const BOX = { id: 'my-box', name: 'Mine', baseUrl: 'https://box.example/v1' };
const route = (provider: string) => [{ provider, model: 'm' }];

function setUp() {
  const { ports, changes } = withChanges(createTestPorts());
  const vault = createVault(ports, changes);
  const bundles = createBundles({ ports, vault, permissions: createPermissions(ports, changes) });
  const keys = createKeys(ports, vault);
  return {
    ...bundles,
    keys,
    vault,
    ports,
    chats: createChatStore(ports.openDatabase),
    async openKeys(options: ExportOptions = {}): Promise<OpenedKeys> {
      const receiver = await createReceiver();
      const { encryptedKeys } = await bundles.exportBundle({
        ...options,
        keysFor: receiver.publicKey,
      });
      return JSON.parse(await receiver.open(encryptedKeys!)) as OpenedKeys;
    },
    async secretOf(provider: string): Promise<string[]> {
      const { records } = await readRecords(await ports.openDatabase(), 'providers');
      const set = mergeProviders(CATALOG, records);
      const destination = destinationOf(set.byName.get(provider)!.provider);
      const found = await keys.listOf(provider);
      return Promise.all(found.map((record) => vault.open(record, destination)));
    },
  };
}

describe('an export with keys', () => {
  test('holds them for the page that asked alone', async () => {
    const one = setUp();
    await one.importBundle({
      ...HEAD,
      providers: [BOX],
      keys: [
        { provider: 'my-box', label: 'main', secret: CANARY, weight: 3 },
        { provider: 'groq', label: 'off', secret: 'gsk_1234567890', enabled: false },
      ],
    });
    const receiver = await createReceiver();
    const exported = await one.exportBundle({ keysFor: receiver.publicKey });
    expect(JSON.stringify(exported)).not.toContain('canary');
    expect(JSON.parse(await receiver.open(exported.encryptedKeys!))).toEqual({
      keys: [
        { provider: 'my-box', label: 'main', secret: CANARY, enabled: true, weight: 3 },
        { provider: 'groq', label: 'off', secret: 'gsk_1234567890', enabled: false, weight: 1 },
      ],
      leftOut: [],
    });
  });

  test('goes in elsewhere, and opens there', async () => {
    const [one, other] = [setUp(), setUp()];
    await one.importBundle({
      ...HEAD,
      providers: [BOX],
      keys: [{ provider: 'my-box', secret: CANARY }],
    });
    const { keys } = await one.openKeys();
    await other.importBundle({ ...HEAD, providers: [BOX], keys });
    expect(await other.secretOf('my-box')).toEqual([CANARY]);
  });

  test('leaves out a key that was saved for another address than its provider has now', async () => {
    const one = setUp();
    await one.importBundle({ ...HEAD, keys: [{ provider: 'openai', secret: CANARY }] });
    await one.importBundle({
      ...HEAD,
      providers: [{ id: 'openai', baseUrl: 'https://other.example/v1' }],
    });
    expect(await one.openKeys()).toEqual({ keys: [], leftOut: ['openai · main · sk-c…ghij'] });
  });

  test('needs an open vault and a public key', async () => {
    const one = setUp();
    await expect(one.exportBundle({ keysFor: 'x' })).rejects.toMatchObject({ param: 'keys' });
  });
});

const message = (id: string, content = id, parentId?: string) => ({
  id,
  ...(parentId && { parentId }),
  role: 'user' as const,
  content,
  state: 'done' as const,
  createdAt: 1,
});
const chat = (id: string, updatedAt: number, messages = [message(`${id}1`)]): BundleChat => ({
  id,
  title: `Title of ${id}`,
  createdAt: 1,
  updatedAt,
  model: 'mock/echo',
  leafId: messages.at(-1)?.id,
  messages,
});

describe('chats', () => {
  test('go out and come in again with their ids, and a draft stays at home', async () => {
    const [one, other] = [setUp(), setUp()];
    const [first, second] = [chat('a', 5, [message('a1'), message('a2', 'x', 'a1')]), chat('b', 6)];
    await one.importBundle({ ...HEAD, chats: [first, second] });
    await one.chats.change('a', { draft: 'half a thou', pinned: true });
    const exported = await one.exportBundle({ sections: ['chats'] });
    expect(exported.chats).toEqual([{ ...first, pinned: true }, second]);
    expect(await other.importBundle(exported)).toMatchObject({
      chats: { add: ['Title of a', 'Title of b'] },
    });
    expect((await other.exportBundle({ sections: ['chats'] })).chats).toEqual(exported.chats);
    expect(await one.importBundle(exported)).toMatchObject({
      chats: { unchanged: ['Title of a', 'Title of b'] },
    });
    expect((await one.chats.get('a'))?.draft).toBe('half a thou');
  });

  test('are in an export only where they are asked for', async () => {
    const one = setUp();
    await one.importBundle({ ...HEAD, chats: [chat('a', 1)] });
    expect(await one.exportBundle()).not.toHaveProperty('chats');
  });

  test.each([
    ['newer', 9, 'from the bundle', 'Bundle'],
    ['older', 3, 'from here', 'Here'],
    ['as old', 5, 'from here', 'Here'],
  ])(
    'that are %s than those here have their say or not, and no message goes',
    async (_what, updatedAt, content, title) => {
      const one = setUp();
      const here = chat('a', 5, [message('a1', 'from here'), message('a2', 'only here')]);
      await one.importBundle({ ...HEAD, chats: [{ ...here, title: 'Here' }] });
      const theirs = chat('a', updatedAt, [
        message('a1', 'from the bundle'),
        message('a3', 'only there'),
      ]);
      await one.importBundle({ ...HEAD, chats: [{ ...theirs, title: 'Bundle' }] });
      expect((await one.chats.get('a'))?.title).toBe(title);
      const messages = await one.chats.messages('a');
      expect(messages.map(({ id, content }) => [id, content]).sort()).toEqual([
        ['a1', content],
        ['a2', 'only here'],
        ['a3', 'only there'],
      ]);
    },
  );

  test('never pull a message out of another chat', async () => {
    const one = setUp();
    await one.importBundle({ ...HEAD, chats: [chat('a', 1)] });
    await expect(
      one.importBundle({ ...HEAD, chats: [chat('evil', 9, [message('a1', 'mine now')])] }),
    ).rejects.toMatchObject({ param: 'chats[0].messages[0].id' });
    expect(await one.chats.messages('a')).toMatchObject([{ content: 'a1' }]);
  });

  test('are all or nothing with the rest of the bundle', async () => {
    const one = setUp();
    const bundle = {
      ...HEAD,
      chats: [chat('a', 1)],
      models: [{ id: 'x', routes: [{ provider: 'groq', model: 'm' }], fallbacks: ['x'] }],
    };
    await expect(one.importBundle(bundle)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await one.chats.list()).toEqual([]);
  });

  test('with `replace` are those of the bundle and no others', async () => {
    const one = setUp();
    await one.importBundle({
      ...HEAD,
      chats: [chat('a', 1, [message('a1'), message('a2')]), chat('b', 1)],
    });
    const diff = await one.importBundle({ ...HEAD, chats: [chat('a', 1)] }, { mode: 'replace' });
    expect(diff.chats?.remove).toEqual(['Title of b']);
    expect((await one.chats.list()).map(({ id }) => id)).toEqual(['a']);
    expect((await one.chats.messages('a')).map(({ id }) => id)).toEqual(['a1']);
    expect(await one.chats.messages('b')).toEqual([]);
  });

  test('of any two bundles, merged, hold every message of both', async () => {
    const chats = fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('a', 'b', 'c'),
        updatedAt: fc.nat(5),
        parts: fc.uniqueArray(fc.tuple(fc.nat(4), fc.string()), { selector: ([n]) => n }),
      }),
      { selector: ({ id }) => id },
    );
    const toChats = (input: { id: string; updatedAt: number; parts: [number, string][] }[]) =>
      input.map(({ id, updatedAt, parts }) =>
        chat(
          id,
          updatedAt,
          parts.map(([n, content]) => message(`${id}${n}`, content)),
        ),
      );
    await fc.assert(
      fc.asyncProperty(chats, chats, async (first, second) => {
        const one = setUp();
        const bundles = [first, second].map((each) => ({ ...HEAD, chats: toChats(each) }));
        for (const bundle of bundles) await one.importBundle(bundle);
        for (const { id, messages } of bundles.flatMap((bundle) => bundle.chats)) {
          const stored = (await one.chats.messages(id)).map((each) => each.id);
          for (const each of messages) expect(stored).toContain(each.id);
        }
        for (const { id, updatedAt } of bundles[0]!.chats)
          expect((await one.chats.get(id))!.updatedAt).toBeGreaterThanOrEqual(updatedAt);
      }),
      { numRuns: 20 },
    );
  });
});

describe('what is here already', () => {
  const HERE = {
    ...HEAD,
    providers: [BOX],
    keys: [{ provider: 'my-box', label: 'main', secret: CANARY }],
    models: [{ id: 'turbo', routes: route('my-box') }],
    sites: [{ origin: 'https://a.example', decision: 'deny' as const }],
    settings: { theme: 'dark' as const },
    chats: [chat('a', 1)],
  };
  const THEIRS = {
    ...HEAD,
    providers: [{ ...BOX, baseUrl: 'https://evil.example/v1' }],
    keys: [
      { provider: 'my-box', label: 'main', secret: 'sk-theirs-0123456789' },
      { provider: 'MY-BOX', label: 'other', secret: 'sk-other-0123456789' },
    ],
    models: [
      { id: 'turbo', routes: route('my-box'), contextWindow: 5 },
      { id: 'slow', routes: route('groq'), fallbacks: ['turbo'] },
    ],
    sites: [{ origin: 'https://a.example', decision: 'allow' as const }],
    settings: { theme: 'light' as const, sendWithEnter: false },
    chats: [{ ...chat('a', 9), title: 'Theirs' }],
  };

  test('stays with `skip`, and no key meant for elsewhere is attached to it', async () => {
    const one = setUp();
    await one.importBundle(HERE);
    const diff = await one.importBundle(THEIRS, { onConflict: 'skip' });
    expect(diff).toMatchObject({
      providers: { skip: ['my-box'], overwrite: [] },
      keys: { skip: ['my-box · main', 'MY-BOX · other'], add: [], overwrite: [] },
      models: { skip: ['turbo'], add: ['slow'] },
      sites: { skip: ['https://a.example'] },
      settings: { skip: ['theme'], add: ['sendWithEnter'] },
      chats: { skip: ['Theirs'] },
      destinations: [],
    });
    expect(await one.secretOf('my-box')).toEqual([CANARY]);
    expect(await one.exportBundle()).toMatchObject({
      providers: [BOX],
      settings: { theme: 'dark', sendWithEnter: false },
    });
    expect((await one.chats.get('a'))?.title).toBe('Title of a');
  });

  test('stands beside the bundle’s with `rename`, which goes together under its new names', async () => {
    const one = setUp();
    await one.importBundle(HERE);
    const diff = await one.importBundle(THEIRS, { onConflict: 'rename' });
    expect(diff).toMatchObject({
      providers: { add: ['my-box-2'] },
      models: { add: ['turbo-2', 'slow'] },
      chats: { add: ['Theirs'] },
      sites: { skip: ['https://a.example'] },
    });
    expect(diff.models?.normalised).toContainEqual({
      path: 'models[0].id',
      message: 'turbo becomes turbo-2',
    });
    const { models } = await one.exportBundle();
    expect(models?.find(({ id }) => id === 'slow')?.fallbacks).toEqual(['turbo-2']);
    expect(models?.find(({ id }) => id === 'turbo-2')?.routes[0]?.provider).toBe('my-box-2');
    expect(models?.find(({ id }) => id === 'turbo')?.routes[0]?.provider).toBe('my-box');
    expect(await one.secretOf('my-box')).toEqual([CANARY]);
    expect(await one.secretOf('my-box-2')).toEqual(['sk-theirs-0123456789', 'sk-other-0123456789']);
    const chats = await one.chats.list();
    expect(chats.map(({ title }) => title).sort()).toEqual(['Theirs', 'Title of a']);
    const copy = chats.find(({ title }) => title === 'Theirs')!;
    const [copied] = await one.chats.messages(copy.id);
    expect(copied?.id).toBe(copy.leafId);
    expect(await one.chats.messages('a')).toMatchObject([{ id: 'a1' }]);
  });

  test('is told with the address that its calls would go to', async () => {
    const one = setUp();
    await one.importBundle(HERE);
    const diff = await one.importBundle(THEIRS, { dryRun: true });
    expect(diff.destinations).toEqual([
      { provider: 'my-box', from: 'https://box.example/v1', to: 'https://evil.example/v1' },
    ]);
    expect((await setUp().importBundle(THEIRS, { dryRun: true })).destinations).toEqual([
      { provider: 'my-box', to: 'https://evil.example/v1' },
    ]);
    const known = { ...HEAD, providers: [{ id: 'openai', baseUrl: 'https://evil.example/v1' }] };
    expect((await one.importBundle(known, { dryRun: true })).destinations).toEqual([
      { provider: 'openai', from: 'https://api.openai.com/v1', to: 'https://evil.example/v1' },
    ]);
  });
});

describe('a fault', () => {
  const FAULTY = {
    ...HEAD,
    surprise: 1,
    providers: [
      { id: 'bad', baseUrl: 'http://box.example/v1' },
      BOX,
      { id: 'openai', baseUrl: 'ftp://x' },
    ],
    keys: [
      { provider: 'openai', secret: CANARY },
      { provider: 'nobody', secret: CANARY },
      { provider: 'my-box', secret: 'sk-good-0123456789' },
      { provider: 'my-box', secret: 7 },
    ],
    models: [
      { id: 'a', routes: route('my-box'), fallbacks: ['b'] },
      { id: 'b', routes: route('my-box'), fallbacks: ['a'] },
      { id: 'good', routes: route('my-box') },
    ],
    settings: { theme: 'pink', sendWithEnter: true },
  };

  test('leaves out its entry where that is asked for, with the path that the file has', async () => {
    const one = setUp();
    const diff = await one.importBundle(FAULTY, { faults: 'leave-out' });
    expect(diff.leftOut.map(({ path }) => path).sort()).toEqual([
      'keys[0]',
      'keys[1].provider',
      'keys[3].secret',
      'models[0].fallbacks',
      'models[1].fallbacks',
      'providers[0].baseUrl',
      'providers[2].baseUrl',
      'settings.theme',
      'surprise',
    ]);
    expect(diff).toMatchObject({
      providers: { add: ['my-box'] },
      keys: { add: ['my-box · main · sk…89'] },
      models: { add: ['good'] },
      settings: { add: ['sendWithEnter'] },
    });
    expect(await one.keys.listOf('openai')).toEqual([]);
  });

  test('refuses the whole bundle else, and where it is of the whole bundle', async () => {
    const one = setUp();
    await expect(one.importBundle(FAULTY)).rejects.toMatchObject({ code: 'invalid_request' });
    for (const wrong of [
      null,
      [],
      'x',
      { ...HEAD, version: 2 },
      { version: 1 },
      { ...HEAD, keys: {} },
    ])
      await expect(one.importBundle(wrong, { faults: 'leave-out' })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    expect(await one.exportBundle()).toMatchObject({ providers: [], models: [], settings: {} });
  });
});

test('what is taken as something else than it says is told', async () => {
  const one = setUp();
  const diff = await one.importBundle(
    {
      ...HEAD,
      providers: [{ ...BOX, baseUrl: 'https://Box.example/v1/' }],
      keys: [
        { provider: 'grok', secret: ' xai-0123456789abcdef' },
        { provider: 'xai', secret: 'xai-0123456789abcdef' },
      ],
      sites: [{ origin: 'https://A.example/', decision: 'allow' }],
    },
    { dryRun: true },
  );
  expect(diff.providers?.normalised).toEqual([
    {
      path: 'providers[0].baseUrl',
      message: 'https://Box.example/v1/ is taken as https://box.example/v1',
    },
  ]);
  expect(diff.keys?.normalised.map(({ path }) => path)).toEqual([
    'keys[0].provider',
    'keys[0].secret',
    'keys[1].secret',
  ]);
  expect(diff.sites?.normalised).toEqual([
    { path: 'sites[0].origin', message: 'https://A.example/ is taken as https://a.example' },
  ]);
});

test('an OAuth credential travels whole', async () => {
  const one = setUp();
  const secret = JSON.stringify({
    type: 'oauth',
    access_token: CANARY,
    refresh_token: `${CANARY}-refresh`,
    token_url: 'https://auth.example/token',
    client_id: 'client',
    client_secret: `${CANARY}-client`,
    scope: 'a b',
    expires_at: 1_800_000_000,
  });
  await one.importBundle({ ...HEAD, keys: [{ provider: 'openai', secret }] });
  const { keys } = await one.openKeys();
  expect(keys).toMatchObject([{ provider: 'openai', secret }]);
  const other = setUp();
  expect(await other.importBundle({ ...HEAD, keys })).toMatchObject({ keys: { errors: [] } });
  expect((await other.openKeys()).keys).toEqual(keys);
});

describe('whatever can be stored can travel', () => {
  const fieldsOf = ({ shape }: { shape: object }, ...athome: string[]) =>
    Object.keys(shape)
      .filter((name) => !athome.includes(name))
      .sort();

  test.each([
    ['providers', fieldsOf(bundleProvider), fieldsOf(providerRecord)],
    ['models', fieldsOf(bundleModel), fieldsOf(logicalModelRecord)],
    ['profiles', fieldsOf(bundleProfile), fieldsOf(profileRecord)],
    ['sites', fieldsOf(bundleSite), fieldsOf(siteRecord, 'createdAt', 'lastUsedAt')],
    [
      'keys',
      fieldsOf(bundleKey, 'secret'),
      // A token's own times are in its secret.
      fieldsOf(
        keyRecord,
        ...['id', 'preview', 'token', 'destination', 'sealed', 'createdAt', 'check'],
      ),
    ],
    ['chats', fieldsOf(bundleChat, 'messages'), fieldsOf(chatRecord, 'draft')],
    ['messages', fieldsOf(bundleMessage), fieldsOf(messageRecord, 'chatId')],
  ])('%s', (_what, travelling, stored) => expect(travelling).toEqual(stored));
});

test('a bundle of version 1 that went out on 21 November 2026 goes in for ever', async () => {
  const one = setUp();
  const diff = await one.importBundle(golden);
  // Profiles came later.
  for (const section of SECTIONS.filter((name) => name !== 'profiles'))
    expect(diff[section]?.add.length, section).toBe(Object.keys(golden[section]).length);
  expect(diff.leftOut).toEqual([]);
  const exported = await one.exportBundle({
    sections: ['providers', 'models', 'sites', 'settings', 'chats'],
  });
  for (const section of ['models', 'sites', 'settings', 'chats'] as const)
    expect(exported[section], section).toEqual(golden[section]);
  expect((await one.openKeys()).keys).toEqual(golden.keys);
});
