import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './answer.ts';
import type { Asked, Wire } from './wire.ts';

/** What the upstream saw of one request, and what became of it. */
export interface Received {
  method: string;
  /** Path with its query, as sent. */
  path: string;
  headers: Record<string, string>;
  body: string;
  bytes: Buffer;
  /** The body as JSON; undefined where it is none. */
  json?: Record<string, unknown>;
  /** The format and what it asks for, where the path is one of a format. */
  asked?: Asked;
  /** When it arrived, on the clock of `performance.now()`. */
  at: number;
  /** When the answer was over or the socket gone. */
  closedAt?: number;
  /** True where the caller closed the socket before the answer was whole. */
  aborted?: boolean;
}

/** One request being answered: what scenarios play with. */
export class Exchange {
  readonly asked: Asked;
  readonly wire: Wire;
  readonly received: Received;
  readonly response: ServerResponse;
  readonly #request: IncomingMessage;

  constructor(received: Received, asked: Asked, wire: Wire, io: [IncomingMessage, ServerResponse]) {
    this.received = received;
    this.asked = asked;
    this.wire = wire;
    [this.#request, this.response] = io;
  }

  /** True once the caller has gone. */
  get gone(): boolean {
    return this.response.destroyed || this.response.closed;
  }

  /** Waits, in seconds; returns early when the caller goes. */
  async wait(seconds: number): Promise<void> {
    const left = new AbortController();
    const leave = () => left.abort();
    this.response.once('close', leave);
    await sleep(seconds * 1000, undefined, { signal: left.signal }).catch(() => {});
    this.response.off('close', leave);
  }

  /** Until the caller goes. */
  async hang(): Promise<void> {
    if (!this.gone) await new Promise((done) => this.response.once('close', done));
  }

  head(status = 200, headers: Record<string, string> = {}): void {
    this.response.writeHead(status, { ...corsHeaders(this.#request), ...headers });
    this.response.flushHeaders();
  }

  streamHead(): void {
    this.head(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
    });
  }

  /** Writes, and waits where the socket is full. */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.gone || this.response.write(data)) return;
    await new Promise<void>((done) => {
      const go = () => {
        this.response.off('drain', go);
        this.response.off('close', go);
        done();
      };
      this.response.on('drain', go);
      this.response.on('close', go);
    });
  }

  end(data?: string | Uint8Array): void {
    this.response.end(data);
  }

  /** Breaks the connection without an end. */
  cut(): void {
    this.#request.socket.destroy();
  }

  json(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.head(status, { 'content-type': 'application/json', ...headers });
    this.end(JSON.stringify(body));
  }

  error(
    status: number,
    message: string,
    headers: Record<string, string> = {},
    code?: string,
  ): void {
    this.json(status, this.wire.error(status, message, code), headers);
  }

  /** The events of an answer, each with its blank line. */
  events(answer: Answer, end = '\n\n'): string[] {
    return this.wire.events(answer, this.asked).map((event) => event + end);
  }

  /** Answers as asked: streamed, one write an event, or whole. */
  async answer(answer: Answer): Promise<void> {
    if (!this.asked.stream) return this.json(200, this.wire.body(answer, this.asked));
    this.streamHead();
    for (const event of this.events(answer)) await this.write(event);
    this.end();
  }
}

/** A provider that lets browsers in. The extension does not need it; the PWA does. */
export function corsHeaders(request: IncomingMessage): Record<string, string> {
  return {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
    'access-control-allow-private-network': 'true',
    'access-control-expose-headers': 'retry-after, x-ratelimit-remaining-requests',
  };
}
