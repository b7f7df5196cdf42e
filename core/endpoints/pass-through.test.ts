import { afterEach, describe, expect, it } from 'vitest';
import type { Provider } from '../providers/provider.ts';
import type { SiteRecord } from '../storage/records.ts';
import { openEvents, sendJson, serve, type Loopback } from '../testing/loopback.ts';
import {
  createTestRouter,
  errorOf,
  FIRST_PARTY,
  providerAt,
  SITE,
  type TestRouter,
} from '../testing/parts.ts';

const KEY = 'sk-canary-0123456789abcdef';
let upstream: Loopback | undefined;
afterEach(() => upstream?.close());

async function routerAt(
  play: Parameters<typeof serve>[0],
  change: Partial<Provider> = {},
  grant: Partial<SiteRecord> = { scopes: ['raw'] },
): Promise<{ router: TestRouter; upstream: Loopback }> {
  const served = await serve(play);
  upstream = served;
  const providers = [providerAt(served.origin, change)];
  return {
    router: createTestRouter({ providers, keys: { box: [KEY] }, grant }),
    upstream: served,
  };
}

const call = (router: TestRouter, path: string, init: RequestInit = {}, caller = FIRST_PARTY) =>
  router.handle(new Request(`https://gatehouse.invalid${path}`, init), caller);

const ok: Parameters<typeof serve>[0] = (response) => sendJson(response, { ok: true });

describe('pass-through', () => {
  it('forwards method, path, query, body and safe headers with the provider’s own key', async () => {
    const { router, upstream } = await routerAt(ok);
    const answer = await call(router, '/box/files/f-1?limit=2&key=of-the-page', {
      method: 'PUT',
      body: 'some bytes',
      headers: {
        'content-type': 'text/csv',
        'openai-beta': 'assistants=v2',
        authorization: 'Bearer sk-of-the-page',
        'x-api-key': 'sk-of-the-page',
        'openai-organization': 'org-of-the-page',
        'x-stainless-lang': 'js',
        'x-custom': 'of-the-page',
      },
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ ok: true });
    const [request] = upstream.received;
    expect(request).toMatchObject({ method: 'PUT', path: '/v1/files/f-1?limit=2' });
    expect(request!.bytes.toString()).toBe('some bytes');
    expect(request!.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'content-type': 'text/csv',
      'openai-beta': 'assistants=v2',
    });
    expect(JSON.stringify(request!.headers)).not.toContain('of-the-page');
    for (const name of ['x-api-key', 'openai-organization', 'x-stainless-lang', 'cookie'])
      expect(request!.headers).not.toHaveProperty(name);
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('knows %s', async (method) => {
    const { router, upstream } = await routerAt(ok);
    expect((await call(router, '/box/v1/threads', { method })).status).toBe(200);
    expect(upstream.received[0]).toMatchObject({ method, path: '/v1/threads' });
  });

  it('knows no other method, and no provider that there is not', async () => {
    const { router, upstream } = await routerAt(ok);
    expect((await call(router, '/box/v1/threads', { method: 'PROPFIND' })).status).toBe(405);
    const unknown = await call(router, '/nobody/v1/threads', {}, SITE);
    expect(unknown.status).toBe(404);
    expect(await errorOf(unknown)).toMatchObject({ code: 'unknown_url' });
    expect((await call(router, '/v1/threads', {}, SITE)).status).toBe(404);
    expect(upstream.received).toEqual([]);
  });

  it('streams the answer unchanged, errors too', async () => {
    const sse = 'event: x\r\ndata: {"a":1}\r\n\r\n: note\n\ndata: [DONE]\n\n';
    const { router } = await routerAt((response, { path }) => {
      if (path.endsWith('/bad')) return sendJson(response, { error: { message: 'No.' } }, 418);
      openEvents(response);
      response.end(sse);
    });
    const answer = await call(router, '/box/anything', { method: 'POST', body: '{}' });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(await answer.text()).toBe(sse);
    const bad = await call(router, '/box/bad');
    expect(bad.status).toBe(418);
    expect(await bad.json()).toEqual({ error: { message: 'No.' } });
    expect(bad.headers.get('x-should-retry')).toBe('false');
    expect(router.usage).toMatchObject([{ failed: false }, { failed: true }]);
  });

  it('lets no cookie, no key and nothing of the account come back', async () => {
    const { router } = await routerAt((response, { headers }) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'set-cookie': 'session=1',
        'openai-organization': 'org-private',
        'x-request-id': headers.authorization,
        'request-id': `echo ${KEY}`,
        'x-ratelimit-remaining-tokens': '9',
        'access-control-allow-origin': 'https://evil.example',
      });
      response.write(`{"you sent":"${headers.authorization!.slice(0, 20)}`);
      setTimeout(() => response.end(`${headers.authorization!.slice(20)}"}`), 20);
    });
    const answer = await call(router, '/box/echo', {}, SITE);
    const text = await answer.text();
    expect(text).toBe(`{"you sent":"Bearer ${'*'.repeat(KEY.length)}"}`);
    expect(JSON.stringify([...answer.headers])).not.toContain(KEY);
    expect(answer.headers.has('set-cookie')).toBe(false);
    expect(answer.headers.has('openai-organization')).toBe(false);
    expect(answer.headers.get('x-ratelimit-remaining-tokens')).toBe('9');
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  it.each([301, 302, 303, 307, 308])('follows no %i', async (status) => {
    const { router, upstream } = await routerAt((response) => {
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    const answer = await call(router, '/box/files');
    expect(answer.status).toBe(502);
    expect(await errorOf(answer)).toMatchObject({ code: 'bad_upstream' });
    expect(upstream.received).toHaveLength(1);
  });

  describe('with several keys', () => {
    const KEYS = ['sk-first-0123456789', 'sk-second-0123456789', 'sk-third-0123456789'];
    const pool = async (play: (key: string) => number | 'breaks') => {
      const served = await serve((response, { headers }) => {
        const key = headers.authorization!.slice('Bearer '.length);
        const status = play(key);
        if (status === 'breaks') return void response.destroy();
        sendJson(response, { status, key, error: { message: `${status} for ${key}` } }, status);
      });
      upstream = served;
      const router = createTestRouter({
        providers: [providerAt(served.origin)],
        keys: { box: KEYS },
        grant: { scopes: ['raw'] },
      });
      return { router, received: served.received };
    };
    const post = {
      method: 'POST',
      body: '{"model":"m"}',
      headers: { 'content-type': 'application/json' },
    };

    // prettier-ignore
    it.each<[number | 'breaks', number, string]>([
      // the first key meets    keys asked   held back after
      [401,                     2,           ''],
      [402,                     2,           'key-model cooling'],
      [403,                     2,           ''],
      [429,                     2,           'key-model cooling'],
      [400,                     1,           ''],
      [404,                     1,           ''],
      [500,                     1,           ''],
      [503,                     1,           ''],
      ['breaks',                1,           ''],
    ])('a %s of the first is met by %i keys', async (status, calls, held) => {
      const { router, received } = await pool((key) => (key === KEYS[0] ? status : 200));
      const answer = await call(router, '/box/v1/anything', post);
      expect(answer.status).toBe(calls === 2 ? 200 : status === 'breaks' ? 502 : status);
      expect(received).toHaveLength(calls);
      expect(new Set(received.map(({ bytes }) => bytes.toString()))).toEqual(new Set([post.body]));
      expect(answer.headers.get('x-gatehouse-attempts')).toBe(String(calls));
      const cooldowns = await router.cooldowns();
      expect(cooldowns.map(({ scope, state }) => `${scope} ${state}`).join()).toBe(held);
    });

    it('gives the last one’s refusal as it came, less the key, where all refuse', async () => {
      const { router, received } = await pool(() => 403);
      const answer = await call(router, '/box/v1/anything', post);
      expect(received).toHaveLength(3);
      expect(answer.status).toBe(403);
      const text = await answer.text();
      expect(text).toMatch(/403 for \*+"/);
      for (const key of KEYS) expect(text).not.toContain(key);
      expect(router.awake()).toBe(0);
    });

    it('asks one alone where fallback is off, and the one that our own page names', async () => {
      const { router, received } = await pool(() => 429);
      const headers = { 'x-gatehouse-fallback': 'off' };
      expect((await call(router, '/box/v1/a', { headers })).status).toBe(429);
      expect(received).toHaveLength(1);
      const pin = { 'x-gatehouse-key': KEYS[2]! };
      await call(router, '/box/v1/a', { headers: pin });
      expect(received.at(-1)!.headers.authorization).toBe(`Bearer ${KEYS[2]}`);
      expect(received).toHaveLength(2);
      await call(router, '/box/v1/b', { headers: { ...pin, ...headers } }, SITE);
      expect(received.at(-1)!.headers.authorization).not.toBe(`Bearer ${KEYS[2]}`);
    });
  });

  it('shows no web page', async () => {
    const { router } = await routerAt((response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in');
    });
    const answer = await call(router, '/box/files');
    expect(answer.status).toBe(502);
    expect(await errorOf(answer)).toMatchObject({ code: 'bad_upstream' });
  });

  it.each(['/box/..%2f..%2fadmin', '/box/%252e%252e/admin', '/box/a%5c..%5cadmin'])(
    'refuses %s',
    async (path) => {
      const { router, upstream } = await routerAt(ok);
      const answer = await call(router, path, {}, SITE);
      expect(answer.status).toBe(400);
      expect(upstream.received).toEqual([]);
    },
  );

  it('is for sites that may use all of the provider’s models', async () => {
    const { router, upstream } = await routerAt(ok, {}, { scopes: ['raw'], models: ['box/one'] });
    const answer = await call(router, '/box/files', {}, SITE);
    expect(answer.status).toBe(403);
    expect(await errorOf(answer)).toMatchObject({ code: 'scope_denied' });
    expect(upstream.received).toEqual([]);
    for (const models of [['*'], ['box/*'], ['*/*']]) {
      await upstream.close();
      const allowed = await routerAt(ok, {}, { scopes: ['raw'], models });
      expect((await call(allowed.router, '/box/files', {}, SITE)).status).toBe(200);
    }
  });

  it('asks for its own scope', async () => {
    const { router } = await routerAt(ok);
    const asked: unknown[] = [];
    const check: typeof router.parts.permissions.check = (request) => {
      asked.push({ scope: request.scope, provider: request.provider, models: request.models });
      return Promise.resolve({ models: ['*'] });
    };
    const spied = createTestRouter({
      providers: [providerAt(upstream!.origin)],
      parts: { permissions: { ...router.parts.permissions, check } },
    });
    await call(spied, '/box/files', {}, SITE);
    expect(asked).toEqual([{ scope: 'raw', provider: 'Box', models: ['box/*'] }]);
  });

  it('speaks the provider’s dialect where it fails itself', async () => {
    const { router } = await routerAt(
      (response) => {
        response.writeHead(302, { location: '/x' }).end();
      },
      { format: 'anthropic-messages', auth: { scheme: 'header', name: 'x-api-key' } },
    );
    const answer = await call(router, '/box/v1/messages/batches');
    expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } });
  });

  it('tells Anthropic its version, where the caller does not', async () => {
    const { router, upstream } = await routerAt(ok, {
      format: 'anthropic-messages',
      auth: { scheme: 'header', name: 'x-api-key' },
    });
    await call(router, '/box/v1/messages', { headers: { 'anthropic-beta': 'b1' } });
    expect(upstream.received[0]!.headers).toMatchObject({
      'x-api-key': KEY,
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'b1',
    });
  });

  it('counts what the provider says was used, under the model that was asked', async () => {
    const { router } = await routerAt((response) => {
      openEvents(response);
      response.write('data: {"type":"message_start","message":{"usage":{"input_tokens":7}}}\n\n');
      response.end('data: {"type":"message_delta","usage":{"output_tokens":5}}\n\n');
    });
    const init = {
      method: 'POST',
      body: '{"model":"c-1"}',
      headers: { 'content-type': 'application/json' },
    };
    const answer = await call(router, '/box/messages', init);
    await answer.text();
    expect(answer.headers.get('x-gatehouse-model')).toBe('c-1');
    expect(router.usage).toMatchObject([
      { provider: 'box', model: 'c-1', usage: { input: 7, output: 5 } },
    ]);
  });

  it('closes the provider’s socket when the caller leaves, and leaves nothing behind', async () => {
    const { router, upstream } = await routerAt((response) => {
      openEvents(response);
      response.write('data: {}\n\n');
    });
    const answer = await call(router, '/box/stream');
    const reader = answer.body!.getReader();
    await reader.read();
    expect(router.parts.live.list()).toMatchObject([{ model: 'box/stream', state: 'streaming' }]);
    await reader.cancel();
    expect(await upstream.received[0]!.closed).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(router.awake()).toBe(0);
    expect(router.parts.live.list()).toEqual([]);
  });

  it('answers HEAD and 204 without a body, and is over', async () => {
    const { router } = await routerAt((response) => {
      response.writeHead(204).end();
    });
    expect((await call(router, '/box/files/1', { method: 'DELETE' })).status).toBe(204);
    expect((await call(router, '/box/files/1', { method: 'HEAD' })).status).toBe(204);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(router.awake()).toBe(0);
  });
});
