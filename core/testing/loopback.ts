import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  /** The body as JSON; empty where it is none. */
  body: Record<string, unknown>;
  bytes: Buffer;
  /** Resolves when the socket's side of the answer is over; true where it was cut before its end. */
  closed: Promise<boolean>;
}

export interface Loopback {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  received: ReceivedRequest[];
  close(): Promise<void>;
}

type Play = (response: ServerResponse, request: ReceivedRequest) => void | Promise<void>;

/** A real upstream on a free port. */
export async function serve(play: Play): Promise<Loopback> {
  const received: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    void answer(incoming, response);
  });
  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const bytes = Buffer.concat(pieces);
    const isJson = /json/.test(incoming.headers['content-type'] ?? '') && bytes.byteLength > 0;
    const request: ReceivedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers as Record<string, string>,
      body: isJson ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : {},
      bytes,
      closed: new Promise((resolve) => {
        response.on('close', () => resolve(!response.writableFinished));
      }),
    };
    received.push(request);
    await play(response, request);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function openEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
}

/** One chunk of OpenAI's chat stream. */
export function chunkOf(delta: object, finish: string | null = null, rest: object = {}): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  const chunk = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices };
  return `data: ${JSON.stringify({ ...chunk, ...rest })}\n\n`;
}

export const DONE = 'data: [DONE]\n\n';

export function completionOf(content: string): object {
  return {
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  };
}
