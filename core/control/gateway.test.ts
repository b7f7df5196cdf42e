/** Row E16: both secrets in one request, and neither anywhere else. The whole router, over loopback. */
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRouter, type Router } from '../router.ts';
import { sendJson, serve, type Loopback, type ReceivedRequest } from '../testing/loopback.ts';
import { createTestPorts, type TestPorts } from '../testing/ports.ts';

// Browsers have it, Node 20 has not.
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item, 0);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};

const TOKEN = 'aig-token-of-the-gateway-0123456789';
const KEY = 'sk-own-key-of-the-provider-0123456789';
const OTHER = 'gsk_own_key_of_another_0123456789';

let ports: TestPorts;
let router: Router;
let gateway: Loopback;
let other: Loopback;

const answer = (response: Parameters<Parameters<typeof serve>[0]>[0], request: ReceivedRequest) =>
  sendJson(
    response,
    request.method === 'GET'
      ? { object: 'list', data: [{ id: 'm1' }] }
      : {
          id: 'a',
          object: 'chat.completion',
          model: 'm1',
          choices: [
            {
              index: 0,
              // Some repeat what they are sent.
              message: { role: 'assistant', content: 'Hi' },
              finish_reason: 'stop',
            },
          ],
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
        },
  );

beforeEach(async () => {
  gateway = await serve(answer);
  other = await serve(answer);
  ports = createTestPorts({ fetch: (request) => fetch(request) });
  router = createRouter(ports);
  const { control } = router;
  await control.saveProvider({
    id: 'cloudflare-ai-gateway',
    baseUrl: `${gateway.origin}/v1/acc/gw/compat`,
  });
  await control.saveProvider({ id: 'groq', baseUrl: `${other.origin}/v1` });
  await control.saveProvider({
    id: 'openai',
    gateway: { through: 'cloudflare-ai-gateway', path: 'openai', attempts: 3 },
  });
  await control.addKeys([
    { provider: 'cloudflare-ai-gateway', secret: TOKEN },
    { provider: 'openai', secret: KEY },
    { provider: 'groq', secret: OTHER },
  ]);
});
afterEach(() => Promise.all([gateway.close(), other.close()]));

const chat = (model: string, path = '/v1/chat/completions') =>
  router.handle(
    new Request(`https://gatehouse.invalid${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] }),
    }),
    { kind: 'first-party' },
  );
const codeOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string } }).error.code;
const viewOf = async (id: string) =>
  (await router.control.listProviders()).find((provider) => provider.id === id)!;

describe('a provider behind a gateway', () => {
  it('is asked with its own key, the gateway’s token and a count of tries', async () => {
    expect((await chat('openai/m1')).status).toBe(200);
    expect(gateway.received.at(-1)).toMatchObject({
      path: '/v1/acc/gw/openai/chat/completions',
      headers: {
        authorization: `Bearer ${KEY}`,
        'cf-aig-authorization': `Bearer ${TOKEN}`,
        'cf-aig-max-attempts': '3',
      },
    });
  });

  it('is asked so for its list, for a check of its key and by its own interface too', async () => {
    await router.control.refreshModels('openai');
    const [key] = (await viewOf('openai')).keys;
    expect((await router.control.checkKey(key!.id)).state).toBe('valid');
    expect((await chat('m1', '/openai/chat/completions')).status).toBe(200);
    expect(gateway.received.length).toBeGreaterThanOrEqual(3);
    for (const { headers } of gateway.received)
      expect(headers).toMatchObject({
        authorization: `Bearer ${KEY}`,
        'cf-aig-authorization': `Bearer ${TOKEN}`,
      });
  });

  it('leaves other providers without the token, and the gateway itself without its key', async () => {
    await chat('groq/m1');
    await chat('cloudflare-ai-gateway/openai/m1');
    const [direct] = other.received;
    expect(JSON.stringify(direct)).not.toContain(TOKEN);
    expect(direct?.headers['cf-aig-max-attempts']).toBeUndefined();
    const { headers, path } = gateway.received.at(-1)!;
    expect(path).toBe('/v1/acc/gw/compat/chat/completions');
    expect(headers['cf-aig-authorization']).toBe(`Bearer ${TOKEN}`);
    expect(JSON.stringify(gateway.received)).not.toContain(KEY);
  });

  it('sends nothing where a stored record has moved it away from the gateway', async () => {
    const database = await ports.openDatabase();
    const record = (await database.get('providers', 'openai'))!;
    for (const baseUrl of [`${other.origin}/v1`, `${gateway.origin}/v1/acc/gw-of-another/openai`]) {
      await database.put('providers', { ...record, baseUrl });
      // Bound anew to where it now goes: its own key alone would not stop it.
      router = createRouter(ports);
      await router.control.addKeys([{ provider: 'openai', secret: `${KEY}-2` }]);
      const answered = await chat('openai/m1');
      expect(answered.status).toBe(401);
      expect(await codeOf(answered)).toBe('no_provider_key');
    }
    expect(JSON.stringify([other.received, gateway.received])).not.toContain(TOKEN);
  });

  it('sends nothing where the gateway’s own address was changed in the store', async () => {
    const database = await ports.openDatabase();
    const record = (await database.get('providers', 'cloudflare-ai-gateway'))!;
    await database.put('providers', { ...record, baseUrl: `${other.origin}/v1/acc/gw/compat` });
    router = createRouter(ports);
    expect((await chat('openai/m1')).status).toBe(401);
    expect([...other.received, ...gateway.received]).toEqual([]);
  });

  it('does not hear the token back', async () => {
    await gateway.close();
    gateway = await serve((response, { headers }) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          error: { message: `No: ${headers['cf-aig-authorization']} ${headers.authorization}` },
        }),
      );
    });
    await router.control.saveProvider({
      id: 'cloudflare-ai-gateway',
      baseUrl: `${gateway.origin}/v1/acc/gw/compat`,
    });
    await router.control.addKeys([{ provider: 'cloudflare-ai-gateway', secret: TOKEN }]);
    await router.control.saveProvider({
      id: 'openai',
      gateway: { through: 'cloudflare-ai-gateway', path: 'openai' },
    });
    await router.control.addKeys([{ provider: 'openai', secret: KEY }]);
    for (const path of ['/v1/chat/completions', '/openai/chat/completions']) {
      const text = await (await chat(path.startsWith('/v1') ? 'openai/m1' : 'm1', path)).text();
      expect(text).toContain('No: ');
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain(KEY);
    }
  });

  it('is shown with its path, and is asked directly again when that is wished', async () => {
    expect(await viewOf('openai')).toMatchObject({
      gateway: { through: 'cloudflare-ai-gateway', path: 'openai', attempts: 3 },
    });
    const { keysToReenter } = await router.control.saveProvider({ id: 'openai', gateway: null });
    expect(keysToReenter).toHaveLength(1);
    const view = await viewOf('openai');
    expect(view.gateway).toBeUndefined();
    expect(view.baseUrl).toBe('https://api.openai.com/v1');
  });

  it.each([
    [{ through: 'groq', path: 'openai' }, 'no gateway'],
    [{ through: 'cloudflare-ai-gateway', path: '../../x' }, 'path at the gateway'],
    [{ through: 'cloudflare-ai-gateway', path: 'a/%2e%2e/x' }, 'path at the gateway'],
    [{ through: 'cloudflare-ai-gateway', path: 'openai', attempts: 9 }, 'attempts'],
  ])('refuses %j', async (gatewayInput, words) => {
    await expect(
      router.control.saveProvider({ id: 'mistral', gateway: gatewayInput }),
    ).rejects.toThrow(words);
  });
});
