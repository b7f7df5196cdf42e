import { bench, describe } from 'vitest';
import { chunkOf, completionOf, DONE } from './testing/loopback.ts';
import { createTestRouter, FIRST_PARTY, providerAt } from './testing/parts.ts';

/** What the router adds to a call: in Node, beside a handler that does nothing but answer. */
const JSON_TEXT = JSON.stringify(completionOf('Hello'));
const DELTAS = 1000;
const CHUNKS = Array.from({ length: DELTAS }, (_, n) => chunkOf({ content: ` word${n}` }));
const STREAM_TEXT = CHUNKS.join('') + chunkOf({}, 'stop') + DONE;
const bytes = new TextEncoder();

const upstream = async (request: Request): Promise<Response> => {
  const { stream } = (await request.json()) as { stream?: boolean };
  if (!stream) return new Response(JSON_TEXT, { headers: { 'content-type': 'application/json' } });
  return new Response(pieces(), { headers: { 'content-type': 'text/event-stream' } });
};

/** The stream in network chunks of about 16 kB. */
function pieces(): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= STREAM_TEXT.length) return controller.close();
      controller.enqueue(bytes.encode(STREAM_TEXT.slice(at, at + 16_384)));
      at += 16_384;
    },
  });
}

const router = createTestRouter({
  providers: [providerAt('http://127.0.0.1:9')],
  keys: { box: ['sk-test'] },
  parts: {},
});
router.parts.ports.fetch = upstream;

function call(stream: boolean): Request {
  return new Request('https://gatehouse.invalid/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'box/m', stream, messages: [{ role: 'user', content: 'Hi' }] }),
  });
}

describe('a whole answer', () => {
  bench('bare', async () => {
    await (await upstream(call(false))).text();
  });
  bench('router', async () => {
    await (await router.handle(call(false), FIRST_PARTY)).text();
  });
});

describe(`a stream of ${DELTAS} deltas`, () => {
  bench('bare', async () => {
    await (await upstream(call(true))).text();
  });
  bench('router', async () => {
    await (await router.handle(call(true), FIRST_PARTY)).text();
  });
});
