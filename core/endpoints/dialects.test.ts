/** The chat endpoints of the other dialects, in Node: e2e/sdk asks the same through real SDKs. */
import { afterEach, describe, expect, it } from 'vitest';
import { chunkOf, completionOf, openEvents, sendJson, serve } from '../testing/loopback.ts';
import type { Loopback } from '../testing/loopback.ts';
import { createTestRouter, FIRST_PARTY, providerAt, SITE } from '../testing/parts.ts';
import type { Provider } from '../providers/provider.ts';

const KEY = 'sk-canary-0123456789';
const CONTENTS = [{ role: 'user', parts: [{ text: 'Good morning' }] }];
const MESSAGES = [{ role: 'user', content: 'Good morning' }];

const upstreams: Loopback[] = [];
afterEach(() => Promise.all(upstreams.splice(0).map((upstream) => upstream.close())));

async function routerTo(play: Parameters<typeof serve>[0], row: Partial<Provider> = {}) {
  const upstream = await serve(play);
  upstreams.push(upstream);
  const provider = providerAt(upstream.origin, row);
  return { upstream, router: createTestRouter({ providers: [provider], keys: { box: [KEY] } }) };
}

const objectsIn = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);

describe('a message', () => {
  const HELLO = { model: 'mock/echo', max_tokens: 100, messages: MESSAGES };

  it('is answered whole', async () => {
    const answer = await createTestRouter().chat(HELLO, { path: '/v1/messages', caller: SITE });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('request-id')).toBe(answer.headers.get('x-request-id'));
    expect(await answer.json()).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'mock/echo',
      content: [{ type: 'text', text: 'Good morning' }],
      stop_reason: 'end_turn',
    });
  });

  it('is answered as events in their order', async () => {
    const answer = await createTestRouter().chat(
      { ...HELLO, stream: true },
      { path: '/v1/messages' },
    );
    const events = objectsIn(await answer.text()).map(({ type }) => type as string);
    expect(events[0]).toBe('message_start');
    expect(events.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
  });

  it.each<[string, string, string | object | undefined, number, string]>([
    ['POST', '/v1/messages', '{', 400, 'invalid_request_error'],
    ['POST', '/v1/messages', { ...HELLO, model: 'nobody/x' }, 404, 'not_found_error'],
    ['POST', '/v1/messages', { ...HELLO, model: 'mock/error-429' }, 429, 'rate_limit_error'],
    ['GET', '/v1/messages', undefined, 405, 'invalid_request_error'],
    ['POST', '/v1/messages/batches', {}, 404, 'not_found_error'],
  ])(
    'that fails (%s %s) says so in Anthropic’s words',
    async (method, path, body, status, type) => {
      const request = new Request(`https://gatehouse.invalid${path}`, {
        method,
        body: typeof body === 'object' ? JSON.stringify(body) : body,
      });
      const answer = await createTestRouter().handle(request, SITE);
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({
        type: 'error',
        error: { type, message: expect.any(String) },
        request_id: answer.headers.get('x-request-id'),
      });
    },
  );

  it('of a site that may not call is refused in Anthropic’s words', async () => {
    const router = createTestRouter({ grant: 'none' });
    const answer = await router.chat(HELLO, { path: '/v1/messages', caller: SITE });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      type: 'error',
      error: { type: 'permission_error', code: 'origin_not_authorized' },
    });
  });

  it('that breaks in the middle ends with an error event and no stop', async () => {
    const answer = await createTestRouter().chat(
      { ...HELLO, model: 'mock/cut', stream: true },
      { path: '/v1/messages' },
    );
    const text = await answer.text();
    expect(text).not.toContain('message_stop');
    expect(text).toMatch(
      /event: error\ndata: \{"type":"error".*"code":"upstream_truncated".*\n\n$/,
    );
  });

  it('sends no credential of the caller, and its betas only to its own format', async () => {
    const headers = {
      'x-api-key': 'page-key',
      authorization: 'Bearer page-key',
      'x-goog-api-key': 'page-key',
      'anthropic-beta': 'context-1m',
      'x-stainless-lang': 'js',
    };
    const seen = [];
    for (const format of ['anthropic-messages', 'openai-chat'] as const) {
      const { router, upstream } = await routerTo(
        (response) =>
          sendJson(
            response,
            format === 'openai-chat'
              ? completionOf('Hi')
              : {
                  type: 'message',
                  content: [{ type: 'text', text: 'Hi' }],
                  stop_reason: 'end_turn',
                },
          ),
        { format, auth: { scheme: 'header', name: 'x-api-key' } },
      );
      const path = '/v1/messages?key=page-key';
      const answer = await router.chat({ ...HELLO, model: 'box/m' }, { path, headers });
      expect(answer.status).toBe(200);
      seen.push(upstream.received[0]!);
    }
    for (const { headers: sent, path } of seen) {
      expect(sent['x-api-key']).toBe(KEY);
      expect(JSON.stringify([sent, path])).not.toMatch(/page-key|stainless/);
    }
    expect(seen.map(({ headers: sent }) => sent['anthropic-beta'])).toEqual([
      'context-1m',
      undefined,
    ]);
  });
});

describe('the tokens of a message', () => {
  const QUESTION = { model: 'box/m', messages: MESSAGES, max_tokens: 5, stream: true };
  const count = (router: ReturnType<typeof createTestRouter>, body: object = QUESTION) =>
    router.chat(body, { path: '/v1/messages/count_tokens' });

  it('are what a provider of that format counts, asked without what it would refuse', async () => {
    const { router, upstream } = await routerTo(
      (response) => sendJson(response, { input_tokens: 77 }),
      { format: 'anthropic-messages' },
    );
    const answer = await count(router);
    expect(await answer.json()).toEqual({ input_tokens: 77 });
    expect(answer.headers.has('x-gatehouse-estimated')).toBe(false);
    expect(upstream.received[0]).toMatchObject({
      path: '/v1/messages/count_tokens',
      body: { model: 'm', messages: MESSAGES },
    });
    expect(Object.keys(upstream.received[0]!.body)).toEqual(['model', 'messages']);
    expect(router.usage).toEqual([]);
    expect(router.awake()).toBe(0);
  });

  it('are counted by Google for a model of Google’s', async () => {
    const { router, upstream } = await routerTo(
      (response) => sendJson(response, { totalTokens: 9 }),
      { format: 'google-generate-content' },
    );
    expect(await (await count(router)).json()).toEqual({ input_tokens: 9 });
    expect(upstream.received[0]).toMatchObject({
      path: '/v1/models/m:countTokens',
      body: { generateContentRequest: { model: 'models/m', contents: CONTENTS } },
    });
  });

  it('are an estimate that says so where nobody counts', async () => {
    const { router, upstream } = await routerTo(() => {});
    const short = await count(router);
    expect(short.headers.get('x-gatehouse-estimated')).toBe('input_tokens');
    const { input_tokens } = (await short.json()) as { input_tokens: number };
    expect(input_tokens).toBeGreaterThan(2);
    expect(input_tokens).toBeLessThan(20);
    const long = await count(router, {
      ...QUESTION,
      messages: [{ role: 'user', content: 'word '.repeat(1000) }],
    });
    const more = (await long.json()) as { input_tokens: number };
    expect(more.input_tokens).toBeGreaterThan(900);
    expect(more.input_tokens).toBeLessThan(1500);
    expect(upstream.received).toEqual([]);
  });

  it('are an estimate where a provider of that format has no such endpoint', async () => {
    const { router } = await routerTo(
      (response) => sendJson(response, { error: { message: 'Not Found' } }, 404),
      { format: 'anthropic-messages' },
    );
    expect((await count(router)).headers.get('x-gatehouse-estimated')).toBe('input_tokens');
  });

  it('of a refused key are its error', async () => {
    const { router } = await routerTo(
      (response) => sendJson(response, { error: { message: 'Bad key' } }, 401),
      { format: 'anthropic-messages' },
    );
    const answer = await count(router);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { type: 'authentication_error' } });
  });
});

describe('the tokens of a response', () => {
  const counted = { model: 'm', input: 'Good morning', instructions: 'Be brief.' };
  const ask = { ...counted, model: 'box/m', store: true };
  const path = '/v1/responses/input_tokens';

  it('are what a provider of that format counts', async () => {
    const { router, upstream } = await routerTo(
      (response) => sendJson(response, { object: 'response.input_tokens', input_tokens: 12 }),
      { format: 'openai-responses' },
    );
    const answer = await router.chat(ask, { path });
    expect(await answer.json()).toEqual({ object: 'response.input_tokens', input_tokens: 12 });
    expect(upstream.received[0]).toMatchObject({ path });
    expect(upstream.received[0]!.body).toEqual(counted);
  });

  it('are an estimate elsewhere', async () => {
    const answer = await createTestRouter().chat({ ...ask, model: 'mock/echo' }, { path });
    expect(answer.headers.get('x-gatehouse-estimated')).toBe('input_tokens');
  });
});

describe('generateContent', () => {
  const ask = (path: string, body: object = { contents: CONTENTS }) =>
    createTestRouter().chat(body, { path: `/v1beta/models/${path}` });

  it('takes the model from its path, slashes and all', async () => {
    for (const path of ['mock/echo:generateContent', 'mock%2Fecho:generateContent']) {
      expect(await (await ask(path)).json()).toMatchObject({
        candidates: [{ content: { parts: [{ text: 'Good morning' }] }, finishReason: 'STOP' }],
        modelVersion: 'mock/echo',
      });
    }
  });

  it('streams SSE where it is asked for', async () => {
    const answer = await ask('mock/echo:streamGenerateContent?alt=sse&key=page-key');
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const chunks = objectsIn(await answer.text());
    expect(textOf(chunks)).toBe('Good morning');
  });

  it('streams one JSON array where it is not', async () => {
    const answer = await ask('mock/echo:streamGenerateContent');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const chunks = (await answer.json()) as Record<string, unknown>[];
    expect(chunks.length).toBeGreaterThan(1);
    expect(textOf(chunks)).toBe('Good morning');
  });

  it('that breaks in the middle ends its array with the error', async () => {
    const answer = await ask('mock/cut:streamGenerateContent');
    const chunks = (await answer.json()) as Record<string, unknown>[];
    expect(chunks.at(-1)).toMatchObject({
      error: { code: 502, status: 'INTERNAL', details: [{ reason: 'upstream_truncated' }] },
    });
    expect(JSON.stringify(chunks)).not.toContain('finishReason');
  });

  it('counts tokens', async () => {
    const answer = await ask('mock/echo:countTokens');
    expect(await answer.json()).toEqual({ totalTokens: expect.any(Number) as number });
    const whole = await ask('mock/echo:countTokens', {
      generateContentRequest: { model: 'models/other', contents: CONTENTS },
    });
    expect(await whole.json()).toEqual(await (await ask('mock/echo:countTokens')).json());
  });

  it.each([
    ['mock/echo:generateContent', {}, 400, 'INVALID_ARGUMENT'],
    ['mock/echo:fly', { contents: CONTENTS }, 404, 'NOT_FOUND'],
    ['mock/echo', { contents: CONTENTS }, 404, 'NOT_FOUND'],
    ['nobody/x:generateContent', { contents: CONTENTS }, 404, 'NOT_FOUND'],
    ['mock/error-429:streamGenerateContent', { contents: CONTENTS }, 429, 'RESOURCE_EXHAUSTED'],
  ])('at %s that fails says so in Google’s words', async (path, body, code, status) => {
    const answer = await ask(path, body);
    expect(answer.status).toBe(code);
    expect(await answer.json()).toMatchObject({ error: { code, status } });
  });

  function textOf(chunks: readonly Record<string, unknown>[]): string {
    return chunks
      .flatMap(({ candidates }) => candidates as { content: { parts: { text: string }[] } }[])
      .flatMap(({ content }) => content.parts)
      .map(({ text }) => text)
      .join('');
  }
});

describe('a response', () => {
  const HELLO = { model: 'mock/echo', input: 'Good morning' };
  const ask = (body: object, path = '/v1/responses') => createTestRouter().chat(body, { path });

  it('is answered whole and keeps nothing', async () => {
    const answer = await ask({ ...HELLO, store: true });
    expect(answer.headers.get('x-gatehouse-dropped-params')).toBe('store');
    expect(await answer.json()).toMatchObject({
      object: 'response',
      id: expect.stringMatching(/./) as string,
      status: 'completed',
      store: false,
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'Good morning' }] }],
    });
  });

  it('is answered as events from created to completed', async () => {
    const events = objectsIn(await (await ask({ ...HELLO, stream: true })).text());
    expect(events[0]).toMatchObject({ type: 'response.created' });
    expect(events.at(-1)).toMatchObject({ type: 'response.completed' });
  });

  it('to a conversation that nobody keeps is refused', async () => {
    const answer = await ask({ ...HELLO, previous_response_id: 'resp_1' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: { param: 'previous_response_id', message: expect.stringContaining('no state') },
    });
  });

  it('to an item that nobody keeps is refused, and told what to do', async () => {
    const answer = await ask({
      ...HELLO,
      input: [
        { type: 'item_reference', id: 'msg_1' },
        { role: 'user', content: 'And?' },
      ],
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: { param: 'input[0].id', message: expect.stringContaining('store: false') },
    });
  });

  it('passes its conversation on to a provider that keeps it', async () => {
    const { router, upstream } = await routerTo(
      (response) =>
        sendJson(response, {
          id: 'resp_2',
          object: 'response',
          status: 'completed',
          store: true,
          output: [
            { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] },
          ],
        }),
      { format: 'openai-responses' },
    );
    const body = { model: 'box/m', input: 'And?', previous_response_id: 'resp_1', store: true };
    const answer = await router.chat(body, { path: '/v1/responses' });
    expect(await answer.json()).toMatchObject({ id: 'resp_2', store: true, model: 'box/m' });
    expect(upstream.received[0]!.body).toEqual({ ...body, model: 'm' });
  });

  it('that breaks in the middle ends with an error event', async () => {
    const { router } = await routerTo((response) => {
      openEvents(response);
      response.write(chunkOf({ content: 'Half' }));
      setTimeout(() => response.destroy(), 20);
    });
    const body = { model: 'box/m', input: 'Hi', stream: true };
    const text = await (await router.chat(body, { path: '/v1/responses' })).text();
    expect(text).not.toContain('response.completed');
    expect(objectsIn(text).at(-1)).toMatchObject({
      type: 'error',
      error: { code: 'upstream_truncated' },
    });
  });
});

describe('the models list', () => {
  const get = (path: string, headers: Record<string, string> = {}) =>
    createTestRouter().handle(
      new Request(`https://gatehouse.invalid${path}`, { headers }),
      FIRST_PARTY,
    );
  const ANTHROPIC = { 'anthropic-version': '2023-06-01' };

  it('is Anthropic’s for Anthropic’s SDK', async () => {
    const list = await (await get('/v1/models?limit=1', ANTHROPIC)).json();
    const model = {
      type: 'model',
      id: 'mock/echo',
      display_name: expect.any(String) as string,
      created_at: '1970-01-01T00:00:00.000Z',
      max_input_tokens: 128_000,
    };
    expect(list).toMatchObject({
      has_more: false,
      data: expect.arrayContaining([expect.objectContaining(model)]) as object[],
    });
    expect(await (await get('/v1/models/mock%2Fecho', ANTHROPIC)).json()).toMatchObject(model);
    const missing = await get('/v1/models/mock%2Fnone', ANTHROPIC);
    expect(await missing.json()).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error' },
    });
  });

  it('is Google’s at /v1beta', async () => {
    const { models } = (await (await get('/v1beta/models?pageSize=1')).json()) as {
      models: object[];
    };
    const model = { name: 'models/mock/echo', inputTokenLimit: 128_000 };
    expect(models).toContainEqual(expect.objectContaining(model));
    expect(await (await get('/v1beta/models/mock/echo')).json()).toMatchObject(model);
    const missing = await get('/v1beta/models/mock/none');
    expect(await missing.json()).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } });
  });
});
