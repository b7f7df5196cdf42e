import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Caller } from '../ports.ts';
import { CALL_HEADER, CANCEL_CHANNEL, createFetchListener, type PageCall } from './fetch-event.ts';

const ORIGIN = 'https://app.example';
const VIRTUAL = 'https://gatehouse.invalid';

interface Asked {
  request: Request;
  caller: Caller;
}

/** A worker with one page; `answer` stands for the router. */
function createWorker(answer: (request: Request) => Promise<Response>) {
  const asked: Asked[] = [];
  const pages = new Set(['page']);
  const listener = createFetchListener(
    {
      handle(request: Request, caller: Caller) {
        asked.push({ request, caller });
        return answer(request);
      },
    } as never,
    {
      origin: ORIGIN,
      isOwnPath: (path) => path.startsWith('/v1/'),
      clients: { get: (id) => Promise.resolve(pages.has(id) ? {} : undefined) },
    },
  );
  /** Undefined where the listener leaves the request to the network. */
  function call(
    url: string,
    init: RequestInit = {},
    more: object = {},
  ): Promise<Response> | undefined {
    let answered: Promise<Response> | undefined;
    const request = new Request(url, init);
    Object.defineProperties(request, {
      mode: { value: 'cors', configurable: true },
      destination: { value: '', configurable: true },
    });
    const { clientId = 'page', ...fields } = more as { clientId?: string };
    for (const [name, value] of Object.entries(fields))
      Object.defineProperty(request, name, { value });
    const respondWith: PageCall['respondWith'] = (given) => {
      answered = Promise.resolve(given);
    };
    const event: PageCall = { request, clientId, respondWith };
    listener(event);
    return answered;
  }
  return { asked, pages, call };
}

/** Answers never, but ends with the signal's reason. */
const never = (request: Request) =>
  new Promise<Response>((_resolve, reject) => {
    request.signal.addEventListener('abort', () => reject(request.signal.reason as Error));
  });

const post = (body: object): RequestInit => ({ method: 'POST', body: JSON.stringify(body) });

describe('a fetch event', () => {
  test('of a page of ours reaches the router as a first-party call, on both origins', async () => {
    const { call, asked } = createWorker(() => Promise.resolve(new Response('ok')));
    const headers = { [CALL_HEADER]: 'a name', 'x-other': 'kept' };
    expect(await (await call(`${VIRTUAL}/v1/models`, { headers }))?.text()).toBe('ok');
    expect(await (await call(`${ORIGIN}/v1/models`))?.text()).toBe('ok');
    expect(asked.map(({ caller }) => caller)).toEqual([
      { kind: 'first-party' },
      { kind: 'first-party' },
    ]);
    expect(asked[0]?.request.headers.get(CALL_HEADER)).toBeNull();
    expect(asked[0]?.request.headers.get('x-other')).toBe('kept');
  });

  test.each([
    ['another path of ours', `${ORIGIN}/assets/index.js`, {}],
    ['another origin', 'https://other.example/v1/models', {}],
    ['a look-alike', 'https://gatehouse.invalid.example/v1/models', {}],
    ['a navigation, which any site can cause', `${ORIGIN}/v1/models`, { mode: 'navigate' }],
    ['a script', `${ORIGIN}/v1/models`, { destination: 'script' }],
    ['an image', `${VIRTUAL}/v1/models`, { destination: 'image' }],
    ['a call without a page', `${ORIGIN}/v1/models`, { clientId: '' }],
  ])('for %s is left to the network', (_name, url, more) => {
    const { call, asked } = createWorker(() => Promise.resolve(new Response()));
    expect(call(url, {}, more)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  test('is cancelled before its headers by the message of its page', async () => {
    const { call, asked } = createWorker(never);
    const answer = call(`${VIRTUAL}/v1/models`, { headers: { [CALL_HEADER]: 'mine' } });
    const rejected = expect(answer).rejects.toThrow('gave up');
    const channel = new BroadcastChannel(CANCEL_CHANNEL);
    channel.postMessage('someone else’s');
    channel.postMessage('mine');
    await rejected;
    expect(asked[0]?.request.signal.aborted).toBe(true);
    channel.close();
  });
});

describe('a slow answer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('is given up within two seconds of the tab being closed', async () => {
    const { call, asked, pages } = createWorker(never);
    const rejected = expect(call(`${VIRTUAL}/v1/models`)).rejects.toThrow('gave up');
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked[0]?.request.signal.aborted).toBe(false);
    pages.clear();
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked[0]?.request.signal.aborted).toBe(true);
    await rejected;
  });

  test('that is not streamed is a 504 at 270 s, and nothing goes on behind it', async () => {
    const { call, asked } = createWorker(never);
    const answer = call(`${VIRTUAL}/v1/chat/completions`, post({ model: 'x' }));
    await vi.advanceTimersByTimeAsync(269_000);
    expect(asked[0]?.request.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    const response = await answer;
    expect(response?.status).toBe(504);
    expect(response?.headers.get('x-should-retry')).toBe('false');
    expect(await response?.json()).toMatchObject({
      error: {
        code: 'upstream_timeout',
        param: null,
        message: expect.stringContaining('270 s') as string,
      },
    });
    expect(asked[0]?.request.signal.aborted).toBe(true);
  });

  test('that is streamed opens at 270 s with comments, then comes as it is', async () => {
    const later = new Promise<Response>((resolve) => {
      setTimeout(() => resolve(new Response('data: {"a":1}\n\ndata: [DONE]\n\n')), 400_000);
    });
    const { call } = createWorker(() => later);
    const answer = call(`${VIRTUAL}/v1/chat/completions`, post({ model: 'x', stream: true }));
    await vi.advanceTimersByTimeAsync(270_000);
    const response = await answer;
    expect(response?.status).toBe(200);
    expect(response?.headers.get('content-type')).toContain('text/event-stream');
    const text = response?.text();
    await vi.advanceTimersByTimeAsync(131_000);
    const [comments, ...rest] = (await text)?.split('data: ') ?? [];
    expect(comments).toMatch(/^(: waiting\n\n){9,}$/);
    expect(rest).toEqual(['{"a":1}\n\n', '[DONE]\n\n']);
  });

  test('that is streamed and fails after 270 s ends in an error event, without [DONE]', async () => {
    const error = {
      error: { message: 'Too late.', type: 'server_error', param: null, code: 'upstream_timeout' },
    };
    const later = new Promise<Response>((resolve) => {
      setTimeout(() => resolve(Response.json(error, { status: 504 })), 280_000);
    });
    const { call } = createWorker(() => later);
    const answer = call(`${VIRTUAL}/v1/chat/completions/stream`, post({ model: 'x' }));
    await vi.advanceTimersByTimeAsync(270_000);
    const text = (await answer)?.text();
    await vi.advanceTimersByTimeAsync(15_000);
    const [, ...events] = (await text)?.split('data: ') ?? [];
    expect(events.map((event) => JSON.parse(event) as unknown)).toEqual([error]);
  });

  test.each([
    ['/v1/messages', { stream: true }, 'event: error\ndata: {"type":"error"}\n\n'],
    ['/v1beta/models/m:streamGenerateContent?alt=sse', {}, 'data: {"type":"error"}\n\n'],
  ])(
    'that is streamed and fails late ends as the readers of %s know it',
    async (path, body, end) => {
      const later = new Promise<Response>((resolve) => {
        setTimeout(() => resolve(Response.json({ type: 'error' }, { status: 504 })), 280_000);
      });
      const answer = createWorker(() => later).call(`${VIRTUAL}${path}`, post(body));
      await vi.advanceTimersByTimeAsync(270_000);
      const text = (await answer)?.text();
      await vi.advanceTimersByTimeAsync(15_000);
      expect((await text)?.endsWith(`: waiting\n\n${end}`)).toBe(true);
    },
  );

  test('of a path of another dialect is given up in its words', async () => {
    const answer = createWorker(never).call(`${VIRTUAL}/v1beta/models/m:generateContent`, post({}));
    await vi.advanceTimersByTimeAsync(270_000);
    expect(await (await answer)?.json()).toMatchObject({
      error: { code: 504, status: 'DEADLINE_EXCEEDED' },
    });
  });

  test('that is streamed is given up when its page leaves while it waits', async () => {
    const { call, asked } = createWorker(never);
    const answer = call(`${VIRTUAL}/v1/chat/completions`, post({ stream: true }));
    await vi.advanceTimersByTimeAsync(270_000);
    await (await answer)?.body?.cancel();
    expect(asked[0]?.request.signal.aborted).toBe(true);
  });

  test('in time is passed on untouched', async () => {
    const given = new Response('soon');
    const { call } = createWorker(() => Promise.resolve(given));
    expect(await call(`${VIRTUAL}/v1/models`)).toBe(given);
  });
});
