import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { createClient } from './client.ts';
import { WINDOW } from './frames.ts';
import { createJournal, type Journal } from './journal.ts';
import { createPace } from './pace.ts';
import { fromMessagePort } from './port.ts';
import { createResponder } from './respond.ts';
import { serve, type Peer, type ServerOptions } from './server.ts';

const ORIGIN = 'https://app.example';
const URL_CHAT = 'https://gatehouse.invalid/v1/chat/completions';
const caller = { kind: 'site', origin: ORIGIN, topOrigin: ORIGIN } as const;
const open: MessagePort[] = [];

afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

function createSession() {
  const values = new Map<string, unknown>();
  return {
    values,
    get: (key: string) => Promise.resolve(values.get(key)),
    set: (key: string, value: unknown) => Promise.resolve(void values.set(key, value)),
    remove: (key: string) => Promise.resolve(void values.delete(key)),
    keys: () => Promise.resolve([...values.keys()]),
  };
}

interface Line {
  send: (request: Request) => Promise<Response>;
  /** The router's end dies, and the next frame reaches a new one. */
  die(): void;
  alive(): number;
}

/** A page, a relay that opens a port to the router when it must, and the router. */
function connect(
  handle: ServerOptions['handle'],
  peer: Partial<Peer> = {},
  journal?: Journal,
): Line {
  let alive = 0;
  const options: ServerOptions = {
    handle,
    journal: journal ?? createJournal(createSession()),
    pace: createPace(),
    keepAlive: () => {
      alive += 1;
      return () => (alive -= 1);
    },
    randomId: () => crypto.randomUUID(),
  };
  let port: MessagePort | undefined;
  let message: (message: unknown) => void = () => undefined;
  let lost = () => {};
  const clientSend = createClient({
    post(frame) {
      if (!port) {
        const { port1, port2 } = new MessageChannel();
        port = port1;
        open.push(port1, port2);
        port1.onmessage = ({ data }) => message(data);
        const whole = {
          document: 'd1',
          origin: ORIGIN,
          caller: Promise.resolve(caller),
          ...peer,
        };
        serve(fromMessagePort(port2), whole, options);
      }
      port.postMessage(frame);
    },
    listen(onMessage, onClose) {
      message = onMessage;
      lost = onClose;
    },
  });
  return {
    send: createResponder(clientSend).fetch,
    die() {
      port?.close();
      port = undefined;
      lost();
    },
    alive: () => alive,
  };
}

const post = (body: BodyInit, init: RequestInit = {}) =>
  new Request(URL_CHAT, { method: 'POST', body, ...init });

test('a call reaches the router with its method, headers and body, and its answer comes back', async () => {
  const { send } = connect(async (request) =>
    Response.json(
      { method: request.method, type: request.headers.get('x-a'), body: await request.text() },
      { status: 201, statusText: 'Made', headers: { 'x-request-id': 'r1' } },
    ),
  );
  const response = await send(post('hällo', { headers: { 'x-a': 'b' } }));
  expect(response.status).toBe(201);
  expect(response.statusText).toBe('Made');
  expect(response.url).toBe(URL_CHAT);
  expect(response.type).toBe('cors');
  expect(response.redirected).toBe(false);
  expect(response.headers.get('x-request-id')).toBe('r1');
  expect(response.clone().url).toBe(URL_CHAT);
  expect(await response.json()).toEqual({ method: 'POST', type: 'b', body: 'hällo' });
});

test('any body arrives whole, in order, whatever its size', async () => {
  const { send } = connect(async (request) => new Response(await request.arrayBuffer()));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 700_000 }), async (size) => {
      const bytes = new Uint8Array(size).map((_, index) => (index * 31 + (index >> 8)) & 255);
      const answer = await (await send(post(bytes))).arrayBuffer();
      expect(Buffer.compare(Buffer.from(answer), Buffer.from(bytes))).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test('a streamed answer arrives whole and in order, however it is cut and however slowly it is read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 150_000 }), { maxLength: 12 }),
      fc.integer({ min: 0, max: 3 }),
      async (sizes, slowness) => {
        let value = 0;
        const chunks = sizes.map((size) =>
          new Uint8Array(size).map(() => (value = (value + 7) & 255)),
        );
        const { send } = connect(() =>
          Promise.resolve(
            new Response(
              new ReadableStream({
                async pull(controller) {
                  const chunk = chunks.shift();
                  if (slowness === 1) await new Promise((resolve) => setTimeout(resolve, 1));
                  if (chunk) controller.enqueue(chunk);
                  else controller.close();
                },
              }),
            ),
          ),
        );
        const response = await send(post('x'));
        const total = sizes.reduce((sum, size) => sum + size, 0);
        let received = 0;
        let expected = 0;
        for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
          for (const byte of piece) {
            expected = (expected + 7) & 255;
            if (byte !== expected) throw new Error(`byte ${received} is out of order`);
            received += 1;
          }
          if (slowness === 2) await new Promise((resolve) => setTimeout(resolve, 1));
        }
        expect(received).toBe(total);
      },
    ),
    { numRuns: 40 },
  );
});

test('nothing is read upstream while 256 KiB are not acknowledged', async () => {
  let produced = 0;
  const { send } = connect(() =>
    Promise.resolve(
      new Response(
        new ReadableStream(
          {
            pull(controller) {
              produced += 16_384;
              controller.enqueue(new Uint8Array(16_384));
            },
          },
          { highWaterMark: 0 },
        ),
      ),
    ),
  );
  const response = await send(post('x'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(produced).toBeLessThanOrEqual(WINDOW + 16_384);
  expect(produced).toBeGreaterThanOrEqual(WINDOW);
  const reader = response.body!.getReader();
  for (let read = 0; read < WINDOW;) read += (await reader.read()).value!.byteLength;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(produced).toBeGreaterThan(WINDOW + 16_384);
  await reader.cancel();
});

test('the first chunk of an idle stream is sent at once, a flood is gathered', async () => {
  let time = 0;
  const pace = createPace(() => time);
  expect([1, 2, 3, 4].map(() => pace.delay(false))).toEqual([0, 0, 0, 0]);
  time = 3;
  expect(pace.delay(false)).toBe(5);
  time = 9;
  expect(pace.delay(false)).toBe(0);
});

test.each(['before', 'during', 'after the headers'])(
  'abort %s: the reason, and the router is told',
  async (when) => {
    const stopped = vi.fn();
    const { send, alive } = connect((request) => {
      request.signal.addEventListener('abort', stopped);
      if (when === 'during') return new Promise(() => undefined);
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
      });
      return Promise.resolve(new Response(body));
    });
    const controller = new AbortController();
    const reason = new Error('enough');
    if (when === 'before') controller.abort(reason);
    const answered = send(post('x', { signal: controller.signal }));
    if (when === 'after the headers') {
      const reader = (await answered).body!.getReader();
      await reader.read();
      controller.abort(reason);
      await expect(reader.read()).rejects.toBe(reason);
    } else {
      answered.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.abort(reason);
      await expect(answered).rejects.toBe(reason);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(stopped).toHaveBeenCalledTimes(when === 'before' ? 0 : 1);
    expect(alive()).toBe(0);
  },
);

test('a reader that cancels stops the provider', async () => {
  const cancelled = vi.fn();
  const { send } = connect(() =>
    Promise.resolve(
      new Response(
        new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(3)), cancel: cancelled }),
      ),
    ),
  );
  const response = await send(post('x'));
  await response.body!.cancel();
  await vi.waitFor(() => expect(cancelled).toHaveBeenCalledTimes(1));
});

test('a page that goes away stops all its calls', async () => {
  const signals: AbortSignal[] = [];
  const line = connect((request) => {
    signals.push(request.signal);
    return new Promise(() => undefined);
  });
  void line.send(post('x')).catch(() => undefined);
  void line.send(post('x')).catch(() => undefined);
  await vi.waitFor(() => expect(signals).toHaveLength(2));
  open[0]!.close();
  await vi.waitFor(() => expect(signals.every((signal) => signal.aborted)).toBe(true));
  expect(line.alive()).toBe(0);
});

test('the worker dies before it sent anything: the call is made once more and answered', async () => {
  let calls = 0;
  const line = connect(() => {
    calls += 1;
    return calls === 1 ? new Promise(() => undefined) : Promise.resolve(new Response('second'));
  });
  const answered = line.send(post('x'));
  await vi.waitFor(() => expect(calls).toBe(1));
  line.die();
  expect(await (await answered).text()).toBe('second');
});

test('the worker dies after it may have sent the call: an error, and nothing is sent twice', async () => {
  let calls = 0;
  const line = connect(async (_request, _caller, call) => {
    calls += 1;
    await call?.dispatched();
    return new Promise(() => undefined);
  });
  const answered = line.send(post('x'));
  await vi.waitFor(() => expect(calls).toBe(1));
  await new Promise((resolve) => setTimeout(resolve, 10));
  line.die();
  const response = await answered;
  expect(response.status).toBe(502);
  expect(response.headers.get('x-should-retry')).toBe('false');
  expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(await response.json()).toMatchObject({
    error: { type: 'server_error', param: null, code: 'upstream_truncated' },
  });
  expect(calls).toBe(1);
});

test('a worker that dies again and again ends in an error, never in a hang', async () => {
  let calls = 0;
  const line = connect(() => {
    calls += 1;
    return new Promise(() => undefined);
  });
  const answered = line.send(post('x'));
  answered.catch(() => undefined);
  for (const deaths of [1, 2, 3]) {
    await vi.waitFor(() => expect(calls).toBe(deaths));
    line.die();
  }
  await expect(answered).rejects.toThrow(TypeError);
});

const STREAM = { 'content-type': 'text/event-stream; charset=utf-8' };
const endless = (text: string, headers: Record<string, string>) => () =>
  Promise.resolve(
    new Response(new ReadableStream({ start: (c) => c.enqueue(new TextEncoder().encode(text)) }), {
      headers,
    }),
  );

test.each([
  [
    URL_CHAT,
    /\n\ndata: \{"error":\{"message":"[^"]+","type":"server_error","param":null,"code":"upstream_truncated"\}\}\n\n$/,
  ],
  [
    'https://gatehouse.invalid/v1/messages',
    /\n\nevent: error\ndata: \{"type":"error","error":\{"type":"api_error"/,
  ],
  [
    'https://gatehouse.invalid/v1beta/models/x:streamGenerateContent?alt=sse',
    /\n\ndata: \{"error":\{"code":502/,
  ],
])(
  'a stream whose worker dies ends with an error event in its dialect: %s',
  async (url, ending) => {
    const line = connect(endless('data: {"a":1}\n\n', STREAM));
    const response = await line.send(new Request(url, { method: 'POST', body: '{}' }));
    const reader = response.body!.getReader();
    let text = new TextDecoder().decode((await reader.read()).value);
    line.die();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += new TextDecoder().decode(value);
    }
    expect(text).toMatch(ending);
    expect(text).not.toContain('[DONE]');
  },
);

test('any other body whose worker dies breaks, so that nobody takes it for whole', async () => {
  const line = connect(endless('{"a":', { 'content-type': 'application/json' }));
  const response = await line.send(post('x'));
  const text = response.text();
  await new Promise((resolve) => setTimeout(resolve, 10));
  line.die();
  await expect(text).rejects.toThrow(TypeError);
});

test('a body that breaks is no end', async () => {
  const { send } = connect(() => {
    let pulls = 0;
    return Promise.resolve(
      new Response(
        new ReadableStream({
          pull(controller) {
            pulls += 1;
            if (pulls === 1) controller.enqueue(new Uint8Array(3));
            else controller.error(new Error('broken'));
          },
        }),
      ),
    );
  });
  await expect((await send(post('x'))).text()).rejects.toThrow(TypeError);
});

test('a body over 48 MiB is refused with 413 before it is sent', async () => {
  const handle = vi.fn();
  const { send } = connect(handle);
  const response = await send(post(new Uint8Array(48 * 1024 * 1024 + 1)));
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ error: { code: 'request_too_large' } });
  expect(handle).not.toHaveBeenCalled();
});

test.each([
  ['/v1/messages', { type: 'error', error: { type: 'request_too_large' } }],
  ['/v1/responses', { error: { type: 'invalid_request_error', code: 'request_too_large' } }],
  ['/v1beta/models/x:generateContent', { error: { code: 413, status: 'INVALID_ARGUMENT' } }],
])('a refusal of the transport speaks the dialect of %s', async (path, body) => {
  const { send } = connect(vi.fn());
  const request = new Request(`https://gatehouse.invalid${path}`, {
    method: 'POST',
    body: new Uint8Array(48 * 1024 * 1024 + 1),
  });
  const response = await send(request);
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject(body);
});

test('a body of 48 MiB passes', { timeout: 30_000 }, async () => {
  const { send } = connect(async (request) =>
    Response.json((await request.arrayBuffer()).byteLength),
  );
  const response = await send(post(new Uint8Array(48 * 1024 * 1024)));
  expect(await response.json()).toBe(48 * 1024 * 1024);
});

test('a caller that the browser does not name is refused', async () => {
  const handle = vi.fn();
  const { send } = connect(handle, { caller: Promise.reject(new Error('gone')) });
  const response = await send(post('x'));
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ error: { code: 'origin_not_authorized' } });
  expect(handle).not.toHaveBeenCalled();
});

test('HEAD has an empty body and 204 none, as in the browser', async () => {
  const { send } = connect((request) =>
    Promise.resolve(new Response(null, { status: request.method === 'HEAD' ? 200 : 204 })),
  );
  const head = await send(new Request(URL_CHAT, { method: 'HEAD' }));
  expect([head.body instanceof ReadableStream, await head.text()]).toEqual([true, '']);
  expect((await send(post('x'))).body).toBeNull();
});

test('a BYOB reader reads the answer and its end', async () => {
  const { send } = connect(() => Promise.resolve(new Response('abcdef')));
  const reader = (await send(post('x'))).body!.getReader({ mode: 'byob' });
  const first = await reader.read(new Uint8Array(4));
  expect(new TextDecoder().decode(first.value)).toBe('abcd');
  const second = await reader.read(new Uint8Array(4));
  expect(new TextDecoder().decode(second.value)).toBe('ef');
  expect((await reader.read(new Uint8Array(4))).done).toBe(true);
});

test(
  'of 10,000 random envelopes none is a call and none does harm',
  { timeout: 60_000 },
  async () => {
    const handle = vi.fn(() => Promise.resolve(new Response('{}')));
    const { port1, port2 } = new MessageChannel();
    open.push(port1, port2);
    const options = {
      handle,
      journal: createJournal(createSession()),
      pace: createPace(),
      keepAlive: () => () => undefined,
      randomId: () => 'x',
    };
    serve(
      fromMessagePort(port2),
      { document: 'd', origin: ORIGIN, caller: Promise.resolve(caller) },
      options,
    );
    const evil = 'https://evil.example/v1/chat/completions';
    const part = fc.oneof(
      fc.anything(),
      fc.constantFrom(
        'open',
        'body',
        'ack',
        'abort',
        'GET',
        'POST',
        evil,
        'control',
        1,
        0,
        true,
        null,
      ),
    );
    const envelope = fc.oneof(
      fc.anything(),
      fc.array(part, { maxLength: 9 }),
      fc.record({
        type: part,
        id: part,
        origin: fc.constant('chrome-extension://x'),
        method: part,
        url: part,
      }),
      // All but right: a good frame with one field of another kind.
      fc.tuple(fc.integer({ min: 2, max: 6 }), part).map(([index, value]) => {
        const frame: unknown[] = ['open', 1, false, 'GET', evil, {}, null];
        frame[index] = value;
        return frame;
      }),
    );
    let posted = 0;
    for (const message of fc.sample(envelope, 10_000)) {
      try {
        port1.postMessage(message);
        posted += 1;
      } catch {
        // Functions and symbols can not be posted at all.
      }
    }
    expect(posted).toBeGreaterThan(5000);
    const done = new Promise(
      (resolve) => (port1.onmessage = ({ data }) => data[0] === 'end' && resolve(data)),
    );
    port1.postMessage(['open', 77, false, 'GET', 'https://gatehouse.invalid/health', {}, null]);
    await done;
    expect(handle).toHaveBeenCalledTimes(1);
  },
);
