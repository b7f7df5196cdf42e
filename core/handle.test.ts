import { afterEach, describe, expect, it } from 'vitest';
import type { Provider } from './providers/provider.ts';
import type { LogicalModels } from './storage/logical-models.ts';
import {
  createTestRouter,
  errorOf,
  FIRST_PARTY,
  providerAt,
  SITE,
  type TestRouter,
} from './testing/parts.ts';

const HELLO = { model: 'mock/echo', messages: [{ role: 'user', content: 'Good morning' }] };

const get = (router: TestRouter, path: string, caller = FIRST_PARTY, init: RequestInit = {}) =>
  router.handle(new Request(`https://gatehouse.invalid${path}`, init), caller);

describe('a chat call', () => {
  it('is answered as JSON', async () => {
    const answer = await createTestRouter().chat(HELLO);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const body = await answer.json();
    expect(body).toMatchObject({
      object: 'chat.completion',
      model: 'mock/echo',
      choices: [{ message: { role: 'assistant', content: 'Good morning' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
    });
  });

  it('is answered as a stream that ends with [DONE]', async () => {
    const answer = await createTestRouter().chat({ ...HELLO, stream: true });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    const text = await answer.text();
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(contentOf(text)).toBe('Good morning');
    expect(text).not.toContain('"usage":{');
  });

  it('holds usage in a stream where it is asked for', async () => {
    const answer = await createTestRouter().chat({
      ...HELLO,
      stream: true,
      stream_options: { include_usage: true },
    });
    const last = eventsOf(await answer.text()).at(-1);
    expect(last).toMatchObject({ choices: [], usage: { total_tokens: 4 } });
  });

  it('streams at /stream whatever the body says', async () => {
    const answer = await createTestRouter().chat(
      { ...HELLO, stream: false },
      { path: '/v1/chat/completions/stream' },
    );
    expect(contentOf(await answer.text())).toBe('Good morning');
  });

  it('tells where the answer came from', async () => {
    const answer = await createTestRouter().chat(HELLO, { caller: SITE });
    expect(answer.headers.get('x-request-id')).toMatch(/\S/);
    expect(answer.headers.get('x-gatehouse-provider')).toBe('mock');
    expect(answer.headers.get('x-gatehouse-model')).toBe('echo');
    expect(answer.headers.get('x-gatehouse-attempts')).toBe('1');
    expect(Number(answer.headers.get('x-gatehouse-latency-ms'))).toBeGreaterThanOrEqual(0);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(answer.headers.get('vary')).toBe('origin');
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-gatehouse-provider');
  });

  it('carries the host’s own id', async () => {
    const { handle } = createTestRouter();
    const request = new Request('https://gatehouse.invalid/ping');
    const answer = await handle(request, SITE, { id: 'call-7', dispatched: async () => {} });
    expect(answer.headers.get('x-request-id')).toBe('call-7');
  });

  it('shows how it was routed only where that is asked for', async () => {
    const router = createTestRouter();
    const plain = (await (await router.chat(HELLO)).json()) as object;
    expect(plain).not.toHaveProperty('gatehouse');
    const headers = { 'x-gatehouse-debug': '1' };
    const shown = (await (await router.chat(HELLO, { headers })).json()) as object;
    expect(shown).toMatchObject({ gatehouse: { provider: 'mock', model: 'echo', attempts: 1 } });
    const stream = await router.chat({ ...HELLO, stream: true }, { headers });
    expect(await stream.text()).toMatch(/^: \{.*"provider":"mock"/);
  });

  it('is counted', async () => {
    const router = createTestRouter();
    await (await router.chat(HELLO, { caller: SITE })).json();
    await (await router.chat({ ...HELLO, stream: true }, { caller: SITE })).text();
    expect(router.usage).toMatchObject([
      { provider: 'mock', model: 'echo', usage: { input: 2, output: 2 }, failed: false },
      { provider: 'mock', model: 'echo', usage: { input: 2, output: 2 }, failed: false },
    ]);
  });

  it('keeps the host awake until its body is read, and no longer', async () => {
    const router = createTestRouter();
    const answer = await router.chat({ ...HELLO, stream: true });
    expect(router.awake()).toBe(1);
    expect(router.parts.live.list()).toMatchObject([{ state: 'streaming', model: 'mock/echo' }]);
    await answer.text();
    await settled();
    expect(router.awake()).toBe(0);
    expect(router.parts.live.list()).toEqual([]);
  });
});

describe('bad input', () => {
  const cases: [string, string | object, number, string][] = [
    ['an empty body', '', 400, 'invalid_json'],
    ['text that is not JSON', '{"model": ', 400, 'invalid_json'],
    ['a JSON array', '[]', 400, 'invalid_request'],
    ['a body without messages', { model: 'mock/echo' }, 400, 'invalid_request'],
    ['messages that are no list', { messages: 'hello' }, 400, 'invalid_request'],
    ['an unknown model', { ...HELLO, model: 'nobody/none' }, 404, 'model_not_found'],
    ['a router that is no text', { ...HELLO, router: 5 }, 400, 'invalid_request'],
  ];
  it.each(cases)('%s', async (_, body, status, code) => {
    const router = createTestRouter();
    const answer = await router.chat(body);
    expect(answer.status).toBe(status);
    expect((await errorOf(answer)).code).toBe(code);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    await settled();
    expect(router.awake()).toBe(0);
  });

  it('names the place where JSON breaks off, and quotes nothing of it', async () => {
    const answer = await createTestRouter().chat('{"model": "secret-model", }');
    const { message } = await errorOf(answer);
    expect(message).toMatch(/position \d+/);
    expect(message).not.toContain('secret-model');
  });

  it('bytes that are no UTF-8', async () => {
    const { handle } = createTestRouter();
    const request = new Request('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    });
    const answer = await handle(request, FIRST_PARTY);
    expect(await errorOf(answer)).toMatchObject({ code: 'invalid_json', message: /UTF-8/ });
  });

  it('a body over 48 MiB, announced or not', async () => {
    const { handle } = createTestRouter();
    const piece = new Uint8Array(1024 * 1024);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ < 200) controller.enqueue(piece);
        else controller.close();
      },
    });
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const url = 'https://gatehouse.invalid/v1/chat/completions';
    const answer = await handle(new Request(url, init), FIRST_PARTY);
    expect(answer.status).toBe(413);
    expect((await errorOf(answer)).code).toBe('request_too_large');
    expect(sent).toBeLessThan(60);
    const headers = { 'content-length': String(60 * 1024 * 1024) };
    const announced = await handle(
      new Request(url, { method: 'POST', body: '{}', headers }),
      FIRST_PARTY,
    );
    expect(announced.status).toBe(413);
  });
});

describe('a path', () => {
  it.each(['/v1/v2/models', '/v1/chat/completions/', '/nothing', '/v1', '/v1/models/'])(
    '%s is unknown',
    async (path) => {
      const answer = await get(createTestRouter(), path, SITE);
      expect(answer.status).toBe(404);
      expect((await errorOf(answer)).code).toBe('unknown_url');
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    },
  );

  it('with another method is 405, and says which it takes', async () => {
    const answer = await get(createTestRouter(), '/v1/chat/completions', SITE);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expect((await errorOf(answer)).code).toBe('method_not_allowed');
  });

  it('answers a preflight for the calling origin', async () => {
    const headers = { 'access-control-request-headers': 'authorization, x-stainless-lang' };
    const answer = await get(createTestRouter(), '/v1/chat/completions', SITE, {
      method: 'OPTIONS',
      headers,
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(answer.headers.get('access-control-allow-methods')).toBe('POST, OPTIONS');
    expect(answer.headers.get('access-control-allow-headers')).toContain('x-stainless-lang');
  });

  it('GET / and /ping and /health answer anyone', async () => {
    const router = createTestRouter({ grant: 'none' });
    expect(await (await get(router, '/ping', SITE)).text()).toBe('pong');
    expect(await (await get(router, '/health', SITE)).json()).toEqual({
      status: 'ok',
      version: '0.0.0-test',
      locked: false,
    });
    expect((await get(router, '/', SITE)).status).toBe(200);
    const head = await get(router, '/ping', SITE, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('/health/detailed is for our own pages', async () => {
    const router = createTestRouter();
    expect((await get(router, '/health/detailed', SITE)).status).toBe(403);
    const answer = await get(router, '/health/detailed');
    expect(await answer.json()).toMatchObject({ providers: [{ id: 'mock', usable: true }] });
  });
});

describe('the models list', () => {
  it('puts logical models first and tells the window in all its names', async () => {
    const logical = {
      id: 'turbo',
      routes: [{ provider: 'mock', model: 'echo' }],
      contextWindow: 9,
    };
    const router = createTestRouter({
      parts: { logicalModels: { list: async () => [logical] } as unknown as LogicalModels },
    });
    const answer = await get(router, '/v1/models');
    const { object, data } = (await answer.json()) as { object: string; data: { id: string }[] };
    expect(object).toBe('list');
    expect(data[0]).toEqual({
      id: 'turbo',
      object: 'model',
      created: 0,
      owned_by: 'gatehouse',
      context_window: 9,
      context_length: 9,
      limit: { context: 9 },
    });
    expect(data).toContainEqual(
      expect.objectContaining({ id: 'mock/echo', owned_by: 'mock', context_window: 128_000 }),
    );
  });

  it('leaves out a provider that does not answer, and says so', async () => {
    const router = createTestRouter({ providers: [providerAt('http://127.0.0.1:9')] });
    const answer = await get(router, '/v1/models');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-gatehouse-partial')).toBe('box');
  });

  it('holds for a site only what it may use', async () => {
    const router = createTestRouter({ grant: { models: ['mock/e*o'] } });
    const answer = await get(router, '/v1/models', SITE);
    const { data } = (await answer.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(['mock/echo']);
    const hidden = await get(router, '/v1/models/mock/tools', SITE);
    expect(hidden.status).toBe(404);
  });

  it('gives one model, its slash encoded or not, with its prefix or without', async () => {
    const router = createTestRouter();
    for (const path of ['/v1/models/mock/echo', '/v1/models/mock%2Fecho', '/v1/models/echo']) {
      expect(await (await get(router, path)).json()).toMatchObject({ id: 'mock/echo' });
    }
    const missing = await get(router, '/v1/models/mock/none');
    expect(await errorOf(missing)).toMatchObject({ code: 'model_not_found', param: 'model' });
  });

  it('of what is free, the longest window first', async () => {
    const rows = [
      { id: 'a/chat-70b:free', contextWindow: 8_000, name: 'A', maxOutput: 100 },
      { id: 'b/chat:free', contextWindow: 128_000 },
      { id: 'c/tiny-3b-it:free', contextWindow: 900_000 },
      { id: 'd/paid', contextWindow: 900_000 },
    ];
    const router = createTestRouter();
    const [provider] = await router.parts.registry.list();
    const catalogue = {
      ...router.parts.catalogue,
      list: async () => ({
        models: rows.map((model) => ({ provider: provider!, model })),
        failed: [],
      }),
    };
    const listed = createTestRouter({ parts: { catalogue } });
    expect(await (await get(listed, '/api/models/free')).json()).toEqual({
      count: 2,
      models: [
        {
          id: 'mock/b/chat:free',
          name: 'mock/b/chat:free',
          context_length: 128_000,
          max_output: null,
        },
        { id: 'mock/a/chat-70b:free', name: 'A', context_length: 8_000, max_output: 100 },
      ],
    });
    const narrow = createTestRouter({ parts: { catalogue }, grant: { models: ['mock/a/*'] } });
    expect(await (await get(narrow, '/api/models/free', SITE)).json()).toMatchObject({ count: 1 });
  });

  it('of what speaks or listens', async () => {
    const speaks = {
      ...providerAt('http://127.0.0.1:9'),
      id: 'speaks',
      endpoints: ['speech', 'transcriptions'] as const,
      ways: { speech: { model: 'voice-1' } },
    };
    const mute = { ...providerAt('http://127.0.0.1:9'), id: 'mute', endpoints: [] };
    const list = async (providers: readonly Provider[]) => ({
      models: providers.flatMap((provider) =>
        ['chat-70b', 'whisper-1', 'voice-1'].map((id) => ({ provider, model: { id } })),
      ),
      failed: ['late'],
    });
    const catalogue = { ...createTestRouter().parts.catalogue, list };
    const router = createTestRouter({ providers: [speaks, mute], parts: { catalogue } });
    const answer = await get(router, '/v1/audio/models');
    const { data } = (await answer.json()) as { data: { id: string; owned_by: string }[] };
    expect(data.map(({ id }) => id)).toEqual(['speaks/whisper-1', 'speaks/voice-1']);
    expect(answer.headers.get('x-gatehouse-partial')).toBe('late');
    const narrow = createTestRouter({
      providers: [speaks],
      parts: { catalogue },
      grant: { models: ['speaks/whisper-*'] },
    });
    expect(await (await get(narrow, '/v1/audio/models', SITE)).json()).toMatchObject({
      data: [{ id: 'speaks/whisper-1' }],
    });
  });

  it('of one provider', async () => {
    const own = await get(createTestRouter(), '/api/models/mock');
    const { data } = (await own.json()) as { data: { owned_by: string }[] };
    expect(new Set(data.map(({ owned_by }) => owned_by))).toEqual(new Set(['mock']));
    const router = createTestRouter({ providers: [providerAt('http://127.0.0.1:9')] });
    const answer = await get(router, '/v1/models?provider=mock');
    expect(answer.headers.has('x-gatehouse-partial')).toBe(false);
    expect((await get(router, '/v1/models?provider=nobody')).status).toBe(400);
  });
});

describe('a site', () => {
  it('without a grant gets the error of the permission, and no model is asked', async () => {
    const router = createTestRouter({ grant: 'none' });
    const answer = await router.chat(HELLO, { caller: SITE });
    expect(answer.status).toBe(403);
    expect((await errorOf(answer)).code).toBe('origin_not_authorized');
    expect(router.usage).toEqual([]);
  });

  it('may not use a model outside its grant', async () => {
    const router = createTestRouter({ grant: { models: ['mock/echo'] } });
    expect((await router.chat(HELLO, { caller: SITE })).status).toBe(200);
    const answer = await router.chat({ ...HELLO, model: 'mock/tools' }, { caller: SITE });
    expect(answer.status).toBe(403);
    expect(await errorOf(answer)).toMatchObject({ code: 'scope_denied', param: 'model' });
  });

  it('learns nothing of an unknown model before it has a grant', async () => {
    const router = createTestRouter({ grant: 'none' });
    const answer = await router.chat({ ...HELLO, model: 'nobody/none' }, { caller: SITE });
    expect(answer.status).toBe(403);
  });
});

afterEach(() => settled());

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

function eventsOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
}

function contentOf(text: string): string {
  return eventsOf(text)
    .map((event) => (event.choices as { delta?: { content?: string } }[])[0]?.delta?.content ?? '')
    .join('');
}
