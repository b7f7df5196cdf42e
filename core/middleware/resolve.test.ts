import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createChanges } from '../changes.ts';
import { RouterError } from '../errors.ts';
import { createCatalogue } from '../providers/catalogue.ts';
import { createRegistry, destinationOf } from '../providers/registry.ts';
import type {
  CatalogModel,
  KeyRecord,
  LogicalModelRecord,
  ProviderRecord,
  Settings,
} from '../storage/records.ts';
import { SETTINGS_KEY } from '../storage/database.ts';
import { createTestPorts, type TestPorts } from '../testing/ports.ts';
import { createResolve, type Resolve, type ResolveRequest } from './resolve.ts';

/** Everything real but the network and the vault: what is stored decides. */
interface World {
  ports: TestPorts;
  resolve: Resolve;
  asked: string[];
  key(provider: string, change?: Partial<KeyRecord>): Promise<void>;
  lists(provider: string, ...models: string[]): Promise<void>;
  offers(provider: string, models: CatalogModel[]): Promise<void>;
  logical(model: LogicalModelRecord): Promise<void>;
  provider(record: ProviderRecord): Promise<void>;
  settings(settings: Settings): Promise<void>;
}

let world: World;
/** What each host answers to a question for its models. */
let served: Record<string, string[]>;

beforeEach(() => {
  served = {};
  const asked: string[] = [];
  const ports = createTestPorts({
    fetch: (request) => {
      const url = new URL(request.url);
      asked.push(request.url);
      const models = served[url.host];
      if (!models) return Promise.reject(new TypeError('no such host'));
      return Promise.resolve(Response.json({ data: models.map((id) => ({ id })) }));
    },
  });
  const changes = createChanges(ports);
  const registry = createRegistry(ports, changes);
  const listOf = async (id: string) =>
    (await ports.openDatabase()).getAllFromIndex('keys', 'provider', id);
  const catalogue = createCatalogue({
    ports,
    changes,
    registry,
    keys: { listOf },
    tokens: { open: async () => ({ secret: 'sk-test', hidden: [] }) },
  });
  let number = 0;
  world = {
    ports,
    asked,
    resolve: createResolve({ ports, changes, registry, catalogue }),
    async key(id, change = {}) {
      const provider = (await registry.find(id))!;
      const key = { id: `key-${number++}`, provider: id, label: 'main', enabled: true, weight: 1 };
      const destination = destinationOf(provider);
      const sealed = {
        v: 1,
        alg: 'A256GCM',
        epoch: 0,
        id: key.id,
        iv: new Uint8Array(12),
        ct: new Uint8Array(9),
      } as const;
      const record = { ...key, preview: 'sk-…test', destination, sealed, createdAt: 0, ...change };
      await (await ports.openDatabase()).put('keys', record);
      changes.publish({ topic: 'keys' });
    },
    async lists(id, ...models) {
      const { source = (await registry.find(id))!.baseUrl } = {};
      const record = {
        provider: id,
        source,
        fetchedAt: ports.now(),
        models: models.map((model) => ({ id: model })),
      };
      await (await ports.openDatabase()).put('catalog', record);
      changes.publish({ topic: 'models' });
    },
    async offers(id, models) {
      const source = (await registry.find(id))!.baseUrl;
      const record = { provider: id, source, fetchedAt: ports.now(), models };
      await (await ports.openDatabase()).put('catalog', record);
      changes.publish({ topic: 'models' });
    },
    async logical(model) {
      await (await ports.openDatabase()).put('models', model);
      changes.publish({ topic: 'models' });
    },
    async provider(record) {
      await (await ports.openDatabase()).put('providers', record);
      changes.publish({ topic: 'providers' });
    },
    async settings(settings) {
      await (await ports.openDatabase()).put('settings', settings, SETTINGS_KEY);
      changes.publish({ topic: 'settings' });
    },
  };
});

/** `provider/model` of each target, and what the answer will be called. */
async function route(request: Partial<ResolveRequest> & { model?: string }) {
  const { targets, answerModel } = await world.resolve({ model: undefined, ...request });
  return [targets.map(({ provider, model }) => `${provider.id}|${model}`).join(' '), answerModel];
}

async function failure(request: Partial<ResolveRequest>): Promise<RouterError> {
  const thrown: unknown = await world
    .resolve({ model: undefined, ...request })
    .catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(RouterError);
  return thrown as RouterError;
}

describe('a prefix (R1)', () => {
  it('names a provider and is taken off', async () => {
    await world.key('groq');
    expect(await route({ model: 'GROQ/llama-3.3' })).toEqual(['groq|llama-3.3', 'GROQ/llama-3.3']);
  });

  it('of a provider without a key tells what to do', async () => {
    await world.key('groq');
    const error = await failure({ model: 'openai/gpt-5.4-mini' });
    expect(error).toMatchObject({ code: 'no_provider_key', status: 401 });
    expect(error.message).toMatch(/OpenAI.*Add a key/);
  });

  it('of a provider without a key names another that has the very id', async () => {
    await world.key('groq');
    await world.lists('groq', 'openai/gpt-oss-120b');
    expect((await failure({ model: 'openai/gpt-oss-120b' })).message).toMatch(
      /groq\/openai\/gpt-oss-120b/,
    );
    expect(await route({ model: 'groq/openai/gpt-oss-120b' })).toEqual([
      'groq|openai/gpt-oss-120b',
      'groq/openai/gpt-oss-120b',
    ]);
  });

  it('of a provider that is switched off goes nowhere else', async () => {
    await world.key('openai');
    await world.provider({ id: 'groq', enabled: false });
    expect((await failure({ model: 'groq/llama' })).message).toMatch(/switched off/);
  });

  it('of a provider whose stored address is refused goes nowhere else', async () => {
    await world.key('openai');
    await world.key('groq');
    await world.provider({ id: 'groq', baseUrl: 'https://192.168.0.1/v1' });
    expect(await failure({ model: 'groq/llama' })).toMatchObject({ code: 'no_provider_key' });
  });

  it('of a server on this computer needs no key', async () => {
    expect(await route({ model: 'ollama/qwen3:4b' })).toEqual([
      'ollama|qwen3:4b',
      'ollama/qwen3:4b',
    ]);
  });

  it('of a provider that waits for an account says so', async () => {
    expect((await failure({ model: 'workers-ai/@cf/x/y' })).message).toMatch(/Account ID/);
  });

  it('alone means the provider’s default model', async () => {
    await world.key('groq');
    expect(await route({ model: 'groq/' })).toEqual(['groq|llama-3.3-70b-versatile', 'groq/']);
    expect(await route({ model: 'groq/auto' })).toEqual([
      'groq|llama-3.3-70b-versatile',
      'groq/auto',
    ]);
  });

  it('does not count a key that is bound to another address, switched off or weightless', async () => {
    await world.key('groq', { enabled: false });
    await world.key('groq', { weight: 0 });
    await world.key('openai');
    await world.provider({ id: 'openai', baseUrl: 'https://proxy.example/v1' });
    expect(await failure({ model: 'groq/x' })).toMatchObject({ code: 'no_provider_key' });
    expect(await failure({ model: 'openai/x' })).toMatchObject({ code: 'no_provider_key' });
  });
});

describe('a model without a prefix (R2)', () => {
  it('goes to the first provider, in the person’s order, that has it', async () => {
    await world.key('openai');
    await world.key('groq');
    await world.key('cerebras');
    await world.lists('openai', 'gpt-5');
    await world.lists('groq', 'gpt-oss-120b', 'same');
    await world.lists('cerebras', 'gpt-oss-120b', 'same');
    expect(await route({ model: 'same' })).toEqual(['groq|same', 'same']);
    await world.provider({ id: 'cerebras', order: 0 });
    expect(await route({ model: 'same' })).toEqual(['cerebras|same', 'same']);
  });

  it('is found in any case, under its own spelling', async () => {
    await world.key('together');
    await world.lists('together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo');
    expect(await route({ model: 'meta-llama/llama-3.3-70b-instruct-turbo' })).toEqual([
      'together|meta-llama/Llama-3.3-70B-Instruct-Turbo',
      'meta-llama/llama-3.3-70b-instruct-turbo',
    ]);
  });

  it('is not looked for at providers without a key', async () => {
    await world.lists('groq', 'llama');
    expect(await failure({ model: 'llama' })).toMatchObject({ code: 'no_provider_key' });
  });

  it('passes unsplit where its first part is no provider', async () => {
    await world.key('fireworks');
    expect(await route({ model: 'accounts/fireworks/models/kimi' })).toEqual([
      'fireworks|accounts/fireworks/models/kimi',
      'accounts/fireworks/models/kimi',
    ]);
  });

  it('goes to the default provider where no list is known', async () => {
    await world.key('groq');
    await world.key('openai');
    expect(await route({ model: 'unheard-of' })).toEqual(['openai|unheard-of', 'unheard-of']);
    await world.settings({ defaultProvider: 'Groq' });
    expect(await route({ model: 'unheard-of' })).toEqual(['groq|unheard-of', 'unheard-of']);
    expect(world.asked).toEqual([]);
  });

  it('is a 404 with the nearest name where the default provider is known to lack it', async () => {
    await world.key('openai');
    await world.lists('openai', 'gpt-5-mini', 'gpt-5');
    const error = await failure({ model: 'gpt-5-mni' });
    expect(error).toMatchObject({ code: 'model_not_found', status: 404, param: 'model' });
    expect(error.message).toContain('Did you mean openai/gpt-5-mini?');
    const secret = await failure({ model: 'gpt-5-mni', mayName: (id) => id.startsWith('mock/') });
    expect(secret.message).not.toContain('gpt-5-mini');
  });

  it('reads unknown lists first, where it may ask', async () => {
    await world.key('openai');
    await world.key('groq');
    served = { 'api.openai.com': ['gpt-5'], 'api.groq.com': ['llama-3.3'] };
    expect(await route({ model: 'llama-3.3' })).toEqual(['openai|llama-3.3', 'llama-3.3']);
    expect(world.asked).toEqual([]);
    expect(await route({ model: 'llama-3.3', mayAsk: true })).toEqual([
      'groq|llama-3.3',
      'llama-3.3',
    ]);
    expect(world.asked).toHaveLength(2);
    expect(await route({ model: 'llama-3.3', mayAsk: true })).toEqual([
      'groq|llama-3.3',
      'llama-3.3',
    ]);
    expect(world.asked).toHaveLength(2);
  });
});

describe('a named provider (R3)', () => {
  it('beats the prefix', async () => {
    await world.key('openrouter');
    await world.key('openai');
    expect(await route({ model: 'openai/gpt-4o', provider: 'openrouter' })).toEqual([
      'openrouter|openai/gpt-4o',
      'openai/gpt-4o',
    ]);
    expect(await route({ model: 'groq/x', provider: 'OPENAI' })).toEqual([
      'openai|groq/x',
      'groq/x',
    ]);
  });

  it('may say once more what the prefix says', async () => {
    await world.key('groq');
    expect(await route({ model: 'groq/llama', provider: 'groq' })).toEqual(['groq|llama', 'llama']);
    expect((await route({ model: 'groq/compound', provider: 'groq' }))[0]).toBe(
      'groq|groq/compound',
    );
  });

  it('has a default model', async () => {
    await world.key('groq');
    for (const model of [undefined, '', 'auto', 'Default'])
      expect((await route({ model, provider: 'groq' }))[0]).toBe('groq|llama-3.3-70b-versatile');
  });

  it('that is `auto` names none', async () => {
    await world.key('groq');
    expect((await route({ model: 'groq/x', provider: 'auto' }))[0]).toBe('groq|x');
  });

  it('that is unknown is a 400 that names the field', async () => {
    expect(await failure({ model: 'x', provider: 'nobody' })).toMatchObject({
      code: 'invalid_request',
      param: 'router',
    });
  });

  it('beats a logical model', async () => {
    await world.key('groq');
    await world.logical({ id: 'turbo', routes: [{ provider: 'groq', model: 'a' }] });
    expect((await route({ model: 'turbo', provider: 'groq' }))[0]).toBe('groq|turbo');
  });
});

describe('auto (R4)', () => {
  const autos = [undefined, '', '  ', 'auto', 'AUTO', 'default'];

  it('is the pretend model on a fresh install', async () => {
    for (const model of autos)
      expect(await route({ model })).toEqual(['mock|echo', model?.trim() || 'mock/echo']);
  });

  it('is the first provider with a key, and its default model', async () => {
    await world.key('deepseek');
    await world.key('cerebras');
    for (const model of autos)
      expect((await route({ model }))[0]).toMatch(/^cerebras\|gpt-oss-120b\b/);
  });

  it('is answered under the name that was asked for, or the model’s own where that was none', async () => {
    await world.key('cerebras');
    const names = await Promise.all(autos.map(async (model) => (await route({ model }))[1]));
    const own = 'cerebras/gpt-oss-120b';
    expect(names).toEqual([own, own, own, 'auto', 'AUTO', 'default']);
  });

  it('has every other provider’s default behind the first, but never behind what the person chose', async () => {
    await world.key('groq');
    await world.key('cerebras');
    expect((await route({ model: 'auto' }))[0]).toBe(
      'groq|llama-3.3-70b-versatile cerebras|gpt-oss-120b',
    );
    await world.settings({ defaultModel: 'cerebras/zai-glm-4.7' });
    expect((await route({ model: 'auto' }))[0]).toBe('cerebras|zai-glm-4.7');
  });

  it('prefers the site’s default, then the setting', async () => {
    await world.key('groq');
    await world.key('cerebras');
    await world.settings({ defaultModel: 'cerebras/zai-glm-4.7' });
    expect((await route({}))[0]).toBe('cerebras|zai-glm-4.7');
    expect((await route({ siteDefault: 'groq/llama-3.3' }))[0]).toBe('groq|llama-3.3');
  });

  it('passes over a default that can no longer be asked', async () => {
    await world.key('groq');
    await world.settings({ defaultModel: 'openai/gpt-5' });
    expect((await route({ siteDefault: 'mistral/x' }))[0]).toBe('groq|llama-3.3-70b-versatile');
  });

  it('may be a logical model', async () => {
    await world.key('groq');
    await world.logical({ id: 'turbo', routes: [{ provider: 'groq', model: 'a' }] });
    expect(await route({ siteDefault: 'turbo' })).toEqual(['groq|a', 'turbo']);
  });

  it('is not a server on this computer that no one has set up', async () => {
    expect((await route({}))[0]).toBe('mock|echo');
    await world.lists('ollama', 'nomic-embed', 'qwen3:4b');
    expect((await route({}))[0]).toBe('ollama|qwen3:4b');
    await world.key('groq');
    expect((await route({}))[0]).toBe('groq|llama-3.3-70b-versatile ollama|qwen3:4b');
  });

  it('is the first model that a provider of one’s own has', async () => {
    await world.provider({
      id: 'my-box',
      baseUrl: 'http://127.0.0.1:9101/v1',
      models: ['m1', 'm2'],
    });
    expect(await route({})).toEqual(['my-box|m1', 'my-box/m1']);
  });

  it('is the default provider’s model where one is set', async () => {
    await world.key('openai');
    await world.key('groq');
    await world.settings({ defaultProvider: 'groq' });
    expect((await route({}))[0]).toBe('groq|llama-3.3-70b-versatile');
  });
});

describe('free (R5)', () => {
  const FREE = ['a/small-3b:free', 'a/middle-30b:free', 'a/long-70b:free', 'a/paid'];

  it('is what costs nothing, the longest window first, and nothing too small to be of use', async () => {
    await world.key('openrouter');
    await world.offers('openrouter', [
      { id: 'a/middle-30b:free', contextWindow: 100_000 },
      { id: 'a/small-3b:free', contextWindow: 900_000 },
      { id: 'a/long-70b:free', contextWindow: 200_000 },
      { id: 'a/paid', contextWindow: 999_000 },
      { id: 'a/unknown:free' },
    ]);
    expect(await route({ model: 'Free' })).toEqual([
      'openrouter|a/long-70b:free openrouter|a/middle-30b:free openrouter|a/unknown:free',
      'free',
    ]);
  });

  it('has the pinned one first', async () => {
    await world.key('openrouter');
    await world.lists('openrouter', ...FREE);
    await world.settings({ freeModel: 'openrouter/a/middle-30b:free' });
    expect((await route({ model: 'free' }))[0]).toMatch(/^openrouter\|a\/middle-30b:free /);
    await world.settings({ freeModel: 'openrouter/a/paid' });
    expect((await route({ model: 'free' }))[0]).not.toContain('paid');
  });

  it('has its lists read anew where the caller may ask', async () => {
    await world.key('openrouter');
    world.asked.length = 0;
    await failure({ model: 'free', mayAsk: true });
    expect(world.asked.join()).toContain('openrouter');
    world.asked.length = 0;
    await failure({ model: 'free' });
    expect(world.asked).toEqual([]);
  });

  it('says so where no provider lists one, and gives way to the person’s own model of that name', async () => {
    await world.key('groq');
    expect(await failure({ model: 'free' })).toMatchObject({ code: 'model_not_found' });
    await world.logical({ id: 'free', routes: [{ provider: 'groq', model: 'a' }] });
    expect(await route({ model: 'free' })).toEqual(['groq|a', 'free']);
  });
});

describe('a logical model (R6)', () => {
  it('hands on what its routes and itself say', async () => {
    await world.key('groq');
    const when = { hasTools: true };
    await world.logical({
      id: 'turbo',
      routes: [
        { provider: 'groq', model: 'a', when, timeoutMs: 5, wire: 'openai-responses' },
        { provider: 'groq', model: 'a' },
        { provider: 'groq', model: 'a', contextWindow: 7 },
      ],
      contextWindow: 9,
      hedgeAfterMs: 70,
      continuePartial: true,
      toolEnforcement: { enabled: true },
    });
    expect(await world.resolve({ model: 'turbo' })).toMatchObject({
      targets: [
        { model: 'a', when, timeoutMs: 5, wire: 'openai-responses', contextWindow: 9 },
        { model: 'a', contextWindow: 9 },
      ],
      hedgeAfterMs: 70,
      continuePartial: true,
      toolEnforcement: { enabled: true },
    });
  });

  it('is its routes in order, under its own name', async () => {
    await world.key('groq');
    await world.key('cerebras');
    await world.logical({
      id: 'turbo',
      routes: [
        { provider: 'cerebras', model: 'zai-glm-4.7', timeoutMs: 20000 },
        { provider: 'openai', model: 'no-key' },
        { provider: 'GROQ', model: 'openai/gpt-oss-120b', contextWindow: 9 },
        { provider: 'gone', model: 'x' },
      ],
      contextWindow: 131072,
    });
    const { targets, answerModel } = await world.resolve({ model: 'turbo' });
    expect(answerModel).toBe('turbo');
    expect(
      targets.map(({ provider, model, timeoutMs, contextWindow }) => [
        provider.id,
        model,
        timeoutMs,
        contextWindow,
      ]),
    ).toEqual([
      ['cerebras', 'zai-glm-4.7', 20000, 131072],
      ['groq', 'openai/gpt-oss-120b', undefined, 9],
    ]);
  });

  it('walks its fallbacks once each, also in a circle', async () => {
    await world.key('groq');
    await world.logical({
      id: 'a',
      routes: [{ provider: 'groq', model: '1' }],
      fallbacks: ['b', 'a', 'gone'],
    });
    await world.logical({
      id: 'b',
      routes: [
        { provider: 'groq', model: '2' },
        { provider: 'groq', model: '1' },
      ],
      fallbacks: ['c', 'a'],
    });
    await world.logical({ id: 'c', routes: [{ provider: 'groq', model: '3' }], fallbacks: ['b'] });
    expect(await route({ model: 'a' })).toEqual(['groq|1 groq|2 groq|3', 'a']);
  });

  it('wins over a model of the same name, and may hold a slash', async () => {
    await world.key('groq');
    await world.lists('groq', 'fast');
    await world.logical({ id: 'fast', routes: [{ provider: 'groq', model: 'x' }] });
    await world.logical({ id: 'groq/llama', routes: [{ provider: 'groq', model: 'y' }] });
    expect(await route({ model: 'FAST' })).toEqual(['groq|x', 'fast']);
    expect(await route({ model: 'groq/llama' })).toEqual(['groq|y', 'groq/llama']);
  });

  it('says what is missing where none of its routes can be asked', async () => {
    await world.logical({
      id: 'turbo',
      routes: [
        { provider: 'openai', model: 'x' },
        { provider: 'nobody', model: 'y' },
      ],
    });
    const error = await failure({ model: 'turbo' });
    expect(error).toMatchObject({ code: 'no_provider_key' });
    expect(error.message).toMatch(/OpenAI, nobody/);
  });
});

describe('whatever is asked', () => {
  it('ends in a usable target or in an error of ours', async () => {
    await world.key('groq');
    await world.lists('groq', 'llama', 'groq/compound');
    await world.logical({ id: 'turbo', routes: [{ provider: 'groq', model: 'a' }] });
    const piece = fc.constantFrom(
      'groq',
      'openai',
      'mock',
      'echo',
      'auto',
      'turbo',
      'llama',
      '/',
      '',
      ' ',
      'nvidia',
      'compound',
      '__proto__',
      'constructor',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 6 }).map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.option(text, { nil: undefined }),
        fc.option(text, { nil: undefined }),
        async (model, provider) => {
          try {
            const { targets, answerModel } = await world.resolve({ model, provider });
            expect(targets.length).toBeGreaterThan(0);
            expect(answerModel).not.toBe('');
            for (const target of targets) {
              expect(['groq', 'mock', 'ollama', 'lmstudio', 'llama.cpp', 'vllm']).toContain(
                target.provider.id,
              );
              expect(target.model.trim()).not.toBe('');
            }
          } catch (error) {
            expect(error).toBeInstanceOf(RouterError);
            expect(['no_provider_key', 'model_not_found', 'invalid_request']).toContain(
              (error as RouterError).code,
            );
          }
        },
      ),
      { numRuns: 1500 },
    );
    expect(world.asked).toEqual([]);
  });

  it('refuses a name of a megabyte at once', async () => {
    await world.resolve({ model: 'auto' });
    // A cost that grew with its square would not end within the test's time.
    expect(await failure({ model: '/'.repeat(1_000_000) })).toMatchObject({
      code: 'model_not_found',
    });
  });

  it('costs the same with 10,000 models and 1,000 keys', async () => {
    await world.key('groq');
    await world.lists('groq', 'llama');
    const small = await perCall('llama');
    const database = await world.ports.openDatabase();
    const key = (await database.getAll('keys'))[0]!;
    const { store, done } = database.transaction('keys', 'readwrite');
    for (let index = 0; index < 1000; index++) void store.put({ ...key, id: `more-${index}` });
    await done;
    await world.key('openrouter');
    await world.lists(
      'openrouter',
      ...Array.from({ length: 10_000 }, (_, index) => `owner/model-${index}`),
    );
    const large = await perCall('owner/model-9999');
    console.info(
      `resolve: ${small.toFixed(1)} µs with 1 model, ${large.toFixed(1)} µs with 10,000`,
    );
    expect(large).toBeLessThan(small * 5 + 20);
  }, 30_000);

  /** Microseconds, once the index is built. */
  async function perCall(model: string): Promise<number> {
    for (let warm = 0; warm < 200; warm++) await world.resolve({ model });
    const started = performance.now();
    for (let call = 0; call < 2000; call++) await world.resolve({ model });
    return ((performance.now() - started) / 2000) * 1000;
  }
});

describe('an endpoint beside chat (E25)', () => {
  it('goes past a provider that does not have it', async () => {
    await world.key('cerebras');
    await world.key('openai');
    await world.settings({ defaultProvider: 'cerebras', defaultModel: 'cerebras/x' });
    const endpoint = 'embeddings';
    expect(await route({ endpoint })).toEqual([
      'openai|text-embedding-3-small',
      'openai/text-embedding-3-small',
    ]);
    expect(await route({ endpoint, model: 'unheard-of' })).toEqual([
      'openai|unheard-of',
      'unheard-of',
    ]);
    expect(await failure({ endpoint, model: 'cerebras/x' })).toMatchObject({
      code: 'unknown_url',
      status: 404,
    });
  });

  it('is asked of a server of the person’s own', async () => {
    await world.provider({ id: 'my-box', baseUrl: 'http://127.0.0.1:9101/v1' });
    for (const endpoint of ['embeddings', 'speech', 'completions'] as const)
      expect(await route({ endpoint, model: 'my-box/e' })).toEqual(['my-box|e', 'my-box/e']);
  });
});
