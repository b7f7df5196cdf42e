import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChanges, type Changes } from '../changes.ts';
import { RouterError } from '../errors.ts';
import { createCatalogue, type Catalogue } from '../providers/catalogue.ts';
import { createGateways } from '../providers/gateway.ts';
import { createRegistry, destinationOf, type Registry } from '../providers/registry.ts';
import { sendJson, serve, type Loopback } from '../testing/loopback.ts';
import { createTestPorts, type TestPorts } from '../testing/ports.ts';
import { createKeys, type Keys } from '../vault/keys.ts';
import { createTokens } from '../vault/tokens.ts';
import { createVault } from '../vault/vault.ts';
import { createModelsControl } from './models.ts';
import { createLogicalModels } from '../storage/logical-models.ts';
import { createKeyChecks } from './key-checks.ts';
import { createProvidersControl } from './providers.ts';
import { createSettingsControl } from './settings.ts';

/** Real storage, vault and HTTP; `upstream` is what a provider does. */
let ports: TestPorts;
let control: ReturnType<typeof create>;
let changes: Changes;
let registry: Registry;
let catalogue: Catalogue;
let keys: Keys;
let upstream: Loopback;
let play: Parameters<typeof serve>[0];

function create() {
  ports = createTestPorts({ fetch: (request) => fetch(request) });
  changes = createChanges(ports);
  const told = { ...ports, publish: changes.publish };
  registry = createRegistry(told, changes);
  const vault = createVault(told, changes);
  keys = createKeys(told, vault);
  const tokens = createTokens(told, vault);
  const gateways = createGateways({ registry, keys, tokens });
  catalogue = createCatalogue({ ports: told, changes, registry, keys, tokens, gateways });
  return {
    ...createProvidersControl({ ports: told, registry, catalogue, keys }),
    ...createKeyChecks({ ports: told, registry, keys, tokens, gateways }),
    ...createModelsControl({ logicalModels: createLogicalModels(told), registry, catalogue, keys }),
    ...createSettingsControl(told),
  };
}

const list = (...ids: string[]) => ({ object: 'list', data: ids.map((id) => ({ id })) });

beforeEach(async () => {
  play = (response) => sendJson(response, list('m1', 'm2'));
  upstream = await serve((response, request) => play(response, request));
  control = create();
});
afterEach(() => upstream.close());

const provider = async (id: string) => (await control.listProviders()).find((one) => one.id === id);
const addKey = async (id: string, secret: string) =>
  (await keys.add(destinationOf((await registry.find(id))!), [{ secret }]))[0]!.id;
async function refusal(promise: Promise<unknown>): Promise<RouterError> {
  const thrown = await promise.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(RouterError);
  return thrown as RouterError;
}

describe('providers', () => {
  it('shows every known row, untouched', async () => {
    expect(await provider('groq')).toMatchObject({
      name: 'Groq',
      custom: false,
      overridden: false,
      enabled: true,
      needsKey: true,
      keys: [],
    });
    expect(await provider('mock')).toMatchObject({ builtIn: true, needsKey: false });
    expect(await provider('ollama')).toMatchObject({ local: true, needsKey: false });
  });

  it('saves only what differs from the row', async () => {
    await control.saveProvider({
      id: 'groq',
      name: 'Groq',
      baseUrl: 'https://api.groq.com/openai/v1/',
      headers: {},
      enabled: true,
    });
    expect(await (await ports.openDatabase()).get('providers', 'groq')).toEqual({
      id: 'groq',
      enabled: true,
    });
    expect((await provider('groq'))?.overridden).toBe(false);
    await control.saveProvider({ id: 'groq', baseUrl: 'https://proxy.example/groq/' });
    expect(await provider('groq')).toMatchObject({
      baseUrl: 'https://proxy.example/groq',
      overridden: true,
    });
    await control.saveProvider({ id: 'groq', baseUrl: 'https://api.groq.com/openai/v1' });
    expect((await provider('groq'))?.overridden).toBe(false);
  });

  it('makes one of the person’s own, and removes it with its keys and its list', async () => {
    await control.saveProvider({ id: 'my-box', name: 'My box', baseUrl: `${upstream.origin}/v1` });
    expect(await provider('my-box')).toMatchObject({ custom: true, local: true, needsKey: false });
    await addKey('my-box', 'sk-my-box-secret');
    await control.refreshModels('my-box');
    expect((await control.listModels()).map(({ id }) => id)).toContain('my-box/m1');
    await control.deleteProvider('my-box');
    expect(await provider('my-box')).toBeUndefined();
    expect(await keys.list()).toEqual([]);
    expect(await (await ports.openDatabase()).getAll('catalog')).toEqual([]);
  });

  it('names the keys that must be typed again when the address changes, and none when only the name does', async () => {
    const id = await addKey('openai', 'sk-proj-0123456789');
    expect(await control.saveProvider({ id: 'openai', name: 'Mine' })).toEqual({
      keysToReenter: [],
    });
    expect(
      await control.saveProvider({ id: 'openai', baseUrl: 'https://proxy.example/v1' }),
    ).toEqual({ keysToReenter: [id] });
    // A second change does not ask for them once more.
    expect(
      await control.saveProvider({ id: 'openai', baseUrl: 'https://other.example/v1' }),
    ).toEqual({ keysToReenter: [] });
    await control.deleteProvider('openai');
    expect((await provider('openai'))?.keys).toHaveLength(1);
  });

  it('fills an account into the address', async () => {
    expect((await provider('workers-ai'))?.baseUrlFields).toMatchObject([
      { name: 'accountId', value: '' },
    ]);
    const accountId = 'abcdef0123456789abcdef0123456789';
    await control.saveProvider({ id: 'workers-ai', baseUrlFields: { accountId } });
    expect(await provider('workers-ai')).toMatchObject({
      baseUrl: `https://api.cloudflare.com/client/v4/accounts/${accountId}/ai/v1`,
      baseUrlFields: [{ value: accountId }],
    });
    const error = await refusal(
      control.saveProvider({ id: 'workers-ai', baseUrlFields: { accountId: '../x' } }),
    );
    expect(error.message).toMatch(/Account ID looks like/);
  });

  it.each([
    [{ id: 'openai', baseUrl: 'http://192.168.0.1/v1' }, /public internet/],
    [{ id: 'Bad Id', baseUrl: 'https://a.example' }, /id/],
    [{ id: 'box' }, /base URL/],
    [{ id: 'box', baseUrl: 'https://a.example', headers: { Cookie: 'x' } }, /cookie/],
    [{ id: 'grok', baseUrl: 'https://a.example' }, /another name of xAI/],
    [{ id: 'mock', baseUrl: 'https://a.example' }, /built-in/],
  ])('refuses %j and changes nothing', async (input, message) => {
    expect((await refusal(control.saveProvider(input))).message).toMatch(message);
    expect(await (await ports.openDatabase()).getAll('providers')).toEqual([]);
  });

  it('shows what is stored and does not fit, switched off, with the reason', async () => {
    await (
      await ports.openDatabase()
    ).put('providers', { id: 'groq', baseUrl: 'https://10.0.0.1/v1' });
    changes.publish({ topic: 'providers' });
    expect(await provider('groq')).toMatchObject({
      enabled: false,
      problem: expect.stringMatching(/public internet/),
    });
  });
});

describe('probing a typed address (P2)', () => {
  const probe = async (path: string, secret?: string) => {
    const result = await control.probeProvider(upstream.origin + path, secret);
    return {
      ...result,
      baseUrl: result.baseUrl?.replace(upstream.origin, ''),
      attempts: result.attempts.map(
        ({ url, outcome }) => `${url.replace(upstream.origin, '')} ${outcome}`,
      ),
    };
  };
  const onlyAt =
    (path: string): typeof play =>
    (response, request) =>
      request.path === path
        ? sendJson(response, list('m1'))
        : sendJson(response, { error: 'no' }, 404);

  it('takes the address as typed where it answers', async () => {
    play = onlyAt('/models');
    expect(await probe('/')).toMatchObject({
      baseUrl: '',
      models: ['m1'],
      attempts: ['/models answers with 1 model'],
    });
  });

  it('tries /v1 second', async () => {
    play = onlyAt('/v1/models');
    expect(await probe('')).toMatchObject({
      baseUrl: '/v1',
      attempts: ['/models is not there (404)', '/v1/models answers with 1 model'],
    });
  });

  it('never makes a second /v1, and warns of one that was typed', async () => {
    play = onlyAt('/v1/models');
    expect(await probe('/v1')).toMatchObject({
      baseUrl: '/v1',
      attempts: ['/v1/models answers with 1 model'],
    });
    expect(await probe('/v1/v1')).toMatchObject({
      baseUrl: '/v1',
      warning: expect.stringMatching(/twice/),
      attempts: ['/v1/v1/models is not there (404)', '/v1/models answers with 1 model'],
    });
    play = (response) => sendJson(response, {}, 404);
    for (const { path } of (await probe('/v1'), upstream.received))
      expect(path).not.toBe('/v1/v1/v1/models');
  });

  it('sends the typed key, and says where it is refused', async () => {
    play = (response, request) =>
      request.headers.authorization === 'Bearer sk-good'
        ? sendJson(response, list('m1'))
        : sendJson(response, { error: { message: 'no' } }, 401);
    expect(await probe('/v1', 'sk-good')).toMatchObject({ baseUrl: '/v1' });
    const refused = await probe('/v1', 'sk-bad');
    expect(refused.attempts[0]).toBe('/v1/models refuses the key (401)');
    expect(refused.baseUrl).toBeUndefined();
    expect((await probe('/v1')).attempts[0]).toBe('/v1/models asks for a key (401)');
  });

  it('knows the address that alone asks for a key', async () => {
    play = (response, request) =>
      request.path === '/v1/models' ? sendJson(response, {}, 401) : sendJson(response, {}, 404);
    expect(await probe('')).toMatchObject({ baseUrl: '/v1', models: [] });
  });

  it('follows no redirect with the key', async () => {
    const elsewhere = await serve((response) => sendJson(response, list('stolen')));
    play = (response) =>
      void response.writeHead(307, { location: `${elsewhere.origin}/models` }).end();
    const { attempts, models } = await probe('/v1', 'sk-secret');
    expect(attempts[0]).toBe('/v1/models sends on to another address');
    expect(models).toEqual([]);
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  it('says what else came', async () => {
    play = (response) =>
      void response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>Login</title>');
    expect((await probe('')).attempts).toEqual([
      '/models answers with a web page',
      '/v1/models answers with a web page',
    ]);
    play = (response) => sendJson(response, { hello: 1 });
    expect((await probe('')).attempts[0]).toBe(
      '/models answers with something that is no list of models',
    );
    const { origin } = upstream;
    await upstream.close();
    expect(await control.probeProvider(origin)).toEqual({
      models: [],
      attempts: [{ url: `${origin}/models`, outcome: 'nothing answers' }],
    });
    upstream = await serve(() => {});
    expect(await control.probeProvider('http://10.0.0.1/v1')).toMatchObject({
      attempts: [],
      warning: expect.stringMatching(/public internet/),
    });
  });
});

describe('servers on this computer (P3)', () => {
  it('answer, refuse or are silent', async () => {
    await control.saveProvider({ id: 'ollama', baseUrl: `${upstream.origin}/v1` });
    const forbidding = await serve((response) => sendJson(response, {}, 403));
    const page = await serve((response) => void response.writeHead(200).end('<!doctype html>'));
    const gone = await serve(() => {});
    await gone.close();
    await control.saveProvider({ id: 'lmstudio', baseUrl: `${forbidding.origin}/v1` });
    await control.saveProvider({ id: 'llama.cpp', baseUrl: `${page.origin}/v1` });
    await control.saveProvider({ id: 'vllm', baseUrl: `${gone.origin}/v1` });
    expect(await control.findLocalServers()).toEqual([
      {
        provider: 'ollama',
        baseUrl: `${upstream.origin}/v1`,
        state: 'answers',
        models: ['m1', 'm2'],
      },
      {
        provider: 'lmstudio',
        baseUrl: `${forbidding.origin}/v1`,
        state: 'refuses-browsers',
        models: [],
      },
      { provider: 'llama.cpp', baseUrl: `${page.origin}/v1`, state: 'silent', models: [] },
      { provider: 'vllm', baseUrl: `${gone.origin}/v1`, state: 'silent', models: [] },
    ]);
    expect((await control.listModels()).map(({ id }) => id)).toContain('ollama/m2');
    await Promise.all([forbidding.close(), page.close()]);
  });
});

describe('checking a key (K7)', () => {
  async function check(answer: typeof play, secret = 'sk-check-0123456789') {
    play = answer;
    await control.saveProvider({ id: 'openai', baseUrl: `${upstream.origin}/v1` });
    const id = await addKey('openai', secret);
    const result = await control.checkKey(id);
    expect((await keys.get(id))?.check).toEqual(result);
    return result;
  }

  it('counts the models of a good one, and sends it where it belongs', async () => {
    const result = await check((response) => sendJson(response, list('a', 'b', 'c')));
    expect(result).toMatchObject({
      state: 'valid',
      models: 3,
      at: ports.clock.now,
      latencyMs: expect.any(Number),
    });
    expect(
      upstream.received.map(({ method, path, headers }) => [method, path, headers.authorization]),
    ).toEqual([['GET', '/v1/models', 'Bearer sk-check-0123456789']]);
  });

  it('gives the provider’s own words, with the key masked in them', async () => {
    const result = await check((response) =>
      sendJson(
        response,
        { error: { message: 'Incorrect API key provided: sk-check-0123456789.' } },
        401,
      ),
    );
    expect(result).toMatchObject({
      state: 'invalid',
      message: 'Incorrect API key provided: sk…89.',
    });
  });

  it.each([
    [
      'a 400 that speaks of the key',
      400,
      {
        error:
          'Incorrect API key provided: xa***. You can obtain an API key from https://console.x.ai.',
      },
      'invalid',
    ],
    [
      'a 400 of Google',
      400,
      { error: { message: 'API key not valid. Please pass a valid API key.' } },
      'invalid',
    ],
    ['a 403', 403, { detail: 'Authorization failed' }, 'invalid'],
    [
      'a 403 for a narrow key',
      403,
      { error: { message: 'Missing scopes: api.model.read' } },
      'unknown',
    ],
    ['a 429', 429, { error: { message: 'slow down' } }, 'rate-limited'],
    ['a 402', 402, { error: { message: 'no credit' } }, 'rate-limited'],
    ['a 500', 500, {}, 'unknown'],
    ['a 200 of something else', 200, { ok: true }, 'unknown'],
  ])('reads %s', async (_what, status, body, state) => {
    expect((await check((response) => sendJson(response, body, status))).state).toBe(state);
  });

  it('waits no longer than 5 s', async () => {
    const started = performance.now();
    expect(await check(() => {})).toMatchObject({
      state: 'unknown',
      message: 'OpenAI sent nothing for 5 s',
    });
    expect(performance.now() - started).toBeLessThan(6000);
  }, 10_000);

  it('is unknown where no one answers', async () => {
    const dead = await serve(() => {});
    await dead.close();
    await control.saveProvider({ id: 'groq', baseUrl: `${dead.origin}/v1` });
    expect(await control.checkKey(await addKey('groq', 'gsk_0123456789abcdef'))).toMatchObject({
      state: 'unknown',
      message: 'Groq can’t be reached',
    });
  });

  it('does not open a key that is bound to another address', async () => {
    const id = await addKey('groq', 'gsk_0123456789abcdef');
    await control.saveProvider({ id: 'groq', baseUrl: `${upstream.origin}/v1` });
    expect((await refusal(control.checkKey(id))).code).toBe('no_provider_key');
    expect(upstream.received).toEqual([]);
  });
});

describe('models', () => {
  it('lists the person’s own first and the pretend ones last, and says what can be asked', async () => {
    await control.saveProvider({ id: 'openai', baseUrl: `${upstream.origin}/v1` });
    await addKey('openai', 'sk-0123456789abc');
    await control.saveLogicalModel({ id: 'turbo', routes: [{ provider: 'OpenAI', model: 'm1' }] });
    await control.saveLogicalModel({ id: 'none', routes: [{ provider: 'groq', model: 'x' }] });
    const models = await control.listModels();
    expect(models.slice(0, 4).map(({ id, logical, usable }) => [id, logical, usable])).toEqual([
      ['none', true, false],
      ['turbo', true, true],
      ['openai/m1', false, true],
      ['openai/m2', false, true],
    ]);
    expect(models.at(-1)?.provider).toBe('mock');
    expect(models.find(({ id }) => id === 'perplexity/sonar')?.usable).toBe(false);
  });

  it('says what a model can do and costs, where someone says it', async () => {
    play = (response) => sendJson(response, list('gpt-4.1', 'brand-new'));
    await control.saveProvider({ id: 'openai', baseUrl: `${upstream.origin}/v1` });
    await addKey('openai', 'sk-0123456789abc');
    const models = await control.listModels();
    expect(models.find(({ id }) => id === 'openai/gpt-4.1')).toMatchObject({
      contextWindow: 1047576,
      takes: ['image', 'file'],
      tools: true,
      price: { input: 2, output: 8 },
      priceDate: expect.stringMatching(/^20\d\d-/),
    });
    const unknown = models.find(({ id }) => id === 'openai/brand-new')!;
    for (const field of ['price', 'contextWindow', 'tools', 'takes'])
      expect(unknown).not.toHaveProperty(field);
    // Of a provider without a key, what our table knows, to show what a key would bring.
    expect(models.find(({ id }) => id === 'groq/llama-3.3-70b-versatile')?.usable).toBe(false);
  });

  it('leaves models that are not for chat out of the picker', async () => {
    play = (response) =>
      sendJson(
        response,
        list(
          'gpt-5',
          'text-embedding-3-small',
          'whisper-1',
          'dall-e-3',
          'omni-moderation-latest',
          'tts-1',
          'gpt-4o-audio-preview',
        ),
      );
    await control.saveProvider({ id: 'openai', baseUrl: `${upstream.origin}/v1` });
    await addKey('openai', 'sk-0123456789abc');
    const ids = (await control.listModels())
      .filter(({ provider }) => provider === 'openai')
      .map(({ id }) => id);
    expect(ids).toEqual(['openai/gpt-5']);
  });

  it('refuses a circle of fallbacks, an unknown one and a reserved name', async () => {
    const routes = [{ provider: 'groq', model: 'x' }];
    await control.saveLogicalModel({ id: 'a', routes });
    await control.saveLogicalModel({ id: 'b', routes, fallbacks: ['a'] });
    await control.saveLogicalModel({ id: 'c', routes, fallbacks: ['b'] });
    expect(
      (await refusal(control.saveLogicalModel({ id: 'a', routes, fallbacks: ['c'] }))).message,
    ).toContain('a → c → b → a');
    expect(
      (await refusal(control.saveLogicalModel({ id: 'a', routes, fallbacks: ['a'] }))).message,
    ).toContain('a → a');
    expect(
      (await refusal(control.saveLogicalModel({ id: 'a', routes, fallbacks: ['z'] }))).param,
    ).toBe('fallbacks[0]');
    expect((await refusal(control.saveLogicalModel({ id: 'Auto', routes }))).param).toBe('id');
    expect((await refusal(control.saveLogicalModel({ id: 'd', routes: [] }))).message).toMatch(
      /routes/,
    );
    expect((await control.listLogicalModels()).map(({ id, fallbacks }) => [id, fallbacks])).toEqual(
      [
        ['a', undefined],
        ['b', ['a']],
        ['c', ['b']],
      ],
    );
    await control.deleteLogicalModel('a');
    expect(await control.listLogicalModels()).toHaveLength(2);
  });
});

describe('settings', () => {
  it('have defaults, keep what is changed, and go back to the default', async () => {
    expect(await control.getSettings()).toMatchObject({ theme: 'system', idleTimeoutMs: 60_000 });
    await control.saveSettings({ theme: 'dark', defaultModel: 'groq/x' });
    await control.saveSettings({ idleTimeoutMs: 5000 });
    expect(await control.getSettings()).toMatchObject({
      theme: 'dark',
      defaultModel: 'groq/x',
      idleTimeoutMs: 5000,
    });
    expect(await control.saveSettings({ theme: undefined })).toMatchObject({ theme: 'system' });
    expect(ports.changes).toContainEqual({ topic: 'settings' });
  });

  it('refuse what does not fit, and lose nothing to a bad field that is stored', async () => {
    expect((await refusal(control.saveSettings({ idleTimeoutMs: -1 }))).message).toMatch(
      /idleTimeoutMs/,
    );
    await (
      await ports.openDatabase()
    ).put('settings', { theme: 'dark', idleTimeoutMs: 'x', strange: 1 } as never, 'settings');
    expect(await control.getSettings()).toMatchObject({ theme: 'dark', idleTimeoutMs: 60_000 });
  });
});
