import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendJson, serve, type Loopback, type ReceivedRequest } from '../../testing/loopback.ts';
import { createTestRouter, errorOf } from '../../testing/parts.ts';
import { CATALOG } from '../catalog.ts';

let server: Loopback;
let play: (response: ServerResponse, request: ReceivedRequest) => void;
beforeEach(async () => {
  server = await serve((response, request) => play(response, request));
});
afterEach(() => server.close());

const messages = [{ role: 'user', content: 'Hello' }];
function ask(body: object = {}, signal?: AbortSignal) {
  const row = CATALOG.find(({ id }) => id === 'replicate')!;
  const provider = { ...row, baseUrl: `${server.origin}/v1` };
  const router = createTestRouter({ providers: [provider], keys: { replicate: ['r8_key'] } });
  return router.chat({ model: 'replicate/meta/llama', messages, ...body }, { signal });
}
const wordsOf = (text: string) =>
  [...text.matchAll(/"content":"([^"]*)"/g)].map(([, words]) => words).join('');
const isCreate = ({ method }: ReceivedRequest) => method === 'POST';

/** A prediction that is over when it was asked for so often. */
function playPolling(states: object[], urls: object = {}) {
  let asked = 0;
  play = (response, request) => {
    const state = isCreate(request) ? { status: 'starting' } : states[asked++];
    sendJson(response, { id: 'p1', urls, ...state }, isCreate(request) ? 201 : 200);
  };
}

describe('predictions of Replicate', () => {
  it('are asked for until they are over, with the key, below the address that made them', async () => {
    playPolling([{ status: 'processing' }, { status: 'succeeded', output: ['Hi', ' there'] }], {
      get: 'https://evil.example/v1/predictions/p1',
    });
    const answer = (await (await ask()).json()) as { choices: { message: { content: string } }[] };
    expect(answer.choices[0]!.message.content).toBe('Hi there');
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/models/meta/llama/predictions',
      'GET /v1/predictions/p1',
      'GET /v1/predictions/p1',
    ]);
    for (const { headers } of server.received) expect(headers.authorization).toBe('Bearer r8_key');
  });

  it('that are over at once are not asked for again', async () => {
    play = (response) => sendJson(response, { id: 'p', status: 'succeeded', output: 'Hi' }, 201);
    expect(wordsOf(await (await ask()).text())).toBe('Hi');
    expect(server.received).toHaveLength(1);
  });

  it('are streamed from their own address, without the key', async () => {
    play = (response, request) => {
      if (isCreate(request))
        return sendJson(
          response,
          { id: 'p1', status: 'starting', urls: { stream: `${server.origin}/streams/s1` } },
          201,
        );
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': hi\n\nevent: output\nid: 1\ndata: Hi\n\n');
      response.end('event: output\nid: 2\ndata:  there\n\nevent: done\nid: 3\ndata: {}\n\n');
    };
    const text = await (await ask({ stream: true })).text();
    expect(wordsOf(text)).toBe('Hi there');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    const [created, streamed] = server.received;
    expect(created!.body.stream).toBe(true);
    expect([streamed!.path, streamed!.headers.authorization]).toEqual(['/streams/s1', undefined]);
  });

  it('stream by polling where no stream may be asked', async () => {
    playPolling(
      [
        { status: 'processing', output: ['Hi'] },
        { status: 'processing', output: ['Hi', ' the'] },
        { status: 'succeeded', output: ['Hi', ' the', 're'] },
      ],
      { stream: 'https://evil.example/s' },
    );
    const text = await (await ask({ stream: true })).text();
    expect(wordsOf(text)).toBe('Hi there');
    expect(server.received.filter((request) => !isCreate(request))).toHaveLength(3);
  });

  it('that fail say why, before the first word and after it', async () => {
    playPolling([{ status: 'failed', error: 'CUDA out of memory' }]);
    const failed = await ask();
    expect([failed.status, (await errorOf(failed)).message]).toEqual([502, 'CUDA out of memory']);
    playPolling([
      { status: 'processing', output: ['Hi'] },
      { status: 'failed', output: ['Hi'], error: 'CUDA out of memory' },
    ]);
    const text = await (await ask({ stream: true })).text();
    expect(text).toContain('CUDA out of memory');
    expect(text).not.toContain('[DONE]');
  });

  it('survive a question that fails once, and not a refusal', async () => {
    let asked = 0;
    play = (response, request) => {
      if (isCreate(request)) return sendJson(response, { id: 'p1', status: 'starting' }, 201);
      asked++;
      if (asked === 1) return sendJson(response, { detail: 'Busy' }, 503);
      sendJson(response, { id: 'p1', status: 'succeeded', output: 'Hi' });
    };
    expect(wordsOf(await (await ask()).text())).toBe('Hi');
    play = (response, request) =>
      isCreate(request)
        ? sendJson(response, { id: 'p1', status: 'starting' }, 201)
        : sendJson(response, { detail: 'Not found.' }, 404);
    expect((await ask()).status).toBe(404);
  });

  it('are cancelled when the caller leaves', async () => {
    let cancelled = () => {};
    const seen = new Promise<void>((resolve) => (cancelled = resolve));
    play = (response, request) => {
      if (request.path.endsWith('/cancel')) cancelled();
      sendJson(response, { id: 'p1', status: 'starting' }, 201);
    };
    const leaving = new AbortController();
    const answer = ask({}, leaving.signal);
    setTimeout(() => leaving.abort(), 200);
    await answer;
    await seen;
    expect(server.received.at(-1)).toMatchObject({ method: 'POST' });
  });

  it('that are refused keep status and words', async () => {
    play = (response) =>
      sendJson(
        response,
        { title: 'Unauthenticated', detail: 'You did not pass a valid token', status: 401 },
        401,
      );
    const answer = await ask();
    expect([answer.status, await errorOf(answer)]).toMatchObject([
      401,
      { code: 'key_refused', message: 'You did not pass a valid token' },
    ]);
  });
});
