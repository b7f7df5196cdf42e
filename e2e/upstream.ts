/**
 * A provider on loopback: real HTTP, every fault. The model name chooses the scenario (`cut`,
 * `status-429`, `gap-45`, see upstream/scenarios.ts), so that a test reads as what it tests.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { corsHeaders, Exchange, type Received } from './upstream/exchange.ts';
import { anthropicMessages } from './upstream/anthropic-messages.ts';
import { googleGenerateContent } from './upstream/google-generate-content.ts';
import { openaiChat } from './upstream/openai-chat.ts';
import { openaiResponses } from './upstream/openai-responses.ts';
import { findBesideChat } from './upstream/beside-chat.ts';
import { replay } from './upstream/replay.ts';
import { findScenario } from './upstream/scenarios.ts';
import type { Wire } from './upstream/wire.ts';

export type { Received } from './upstream/exchange.ts';

const WIRES: readonly Wire[] = [
  openaiChat,
  openaiResponses,
  anthropicMessages,
  googleGenerateContent,
];

export interface Upstream {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  /** The base URL of a provider of OpenAI's or Anthropic's formats: `origin` and `/v1`. */
  url: string;
  /** All that arrived but CORS preflights, oldest first. */
  received: Received[];
  preflights: Received[];
  /** What `GET …/models` lists. */
  models: string[];
  /** Forgets what was received. */
  clear(): void;
  /** The `index`th request, once it is here; throws after 10 s. */
  arrived(index?: number): Promise<Received>;
  /** Until the answer to `received` is over; gives milliseconds from `since`, on `performance.now()`. */
  closed(received: Received, since?: number): Promise<number>;
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

async function until(ready: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!ready()) {
    if (performance.now() > deadline) throw new Error(`The upstream waited 10 s for ${what}.`);
    await sleep(5);
  }
}

/** Starts a provider on a random port of 127.0.0.1. */
export async function createUpstream(): Promise<Upstream> {
  const received: Received[] = [];
  const preflights: Received[] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const entry: Received = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body: '',
      bytes: Buffer.alloc(0),
      at: performance.now(),
    };
    response.on('close', () => {
      entry.closedAt = performance.now();
      entry.aborted = !response.writableFinished;
    });
    if (request.method === 'OPTIONS') {
      preflights.push(entry);
      response.writeHead(204, corsHeaders(request)).end();
      return;
    }
    received.push(entry);
    entry.bytes = await readBody(request);
    entry.body = entry.bytes.toString();
    entry.json = parse(entry.body);

    const path = entry.path.split('?')[0] ?? '';
    const json = (status: number, body: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...corsHeaders(request) })
        .end(JSON.stringify(body));
    if (request.method === 'GET' && path.endsWith('/models')) {
      const data = upstream.models.map((id) => ({
        id,
        object: 'model',
        created: 1,
        owned_by: 'us',
      }));
      return void json(200, { object: 'list', data });
    }
    for (const { aside } of WIRES) {
      const told = aside?.(path);
      if (told !== undefined) return void json(200, told);
    }
    const beside = findBesideChat(path);
    if (beside !== undefined) {
      for (const [name, value] of Object.entries(corsHeaders(request)))
        response.setHeader(name, value);
      return void (await beside(entry, response));
    }
    const wire = WIRES.find((candidate) => candidate.matches(entry.method, path));
    if (!wire || !entry.json) {
      return void json(404, { error: { message: `Nothing at ${path}.`, type: 'x', code: null } });
    }
    entry.asked = wire.read(path, entry.json);
    const exchange = new Exchange(entry, entry.asked, wire, [request, response]);
    const recording = /^wire:(.+)$/.exec(entry.asked.model)?.[1];
    if (recording) return replay(exchange, recording);
    await findScenario(entry.asked.model)(exchange);
  };

  const server = createServer((request, response) => {
    request.on('error', () => {}); // a caller that goes away is no fault of the test
    response.on('error', () => {});
    answer(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 1000;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const upstream: Upstream = {
    origin,
    url: `${origin}/v1`,
    received,
    preflights,
    models: ['m1', 'm2'],
    clear() {
      received.length = 0;
      preflights.length = 0;
    },
    async arrived(index = 0) {
      await until(() => received.length > index, `request number ${index + 1}`);
      return received[index] as Received;
    },
    async closed(entry, since = entry.at) {
      await until(() => entry.closedAt !== undefined, 'the end of an answer');
      return (entry.closedAt as number) - since;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return upstream;
}
