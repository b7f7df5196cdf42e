import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createPermissions } from '../permissions/grants.ts';
import { destinationOf } from '../providers/registry.ts';
import { CATALOG } from '../providers/catalog.ts';
import { mergeProviders } from '../providers/merge.ts';
import { readRecords } from '../storage/read.ts';
import { createTestPorts, withChanges, type TestPorts } from '../testing/ports.ts';
import type { Bundle } from './bundle-schema.ts';
import { createBundles } from './bundle.ts';
import { createKeys } from './keys.ts';
import { createVault } from './vault.ts';

const HEAD = { format: 'gatehouse-bundle', version: 1 } as const;
const CANARY = 'sk-canary0123456789abcdefghij';

/** The example of the shared design, architecture.md, with real secrets. */
const EXAMPLE = {
  ...HEAD,
  createdAt: '2026-11-20T12:00:00Z',
  providers: [
    { id: 'openai', baseUrl: 'http://127.0.0.1:9100/v1' },
    {
      id: 'my-box',
      name: 'My box',
      format: 'openai-chat',
      baseUrl: 'http://127.0.0.1:9101/v1',
      auth: { scheme: 'bearer' },
      headers: { 'X-Title': 'x' },
      models: ['m1'],
    },
  ],
  keys: [{ provider: 'openai', label: 'main', secret: CANARY, enabled: true, weight: 1 }],
  models: [
    {
      id: 'turbo',
      routes: [{ provider: 'cerebras', model: 'zai-glm-4.7', timeoutMs: 20000 }],
      fallbacks: ['slow'],
      contextWindow: 131072,
    },
  ],
  sites: [
    {
      origin: 'http://127.0.0.1:9200',
      decision: 'allow',
      scopes: ['chat'],
      models: ['*'],
      limits: { usdPerDay: 1, requestsPerMinute: 60 },
    },
  ],
  settings: {},
};

function setUp(host: TestPorts = createTestPorts()) {
  const { ports, changes } = withChanges(host);
  const vault = createVault(ports, changes);
  const permissions = createPermissions(ports, changes);
  return {
    ports,
    vault,
    permissions,
    keys: createKeys(ports, vault),
    ...createBundles({ ports, vault, permissions }),
  };
}
type SetUp = ReturnType<typeof setUp>;

async function providerSet({ ports }: SetUp) {
  const { records } = await readRecords(await ports.openDatabase(), 'providers');
  return mergeProviders(CATALOG, records);
}

async function providerOf(one: SetUp, id: string) {
  return (await providerSet(one)).byName.get(id)!.provider;
}

async function openKey(one: SetUp, providerId: string): Promise<string> {
  const [record] = await one.keys.listOf(providerId);
  return one.vault.open(record!, destinationOf(await providerOf(one, providerId)));
}

const without = (bundle: Bundle) => ({ ...bundle, createdAt: undefined });

describe('an import', () => {
  test('takes the bundle of the documentation, secrets sealed for the address in it', async () => {
    const one = setUp();
    const diff = await one.importBundle(EXAMPLE);
    expect(diff).toMatchObject({
      dryRun: false,
      mode: 'merge',
      providers: {
        add: ['openai', 'my-box'],
        overwrite: [],
        unchanged: [],
        remove: [],
        errors: [],
      },
      keys: { add: ['openai · main · sk-c…ghij'], errors: [] },
      models: { add: ['turbo'] },
      sites: { add: ['http://127.0.0.1:9200'] },
      keysToReenter: [],
    });
    expect(JSON.stringify(diff)).not.toContain('canary');
    expect(await openKey(one, 'openai')).toBe(CANARY);
    expect((await one.keys.listOf('openai'))[0]?.destination.origin).toBe('http://127.0.0.1:9100');
    const site = await one.permissions.find('http://127.0.0.1:9200', 'http://127.0.0.1:9200');
    expect(site).toMatchObject({
      decision: 'allow',
      limits: { usdPerDay: 1, requestsPerMinute: 60 },
    });
    expect(new Set(one.ports.changes.map(({ topic }) => topic))).toEqual(
      new Set(['providers', 'keys', 'models', 'sites', 'settings']),
    );
  });

  test('of the same bundle again changes nothing', async () => {
    const one = setUp();
    await one.importBundle(EXAMPLE);
    const before = await one.keys.list();
    const diff = await one.importBundle(EXAMPLE);
    for (const section of ['providers', 'keys', 'models', 'sites'] as const) {
      expect(diff[section]?.add).toEqual([]);
      expect(diff[section]?.overwrite).toEqual([]);
      expect(diff[section]?.unchanged.length).toBeGreaterThan(0);
    }
    expect(await one.keys.list()).toEqual(before);
  });

  test('that is a dry run writes nothing and says what it would do', async () => {
    const one = setUp();
    const diff = await one.importBundle(EXAMPLE, { dryRun: true });
    expect(diff).toMatchObject({ dryRun: true, providers: { add: ['openai', 'my-box'] } });
    const db = await one.ports.openDatabase();
    for (const store of ['providers', 'keys', 'models', 'sites', 'settings', 'vault'] as const)
      expect(await db.count(store)).toBe(0);
    expect(one.ports.changes).toEqual([]);
  });

  test('that fails half-way leaves everything as it was', async () => {
    const one = setUp();
    await one.importBundle(EXAMPLE);
    const before = await one.exportBundle();
    const faulty = {
      ...HEAD,
      providers: [{ id: 'other', baseUrl: 'https://other.example/v1' }],
      models: [{ id: 'new', routes: [{ provider: 'openai', model: 'm' }] }],
      keys: [{ provider: 'nobody', secret: 'sk-1234567890' }],
    };
    await expect(one.importBundle(faulty)).rejects.toMatchObject({
      code: 'invalid_request',
      status: 400,
      param: 'keys[0].provider',
    });
    expect(without(await one.exportBundle())).toEqual(without(before));
    expect(await one.importBundle(faulty, { dryRun: true })).toMatchObject({
      keys: { errors: [{ path: 'keys[0].provider', message: 'there is no provider nobody' }] },
      providers: { add: ['other'], errors: [] },
    });
  });

  test('never attaches saved keys to a changed address, and names them', async () => {
    const one = setUp();
    await one.keys.add(destinationOf(await providerOf(one, 'openai')), [{ secret: CANARY }]);
    const evil = { ...HEAD, providers: [{ id: 'openai', baseUrl: 'https://evil.example/v1' }] };
    expect(await one.importBundle(evil)).toMatchObject({
      keysToReenter: ['openai · main · sk-c…ghij'],
    });
    await expect(openKey(one, 'openai')).rejects.toMatchObject({ code: 'no_provider_key' });
    const back = await one.importBundle({ ...HEAD, providers: [] }, { mode: 'replace' });
    expect(back).toMatchObject({ providers: { remove: ['openai'] }, keysToReenter: [] });
    expect(await openKey(one, 'openai')).toBe(CANARY);
  });

  test('seals a key anew where the bundle brings it along with the new address', async () => {
    const one = setUp();
    await one.keys.add(destinationOf(await providerOf(one, 'openai')), [
      { secret: CANARY, label: 'mine', weight: 4 },
    ]);
    const diff = await one.importBundle({
      ...HEAD,
      providers: [{ id: 'openai', baseUrl: 'http://127.0.0.1:9100/v1' }],
      keys: [{ provider: 'openai', secret: CANARY }],
    });
    expect(diff).toMatchObject({
      keys: { overwrite: ['openai · mine · sk-c…ghij'] },
      keysToReenter: [],
    });
    expect(await openKey(one, 'openai')).toBe(CANARY);
    expect(await one.keys.list()).toMatchObject([{ label: 'mine', weight: 4 }]);
  });

  test('knows a key by its secret, else by its label', async () => {
    const one = setUp();
    const keys = (...entries: object[]) => one.importBundle({ ...HEAD, keys: entries });
    await keys({ provider: 'groq', label: 'a', secret: 'gsk_one-1234567890' });
    expect(
      (await keys({ provider: 'grOQ', label: 'renamed', secret: 'gsk_one-1234567890' })).keys,
    ).toMatchObject({ overwrite: ['groq · renamed · gs…90'] });
    expect(
      (await keys({ provider: 'groq', label: 'renamed', secret: 'gsk_two-1234567890' })).keys,
    ).toMatchObject({ overwrite: ['groq · renamed · gs…90'], add: [] });
    expect(await openKey(one, 'groq')).toBe('gsk_two-1234567890');
    const twice = { provider: 'groq', secret: 'gsk_three-1234567890' };
    expect((await keys(twice, twice)).keys?.add).toHaveLength(1);
    expect(await one.keys.listOf('groq')).toHaveLength(2);
  });

  test('takes an alias for the provider that it names', async () => {
    const one = setUp();
    await one.importBundle({ ...HEAD, keys: [{ provider: 'grok', secret: 'xai-1234567890' }] });
    expect(await one.keys.list()).toMatchObject([{ provider: 'xai' }]);
  });

  test('with `replace` leaves what the bundle holds, and other sections alone', async () => {
    const one = setUp();
    await one.importBundle(EXAMPLE);
    const diff = await one.importBundle(
      {
        ...HEAD,
        models: [{ id: 'other', routes: [{ provider: 'openai', model: 'm' }] }],
        sites: [],
        keys: [],
      },
      { mode: 'replace' },
    );
    expect(diff).toMatchObject({
      models: { add: ['other'], remove: ['turbo'] },
      sites: { remove: ['http://127.0.0.1:9200'] },
      keys: { remove: ['openai · main · sk-c…ghij'] },
    });
    expect(diff.providers).toBeUndefined();
    const after = await one.exportBundle();
    expect(after.models?.map(({ id }) => id)).toEqual(['other']);
    expect(after.sites).toEqual([]);
    expect(after.providers).toHaveLength(2);
    expect(await one.keys.list()).toEqual([]);
  });

  test('aborts what runs under a permission that it takes away', async () => {
    const one = setUp();
    await one.importBundle(EXAMPLE);
    const origin = 'http://127.0.0.1:9200';
    const grant = await one.permissions.check({
      caller: { kind: 'site', origin, topOrigin: origin },
      scope: 'chat',
      signal: new AbortController().signal,
    });
    await one.importBundle({ ...HEAD, sites: [{ origin, decision: 'deny' }] });
    expect(grant.revoked?.aborted).toBe(true);
  });

  test('plans again where something else is saved meanwhile', async () => {
    const one = setUp();
    await one.importBundle(EXAMPLE);
    const seal = one.vault.seal.bind(one.vault);
    const spy = vi.spyOn(one.vault, 'seal').mockImplementationOnce(async (...args) => {
      const db = await one.ports.openDatabase();
      await db.put('providers', { id: 'groq', name: 'Meanwhile' });
      return seal(...args);
    });
    await one.importBundle({
      ...HEAD,
      providers: [{ id: 'groq', headers: { 'X-Title': 'y' } }],
      keys: [{ provider: 'groq', secret: 'gsk_1234567890' }],
    });
    expect(spy).toHaveBeenCalledTimes(2);
    expect((await one.exportBundle()).providers).toContainEqual({
      id: 'groq',
      name: 'Meanwhile',
      headers: { 'X-Title': 'y' },
    });
    expect(await one.keys.listOf('groq')).toHaveLength(1);
  });
});

describe('a bundle that does not fit is refused with the path', () => {
  const provider = (change: object) => ({
    ...HEAD,
    providers: [
      { id: 'ok', baseUrl: 'https://ok.example' },
      { id: 'my-box', baseUrl: 'https://box.example/v1', ...change },
    ],
  });
  const key = (change: object) => ({
    ...HEAD,
    keys: [{ provider: 'openai', secret: 'sk-1234567890', ...change }],
  });
  const model = (change: object) => ({
    ...HEAD,
    models: [{ id: 'm', routes: [{ provider: 'openai', model: 'x' }], ...change }],
  });
  const site = (change: object) => ({
    ...HEAD,
    sites: [{ origin: 'https://a.example', decision: 'allow', ...change }],
  });

  test.each<[string, unknown]>([
    ['bundle', null],
    ['bundle', 'text'],
    ['bundle', []],
    ['format', { version: 1 }],
    ['format', { ...HEAD, format: 'other' }],
    ['version', { ...HEAD, version: 2 }],
    ['surprise', { ...HEAD, surprise: 1 }],
    ['providers', { ...HEAD, providers: {} }],
    ['providers[1].surprise', provider({ surprise: 1 })],
    ['providers[1].id', provider({ id: 'My Box' })],
    ['providers[1].id', provider({ id: '../x' })],
    ['providers[1].id', provider({ id: 'ok' })],
    ['providers[1].id', provider({ id: '__proto__' })],
    ['providers[1].format', provider({ format: 'openai' })],
    ['providers[1].baseUrl', provider({ baseUrl: undefined })],
    ['providers[1].baseUrl', provider({ baseUrl: 'http://box.example/v1' })],
    ['providers[1].baseUrl', provider({ baseUrl: 'http://192.168.0.2/v1' })],
    ['providers[1].baseUrl', provider({ baseUrl: 'https://10.0.0.1/v1' })],
    ['providers[1].baseUrl', provider({ baseUrl: 'https://user:pass@box.example/v1' })],
    ['providers[1].baseUrl', provider({ baseUrl: 'http://2130706433/v1' })],
    ['providers[1].baseUrl', provider({ baseUrl: 'file:///etc/passwd' })],
    ['providers[1].baseUrl', provider({ baseUrl: 'javascript:alert(1)' })],
    ['providers[1].auth.scheme', provider({ auth: { scheme: 'basic' } })],
    ['providers[1].auth.name', provider({ auth: { scheme: 'header' } })],
    ['providers[1].auth.name', provider({ auth: { scheme: 'header', name: 'Cookie' } })],
    ['providers[1].auth.name', provider({ auth: { scheme: 'header', name: 'a b' } })],
    ['providers[1].headers.Authorization', provider({ headers: { Authorization: 'x' } })],
    ['providers[1].headers.Host', provider({ headers: { Host: 'x' } })],
    ['providers[1].headers.X-A', provider({ headers: { 'X-A': 'a\r\nb: c' } })],
    ['providers[1].models[0]', provider({ models: [7] })],
    [
      'providers[0].baseUrl',
      { ...HEAD, providers: [{ id: 'mock', baseUrl: 'https://x.example' }] },
    ],
    ['keys[0].provider', key({ provider: 'nobody' })],
    ['keys[0].provider', key({ provider: 'mock' })],
    ['keys[0].provider', key({ provider: 'workers-ai' })],
    ['keys[0].secret', key({ secret: '' })],
    ['keys[0].secret', key({ secret: 'two words' })],
    ['keys[0].secret', key({ secret: 'line\r\nbreak: x' })],
    ['keys[0].secret', key({ secret: undefined })],
    ['keys[0].weight', key({ weight: 11 })],
    ['keys[0].enabled', key({ enabled: 'yes' })],
    ['keys[0].apiBase', key({ apiBase: 'https://evil.example' })],
    ['models[0].routes', model({ routes: [] })],
    [
      'models[0].routes[0].timeoutMs',
      model({ routes: [{ provider: 'a', model: 'b', timeoutMs: '20s' }] }),
    ],
    ['models[0].id', model({ id: '' })],
    ['models[0].fallbacks', model({ fallbacks: ['m'] })],
    ['sites[0].origin', site({ origin: 'a.example' })],
    ['sites[0].origin', site({ origin: 'null' })],
    ['sites[0].origin', site({ origin: 'https://a.example/path' })],
    ['sites[0].origin', site({ origin: 'https://*.com' })],
    ['sites[0].origin', site({ origin: 'http://a.example' })],
    ['sites[0].decision', site({ decision: 'maybe' })],
    ['sites[0].scopes[0]', site({ scopes: ['root'] })],
    ['sites[0].limits.usdPerDay', site({ limits: { usdPerDay: -1 } })],
    ['sites[0].limits.surprise', site({ limits: { surprise: 1 } })],
    ['settings.surprise', { ...HEAD, settings: { surprise: 1 } }],
    ['settings.theme', { ...HEAD, settings: { theme: 'pink' } }],
  ])('%s', async (path, bundle) => {
    const one = setUp();
    await expect(one.importBundle(bundle)).rejects.toMatchObject({
      code: 'invalid_request',
      param: path,
    });
    const db = await one.ports.openDatabase();
    for (const store of ['providers', 'keys', 'models', 'sites', 'settings'] as const)
      expect(await db.count(store)).toBe(0);
  });

  test('without repeating a secret that stands in it', async () => {
    const { importBundle } = setUp();
    for (const bundle of [key({ secret: `${CANARY} x` }), key({ secret: [CANARY] })]) {
      const error = await importBundle(bundle).catch((reason: unknown) => reason as Error);
      expect(String(error)).not.toContain('canary');
    }
  });

  test('and what every object has is no field of it', async () => {
    const { importBundle, ports } = setUp();
    const text =
      '{"format":"gatehouse-bundle","version":1,"__proto__":{"sites":[]},"constructor":{}}';
    await expect(importBundle(JSON.parse(text))).rejects.toMatchObject({ code: 'invalid_request' });
    const headers =
      '{"format":"gatehouse-bundle","version":1,"providers":[{"id":"b","baseUrl":"https://b.example","headers":{"__proto__":"x"}}]}';
    await importBundle(JSON.parse(headers)).catch(() => undefined);
    const { records } = await readRecords(await ports.openDatabase(), 'providers');
    for (const record of records) expect(Object.keys(record.headers ?? {})).toEqual([]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});

test('an export holds no key, and no trace of one', async () => {
  const one = setUp();
  await one.importBundle(EXAMPLE);
  const text = JSON.stringify(await one.exportBundle());
  expect(text).not.toContain('canary');
  expect(text).not.toContain('keys');
});

test('providers are asked in the order of the bundle, also of one that comes later', async () => {
  const one = setUp();
  const box = (id: string) => ({ id, baseUrl: `https://${id}.example/v1` });
  const order = async () => (await providerSet(one)).enabled.slice(0, 4).map(({ id }) => id);
  await one.importBundle({ ...HEAD, providers: [box('zeta'), { id: 'groq' }, box('alpha')] });
  expect(await order()).toEqual(['zeta', 'groq', 'alpha', 'openai']);
  await one.importBundle({ ...HEAD, providers: [box('beta'), { id: 'groq', name: 'Mine' }] });
  expect(await order()).toEqual(['zeta', 'groq', 'alpha', 'beta']);
});

test('an export holds the sections that were asked for', async () => {
  const one = setUp();
  await one.importBundle(EXAMPLE);
  expect(Object.keys(await one.exportBundle({ sections: ['sites'] }))).toEqual([
    'format',
    'version',
    'createdAt',
    'sites',
  ]);
});

describe('for any bundle', () => {
  const label = fc.stringMatching(/^[a-z]{1,8}$/);
  const uniqueBy = <T>(item: fc.Arbitrary<T>, selector: (value: T) => unknown) =>
    fc.uniqueArray(item, { maxLength: 5, selector });
  const optional = <T>(item: fc.Arbitrary<T>) => fc.option(item, { nil: undefined });
  const defined = <T extends object>(value: T) => JSON.parse(JSON.stringify(value)) as T;
  const bundle = fc
    .record({
      providers: uniqueBy(
        fc.record({
          id: label.map((name) => `own-${name}`),
          baseUrl: label.map((name) => `https://${name}.example/v1`),
          name: optional(label),
          headers: optional(
            fc.dictionary(
              label.map((name) => `x-${name}`),
              label,
            ),
          ),
          enabled: optional(fc.boolean()),
        }),
        ({ id }) => id,
      ),
      models: uniqueBy(
        fc.record({
          id: label,
          routes: fc.array(fc.record({ provider: label, model: label }), {
            minLength: 1,
            maxLength: 3,
          }),
          contextWindow: optional(fc.integer({ min: 1, max: 1e6 })),
        }),
        ({ id }) => id,
      ),
      sites: uniqueBy(
        fc.record({
          origin: label.map((name) => `https://${name}.example`),
          decision: fc.constantFrom('allow', 'deny'),
          scopes: fc.constantFrom(['chat'], ['chat', 'raw']),
          models: fc.constantFrom(['*'], ['groq/*']),
          limits: optional(fc.record({ requestsPerMinute: fc.integer({ min: 1, max: 100 }) })),
        }),
        ({ origin }) => origin,
      ),
      profiles: uniqueBy(
        fc.record({
          id: label,
          name: label,
          keys: optional(fc.constantFrom([], ['groq/main'])),
          models: optional(fc.constantFrom(['*'], ['groq/*'])),
          limits: optional(fc.record({ usdPerDay: fc.integer({ min: 0, max: 100 }) })),
        }),
        ({ name }) => name,
      ).map((profiles) => profiles.map((profile) => ({ ...profile, id: profile.name }))),
      settings: fc.record({
        theme: optional(fc.constantFrom('dark', 'light')),
        sendWithEnter: optional(fc.boolean()),
      }),
    })
    .map((sections) => defined({ ...HEAD, ...sections }));

  const sorted = (exported: Bundle) => {
    const byName = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    return {
      ...without(exported),
      models: exported.models?.toSorted(byName),
      profiles: exported.profiles?.toSorted(byName),
      sites: exported.sites?.toSorted(byName),
    };
  };

  test('what was imported comes out of the export, and goes in again unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(bundle, async (input) => {
        const [one, other] = [setUp(), setUp()];
        await one.importBundle(input);
        const exported = await one.exportBundle();
        expect(sorted(exported)).toEqual(sorted(input as unknown as Bundle));
        await other.importBundle(exported, { mode: 'replace' });
        expect(sorted(await other.exportBundle())).toEqual(sorted(exported));
        const again = await one.importBundle(exported);
        for (const section of ['providers', 'models', 'profiles', 'sites', 'settings'] as const)
          expect([again[section]?.add, again[section]?.overwrite]).toEqual([[], []]);
      }),
      { numRuns: 20 },
    );
  });

  test('merging deletes nothing that the bundle does not hold', async () => {
    await fc.assert(
      fc.asyncProperty(bundle, bundle, async (first, second) => {
        const one = setUp();
        await one.importBundle(first);
        await one.keys.add(destinationOf(await providerOf(one, 'groq')), [{ secret: CANARY }]);
        await one.importBundle(second);
        const after = await one.exportBundle();
        for (const { id, name } of first.providers) {
          const kept = after.providers?.find((provider) => provider.id === id);
          expect(kept).toBeDefined();
          if (!second.providers.some((provider) => provider.id === id))
            expect(kept?.name).toBe(name);
        }
        for (const { id } of first.models)
          expect(after.models?.some((model) => model.id === id)).toBe(true);
        for (const { origin } of first.sites)
          expect(after.sites?.some((site) => site.origin === origin)).toBe(true);
        for (const name of Object.keys(first.settings)) expect(after.settings).toHaveProperty(name);
        expect(await openKey(one, 'groq')).toBe(CANARY);
      }),
      { numRuns: 20 },
    );
  });
});
