import { afterEach, describe, expect, it } from 'vitest';
import type { ServerResponse } from 'node:http';
import { RouterError } from '../errors.ts';
import type { Provider } from '../providers/provider.ts';
import type { Settings } from '../storage/records.ts';
import {
  chunkOf,
  completionOf,
  DONE,
  openEvents,
  sendJson,
  serve,
  type Loopback,
  type ReceivedRequest,
} from '../testing/loopback.ts';
import { createTestRouter, errorOf, providerAt, SITE } from '../testing/parts.ts';

const KEY = 'sk-canary-0123456789';
const MESSAGES = [{ role: 'user', content: 'Hello' }];
const WHOLE = { model: 'box/m', messages: MESSAGES };
const STREAM = { ...WHOLE, stream: true };

let upstreams: Loopback[] = [];
afterEach(async () => {
  await Promise.all(upstreams.map((upstream) => upstream.close()));
  upstreams = [];
});

type Play = (response: ServerResponse, request: ReceivedRequest) => void | Promise<void>;

async function upstreamThat(play: Play, options: { id?: string; row?: Partial<Provider> } = {}) {
  const upstream = await serve(play);
  upstreams.push(upstream);
  return {
    upstream,
    provider: providerAt(upstream.origin, { id: options.id ?? 'box', ...options.row }),
  };
}

async function routerTo(
  play: Play,
  options: { row?: Partial<Provider>; settings?: Settings } = {},
) {
  const { upstream, provider } = await upstreamThat(play, options);
  const settings = async () => options.settings ?? {};
  const router = createTestRouter({
    providers: [provider],
    keys: { box: [KEY] },
    parts: { settings },
  });
  return { upstream, router };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('what the upstream gets', () => {
  it('is the key, the provider’s own headers, and nothing of the caller’s', async () => {
    const { upstream, router } = await routerTo(
      (response) => sendJson(response, completionOf('Hi')),
      {
        row: { headers: { 'X-Title': 'mine' } },
      },
    );
    const headers = {
      authorization: 'Bearer page-key',
      'x-api-key': 'page-key',
      'api-key': 'page-key',
      'x-goog-api-key': 'page-key',
      'x-stainless-lang': 'js',
      'x-gatehouse-debug': '1',
      cookie: 'a=b',
      origin: 'https://app.example',
      referer: 'https://app.example/page',
      'openai-organization': 'org-x',
    };
    const answer = await router.chat(WHOLE, { headers, caller: SITE });
    expect(answer.status).toBe(200);
    const [received] = upstream.received;
    expect(received!.path).toBe('/v1/chat/completions');
    expect(received!.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(received!.headers['x-title']).toBe('mine');
    const text = JSON.stringify(received!.headers);
    expect(text).not.toMatch(/page-key|stainless|gatehouse|cookie|app\.example|org-x/);
    expect(JSON.stringify([...answer.headers]) + (await answer.text())).not.toContain(KEY);
  });

  it('puts the key where the row says', async () => {
    const { upstream, router } = await routerTo(
      (response) => sendJson(response, completionOf('Hi')),
      {
        row: { auth: { scheme: 'header', name: 'x-api-key' } },
      },
    );
    await router.chat(WHOLE);
    expect(upstream.received[0]!.headers['x-api-key']).toBe(KEY);
    expect(upstream.received[0]!.headers.authorization).toBeUndefined();
  });

  it('holds unknown fields, but none that would name a destination or a key', async () => {
    const { upstream, router } = await routerTo((response) =>
      sendJson(response, completionOf('Hi')),
    );
    const answer = await router.chat({
      ...WHOLE,
      model: 'm',
      router: 'box',
      api_base: 'http://evil.example',
      baseURL: 'http://evil.example',
      apiKey: 'k',
      extra_headers: { authorization: 'x' },
      organization: 'o',
      some_new_field: { kept: true },
    });
    expect(answer.status).toBe(200);
    const { body } = upstream.received[0]!;
    expect(body).toMatchObject({ model: 'm', some_new_field: { kept: true } });
    expect(JSON.stringify(body)).not.toMatch(/evil|apiKey|extra_headers|organization|router/);
    expect(answer.headers.get('x-gatehouse-dropped-params')).toBe(
      'api_base, baseURL, apiKey, extra_headers, organization',
    );
  });

  it('x-gatehouse-provider names the provider as the field does', async () => {
    const { router } = await routerTo((response) => sendJson(response, completionOf('Hi')));
    const headers = { 'x-gatehouse-provider': 'box' };
    const answer = await router.chat({ ...WHOLE, model: 'mock/echo' }, { headers });
    expect(answer.headers.get('x-gatehouse-provider')).toBe('box');
    expect(answer.headers.get('x-gatehouse-model')).toBe('mock/echo');
  });

  it('is asked again without stream_options where it refuses them', async () => {
    const { upstream, router } = await routerTo((response, { body }) => {
      if ('stream_options' in body) {
        return sendJson(response, { error: { message: 'Unknown field: stream_options' } }, 400);
      }
      openEvents(response);
      response.end(chunkOf({ content: 'Hi' }) + chunkOf({}, 'stop') + DONE);
    });
    const answer = await router.chat(STREAM);
    expect(await answer.text()).toContain('"content":"Hi"');
    expect(upstream.received.map(({ body }) => 'stream_options' in body)).toEqual([true, false]);
  });

  it('comes only after the host wrote down that it may have been sent', async () => {
    const { upstream, router } = await routerTo((response) =>
      sendJson(response, completionOf('Hi')),
    );
    const request = new Request('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify(WHOLE),
    });
    const dispatched = () => Promise.reject(new RouterError('storage_full', 'No room.'));
    const answer = await router.handle(request, SITE, { id: 'a', dispatched });
    expect(answer.status).toBe(507);
    expect(upstream.received).toEqual([]);
  });
});

describe('a failure before the first content is a status', () => {
  const failWith =
    (status: number, error: unknown, headers: Record<string, string> = {}): Play =>
    (response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      sendJson(response, { error }, status);
    };
  const page: Play = (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Sign in');
  };
  const events =
    (...chunks: string[]): Play =>
    (response) => {
      openEvents(response);
      response.end(chunks.join(''));
    };

  const cases: [string, Play, number, string, RegExp | undefined][] = [
    ['a refused key', failWith(401, { message: 'Bad key' }), 401, 'key_refused', /Bad key/],
    [
      'a forbidden key',
      failWith(403, { message: 'Invalid API key' }),
      403,
      'key_refused',
      undefined,
    ],
    [
      'a forbidden model',
      failWith(403, { message: 'Not in your region' }),
      403,
      'provider_error',
      /region/,
    ],
    ['no credit', failWith(402, { message: 'Pay first' }), 402, 'provider_error', /Pay first/],
    ['a wrong field', failWith(422, { message: 'n must be 1' }), 422, 'provider_error', /n must/],
    ['a rate limit', failWith(429, { message: 'Slow down' }), 429, 'rate_limited', /Slow down/],
    [
      'an unknown model',
      failWith(404, { message: 'The model `m` does not exist' }),
      404,
      'model_not_found',
      undefined,
    ],
    ['an unknown path', failWith(404, { message: 'Not Found' }), 404, 'provider_error', undefined],
    [
      'a long prompt',
      failWith(400, { message: 'prompt is too long: 9 tokens > 8 maximum' }),
      400,
      'context_length_exceeded',
      undefined,
    ],
    [
      'a filtered prompt',
      failWith(400, { message: 'No.', code: 'content_filter' }),
      400,
      'content_filter',
      undefined,
    ],
    ['a server error', failWith(500, { message: 'Oops' }), 500, 'provider_error', /Oops/],
    ['an overload', failWith(503, { message: 'Busy' }), 503, 'provider_error', /Busy/],
    ['a page', page, 502, 'bad_upstream', undefined],
    [
      'a redirect',
      (response) => void response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end(),
      502,
      'bad_upstream',
      undefined,
    ],
    [
      'a stream without content',
      events(chunkOf({ role: 'assistant' }), chunkOf({}, 'stop'), DONE),
      502,
      'bad_upstream',
      undefined,
    ],
    ['a stream of nothing', events(), 502, 'bad_upstream', undefined],
    [
      'a stream that is cut before content',
      events(chunkOf({ role: 'assistant' })),
      502,
      'upstream_truncated',
      undefined,
    ],
    ['a stream that is not JSON', events('data: }{\n\n'), 502, 'bad_upstream', undefined],
    [
      'an error inside a stream',
      events('data: {"error":{"message":"Down","code":503}}\n\n'),
      503,
      'provider_error',
      /Down/,
    ],
    [
      'a JSON error for a stream',
      (response) => sendJson(response, { error: { message: 'Quota', code: 429 } }),
      429,
      'rate_limited',
      /Quota/,
    ],
    [
      'a connection that is refused',
      (response) => void response.socket!.destroy(),
      502,
      'bad_upstream',
      undefined,
    ],
  ];
  it.each(cases)('%s', async (_, play, status, code, words) => {
    const { router } = await routerTo(play);
    const answer = await router.chat(STREAM);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(answer.headers.get('x-gatehouse-provider')).toBe('box');
    const error = await errorOf(answer);
    expect([answer.status, error.code]).toEqual([status, code]);
    if (words) expect(error.message).toMatch(words);
    await sleep(1);
    expect(router.usage).toMatchObject([{ failed: true }]);
    expect(router.awake()).toBe(0);
  });

  it('also where the answer is not streamed', async () => {
    const { router } = await routerTo((response, { body }) => {
      if (body.seed === 1) return page(response, undefined as never);
      if (body.seed === 2)
        return void response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('{"choices": [');
      if (body.seed === 3)
        return sendJson(response, { choices: [{ error: { message: 'Down', code: 503 } }] });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"choices"');
      setTimeout(() => response.socket!.destroy(), 20);
    });
    const answers = await Promise.all(
      [1, 2, 3, 4].map((seed) =>
        router
          .chat({ ...WHOLE, seed })
          .then(async (answer) => [answer.status, (await errorOf(answer)).code]),
      ),
    );
    expect(answers).toEqual([
      [502, 'bad_upstream'],
      [502, 'bad_upstream'],
      [503, 'provider_error'],
      [502, 'upstream_truncated'],
    ]);
  });

  it('lets an SDK retry by itself only after a short wait', async () => {
    const waits: [string, string][] = [
      ['2', 'true'],
      ['3600', 'false'],
    ];
    for (const [after, retry] of waits) {
      const { router } = await routerTo(
        failWith(429, { message: 'Wait' }, { 'retry-after': after }),
      );
      const answer = await router.chat(WHOLE);
      expect(answer.headers.get('x-should-retry')).toBe(retry);
      expect(answer.headers.get('retry-after')).toBe(after);
    }
  });

  it('never quotes the key', async () => {
    const messages = [
      `Incorrect API key provided: ${KEY}.`,
      'Incorrect API key: sk-c****************6789.',
    ];
    for (const message of messages) {
      const { router } = await routerTo(failWith(401, { message }));
      const text = await (await router.chat(WHOLE)).text();
      expect(text).toContain('[key]');
      expect(text).not.toMatch(/canary|6789/);
    }
  });

  it('says that a local server does not answer', async () => {
    const row = { local: true, keyOptional: true, baseUrl: 'http://127.0.0.1:9/v1' };
    const { router } = await routerTo(() => {}, { row });
    const answer = await router.chat(WHOLE);
    expect([answer.status, (await errorOf(answer)).code]).toEqual([503, 'local_unreachable']);
  });

  it('tells a local server that breaks off from one that is not there', async () => {
    const { router, upstream } = await routerTo(
      (response, { method }) => {
        if (method === 'GET') return sendJson(response, {});
        response.socket!.destroy();
      },
      { row: { local: true } },
    );
    const answer = await router.chat(WHOLE);
    expect([answer.status, (await errorOf(answer)).code]).toEqual([502, 'bad_upstream']);
    expect(upstream.received[1]).toMatchObject({ method: 'GET', path: '/' });
    expect(upstream.received[1]!.headers.authorization).toBeUndefined();
  });

  it('follows no redirect, and asks nothing more', async () => {
    const other = await upstreamThat((response) => sendJson(response, completionOf('stolen')));
    const { router, upstream } = await routerTo(
      (response) => {
        response.writeHead(308, { location: `${other.upstream.origin}/stolen` }).end();
      },
      { row: { local: true, auth: { scheme: 'header', name: 'x-api-key' } } },
    );
    for (const body of [WHOLE, STREAM]) {
      const answer = await router.chat(body);
      expect([answer.status, (await errorOf(answer)).code]).toEqual([502, 'bad_upstream']);
    }
    expect(upstream.received).toHaveLength(2);
    expect(other.upstream.received).toEqual([]);
  });

  it('refuses an address of the local network', async () => {
    for (const baseUrl of [
      'http://192.168.0.1/v1',
      'https://0x7f000001.nip.io/v1',
      'http://api.example/v1',
    ]) {
      const { router } = await routerTo(() => {}, { row: { baseUrl } });
      const answer = await router.chat(WHOLE);
      expect([answer.status, (await errorOf(answer)).code]).toEqual([502, 'bad_upstream']);
    }
  });
});

describe('a failure after the first content is an event', () => {
  const begin = (response: ServerResponse) => {
    openEvents(response);
    response.write(chunkOf({ role: 'assistant', content: 'Hel' }));
  };
  const endOf = async (play: Play, settings?: Settings) => {
    const { router } = await routerTo(play, { settings });
    const answer = await router.chat(STREAM);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain('"content":"Hel"');
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('"finish_reason":"stop"');
    const last = text.trim().split('\n\n').at(-1)!;
    await sleep(1);
    expect(router.usage).toMatchObject([{ failed: true }]);
    return (JSON.parse(last.slice(6)) as { error: { code: string } }).error.code;
  };

  it('a clean end without a finish', async () => {
    const code = await endOf((response) => (begin(response), void response.end()));
    expect(code).toBe('upstream_truncated');
  });
  it('a broken connection', async () => {
    const code = await endOf(async (response) => {
      begin(response);
      await sleep(20);
      response.socket!.destroy();
    });
    expect(code).toBe('upstream_truncated');
  });
  it('garbage', async () => {
    const code = await endOf((response) => (begin(response), void response.end('data: }{\n\n')));
    expect(code).toBe('bad_upstream');
  });
  it('an error event', async () => {
    const event = `data: ${JSON.stringify({ error: { message: 'Overloaded', code: 'x' } })}\n\n`;
    const code = await endOf((response) => (begin(response), void response.end(event)));
    expect(code).toBe('provider_error');
  });
  it('silence', async () => {
    const code = await endOf(begin, { idleTimeoutMs: 50 });
    expect(code).toBe('upstream_timeout');
  });
  it('an answer that takes too long in all', async () => {
    const code = await endOf(
      async (response) => {
        begin(response);
        while (!response.destroyed) {
          response.write(chunkOf({ content: '.' }));
          await sleep(10);
        }
      },
      { totalTimeoutMs: 150 },
    );
    expect(code).toBe('upstream_timeout');
  });
});

describe('time', () => {
  it('an upstream that never answers is a 504', async () => {
    const { router, upstream } = await routerTo(() => {}, { settings: { firstByteTimeoutMs: 60 } });
    for (const body of [WHOLE, STREAM]) {
      const answer = await router.chat(body);
      expect([answer.status, (await errorOf(answer)).code]).toEqual([504, 'upstream_timeout']);
    }
    expect(await upstream.received[0]!.closed).toBe(true);
  });

  it('comments are no first byte', async () => {
    const { router } = await routerTo(
      async (response) => {
        openEvents(response);
        while (!response.destroyed) {
          response.write(': OPENROUTER PROCESSING\n\n');
          await sleep(5);
        }
      },
      { settings: { firstByteTimeoutMs: 80, idleTimeoutMs: 10_000 } },
    );
    expect((await router.chat(STREAM)).status).toBe(504);
  });

  it('comments are activity', async () => {
    const { router } = await routerTo(
      async (response) => {
        openEvents(response);
        response.write(chunkOf({ content: 'a' }));
        for (let i = 0; i < 10; i++) {
          await sleep(20);
          response.write(': still here\n\n');
        }
        response.end(chunkOf({ content: 'b' }) + chunkOf({}, 'stop') + DONE);
      },
      { settings: { idleTimeoutMs: 120 } },
    );
    expect(await (await router.chat(STREAM)).text()).toContain('[DONE]');
  });

  it('a caller who reads slowly is not the upstream’s silence', async () => {
    const { router } = await routerTo(
      (response) => {
        openEvents(response);
        response.write(chunkOf({ content: 'a' }));
        response.end(chunkOf({ content: 'b' }) + chunkOf({}, 'stop') + DONE);
      },
      { settings: { idleTimeoutMs: 40 } },
    );
    const reader = (await router.chat(STREAM)).body!.getReader();
    await reader.read();
    await sleep(120);
    let text = '';
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      text += new TextDecoder().decode(step.value);
    }
    expect(text).not.toContain('upstream_timeout');
  });

  it('the first token goes out as soon as it is there', async () => {
    let release = () => {};
    const more = new Promise<void>((resolve) => (release = resolve));
    const { router } = await routerTo(async (response) => {
      openEvents(response);
      response.write(chunkOf({ role: 'assistant', content: 'Hel' }));
      await more;
      response.end(chunkOf({ content: 'lo' }) + chunkOf({}, 'stop') + DONE);
    });
    const reader = (await router.chat(STREAM)).body!.getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toContain('"content":"Hel"');
    release();
    await reader.cancel();
  });

  it('the answer ends at [DONE] though the upstream’s socket stays open', async () => {
    const { router } = await routerTo((response) => {
      openEvents(response);
      response.write(chunkOf({ content: 'Hi' }) + chunkOf({}, 'stop') + DONE);
    });
    expect(await (await router.chat(STREAM)).text()).toContain('[DONE]');
  });
});

describe('an abort', () => {
  const streaming: Play = async (response) => {
    openEvents(response);
    while (!response.destroyed) {
      response.write(chunkOf({ content: '.' }));
      await sleep(5);
    }
  };

  /** Milliseconds until the upstream's socket is closed. */
  async function closing(request: ReceivedRequest, abort: () => void): Promise<number> {
    const startedAt = performance.now();
    abort();
    expect(await request.closed).toBe(true);
    return performance.now() - startedAt;
  }

  it('by the caller before the head closes the upstream’s socket', async () => {
    const { router, upstream } = await routerTo(() => {});
    const controller = new AbortController();
    const answered = router.chat(STREAM, { signal: controller.signal });
    while (upstream.received.length === 0) await sleep(2);
    expect(await closing(upstream.received[0]!, () => controller.abort())).toBeLessThan(250);
    const answer = await answered;
    expect([answer.status, (await errorOf(answer)).code]).toEqual([499, 'cancelled']);
    expect(router.usage).toMatchObject([{ failed: false }]);
  });

  it('by the caller in mid-stream closes it', async () => {
    const { router, upstream } = await routerTo(streaming);
    const controller = new AbortController();
    const answer = await router.chat(STREAM, { signal: controller.signal });
    await answer.body!.getReader().read();
    expect(await closing(upstream.received[0]!, () => controller.abort())).toBeLessThan(250);
  });

  it('by cancelling the body closes it, and lets the host sleep', async () => {
    const { router, upstream } = await routerTo(streaming);
    const answer = await router.chat(STREAM);
    expect(await closing(upstream.received[0]!, () => void answer.body!.cancel())).toBeLessThan(
      250,
    );
    await sleep(1);
    expect(router.awake()).toBe(0);
    expect(router.parts.live.list()).toEqual([]);
  });

  it('by the person ends the page’s stream with an error', async () => {
    const { router, upstream } = await routerTo(streaming);
    const answer = await router.chat(STREAM, { caller: SITE });
    const { id, origin, state } = router.parts.live.list()[0]!;
    expect({ origin, state }).toEqual({ origin: 'https://app.example', state: 'streaming' });
    const text = answer.text();
    expect(await closing(upstream.received[0]!, () => router.parts.live.stop(id))).toBeLessThan(
      250,
    );
    expect(await text).toMatch(/"code":"cancelled"/);
    expect(await text).not.toContain('[DONE]');
  });

  it('by revoking the grant ends it with an error', async () => {
    const revoked = new AbortController();
    const { upstream, provider } = await upstreamThat(streaming);
    const router = createTestRouter({ providers: [provider], revoked: revoked.signal });
    const answer = await router.chat(STREAM, { caller: SITE });
    const text = answer.text();
    const reason = new RouterError('origin_not_authorized', 'Withdrawn.');
    expect(await closing(upstream.received[0]!, () => revoked.abort(reason))).toBeLessThan(250);
    expect(await text).toMatch(/"code":"origin_not_authorized"/);
  });

  it('ends the walk through the routes', async () => {
    const controller = new AbortController();
    const first = await upstreamThat(() => controller.abort(), { id: 'one' });
    const second = await upstreamThat((response) => sendJson(response, completionOf('Hi')), {
      id: 'two',
    });
    const router = createTestRouter({ providers: [first.provider, second.provider] });
    const answer = await router.chat(
      { ...WHOLE, model: 'one/m,two/m' },
      { signal: controller.signal },
    );
    expect(answer.status).toBe(499);
    expect(second.upstream.received).toEqual([]);
  });
});

describe('several routes', () => {
  it('the next one answers where the first fails, and the answer says so', async () => {
    const first = await upstreamThat((response) => sendJson(response, {}, 500), { id: 'one' });
    const second = await upstreamThat((response) => sendJson(response, completionOf('Hi')), {
      id: 'two',
    });
    const router = createTestRouter({ providers: [first.provider, second.provider] });
    const answer = await router.chat({ ...WHOLE, model: 'one/m,two/m' });
    expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'Hi' } }] });
    expect(answer.headers.get('x-gatehouse-provider')).toBe('two');
    expect(answer.headers.get('x-gatehouse-attempts')).toBe('2');
  });

  it('a stream that fails before its content moves on unseen', async () => {
    const first = await upstreamThat(
      (response) => {
        openEvents(response);
        response.end(chunkOf({ role: 'assistant' }));
      },
      { id: 'one' },
    );
    const second = await upstreamThat(
      (response) => {
        openEvents(response);
        response.end(chunkOf({ content: 'Hi' }) + chunkOf({}, 'stop') + DONE);
      },
      { id: 'two' },
    );
    const router = createTestRouter({ providers: [first.provider, second.provider] });
    const text = await (await router.chat({ ...STREAM, model: 'one/m,two/m' })).text();
    expect(text).toContain('"content":"Hi"');
    expect(text).toContain('[DONE]');
  });

  it('all failing is a 503 that lists what each said, and no key', async () => {
    const fail: Play = (response) => sendJson(response, { error: { message: `No ${KEY}` } }, 429);
    const first = await upstreamThat(fail, { id: 'one' });
    const second = await upstreamThat(fail, { id: 'two' });
    const router = createTestRouter({
      providers: [first.provider, second.provider],
      keys: { one: [KEY], two: [KEY] },
    });
    const answer = await router.chat({ ...WHOLE, model: 'one/m,two/m' });
    expect(answer.status).toBe(503);
    const { code, message } = await errorOf(answer);
    expect(code).toBe('all_routes_failed');
    expect(message).toMatch(/one\/m: 429 No .* two\/m: 429 No/);
    expect(message).not.toContain(KEY);
  });
});
