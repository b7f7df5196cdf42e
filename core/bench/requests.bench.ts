import { Hono } from 'hono';
import { completionOf } from '../testing/loopback.ts';
import { createTestRouter, FIRST_PARTY, providerAt } from '../testing/parts.ts';
import { chunksOf, STREAMS } from './streams.bench.ts';

/** Microseconds over a bare fetch of the same upstream. */
export interface RequestCost {
  readonly router: number;
  readonly hono: number;
  /** What the bare fetch itself takes. */
  readonly bare: number;
}

const URL = 'https://gatehouse.invalid/v1/chat/completions';
const BODY = JSON.stringify({
  model: 'box/m',
  temperature: 0.5,
  max_tokens: 500,
  messages: [
    { role: 'system', content: 'Answer in one sentence, and name your source.' },
    { role: 'user', content: 'How far is the moon?' },
  ],
});
const STREAM_BODY = BODY.replace('{', '{"stream":true,');
const ANSWER = JSON.stringify(completionOf('The moon is 384,400 km away.'));

/** An upstream in this process: the network is the same for all, and noisier than what is measured. */
function createUpstream(stream: readonly Uint8Array[]): (request: Request) => Promise<Response> {
  return async (request) => {
    const body = await request.text();
    if (!body.includes('"stream":true'))
      return new Response(ANSWER, { headers: { 'content-type': 'application/json' } });
    let at = 0;
    const pieces = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const piece = stream[at++];
          if (piece === undefined) controller.close();
          else controller.enqueue(piece);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(pieces, { headers: { 'content-type': 'text/event-stream' } });
  };
}

type Ask = (body: string) => Promise<Response>;

function createAskers(upstream: (request: Request) => Promise<Response>): Record<string, Ask> {
  const router = createTestRouter({
    providers: [providerAt('http://127.0.0.1:9')],
    keys: { box: ['sk-test'] },
  });
  router.parts.ports.fetch = upstream;
  const app = new Hono();
  app.post('/v1/chat/completions', async (context) => {
    const request = new Request('http://127.0.0.1:9/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test' },
      body: JSON.stringify(await context.req.json()),
    });
    return upstream(request);
  });
  const toRequest = (body: string) =>
    new Request(URL, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return {
    bare: (body) => upstream(toRequest(body)),
    hono: async (body) => app.fetch(toRequest(body)),
    router: (body) => router.handle(toRequest(body), FIRST_PARTY),
  };
}

/** Each in turn, so that what else the machine does falls on all of them; the best round of each. */
async function race(
  askers: Record<string, Ask>,
  body: string,
  rounds: number,
  calls: number,
): Promise<Record<string, number>> {
  const best: Record<string, number> = {};
  for (let round = 0; round < rounds; round++)
    for (const [name, ask] of Object.entries(askers)) {
      const start = performance.now();
      for (let call = 0; call < calls; call++) await (await ask(body)).arrayBuffer();
      const microseconds = ((performance.now() - start) * 1000) / calls;
      best[name] = Math.min(best[name] ?? Infinity, microseconds);
    }
  return best;
}

/** One request with a whole answer. */
export async function measureRequest(): Promise<RequestCost> {
  const { bare, hono, router } = await race(createAskers(createUpstream([])), BODY, 200, 25);
  return { bare: bare!, hono: hono! - bare!, router: router! - bare! };
}

const DELTAS = 2000;

/** One delta of a stream that passes through the whole router, when `perChunk` come in a network chunk. */
export async function measureStream(perChunk: number): Promise<RequestCost> {
  const wire = STREAMS['openai-chat']!;
  const utf8 = new TextEncoder();
  const stream = [
    utf8.encode(wire.head),
    ...chunksOf(wire, DELTAS, perChunk),
    utf8.encode(wire.end),
  ];
  const { bare, hono, router } = await race(
    createAskers(createUpstream(stream)),
    STREAM_BODY,
    30,
    2,
  );
  return {
    bare: bare! / DELTAS,
    hono: (hono! - bare!) / DELTAS,
    router: (router! - bare!) / DELTAS,
  };
}
