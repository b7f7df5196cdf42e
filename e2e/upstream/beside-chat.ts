import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Received } from './exchange.ts';

type Play = (received: Received, response: ServerResponse) => void | Promise<void>;

/** What an OpenAI-compatible provider has beside chat, by the end of its path. */
const PLAYS: readonly (readonly [path: string, Play])[] = [
  [
    '/embeddings',
    ({ json = {} }, response) => {
      const input = Array.isArray(json.input) ? json.input : [json.input];
      const vectors = input.map((_, index) => [index, 0.5, -1.25]);
      const inText = (vector: number[]) =>
        Buffer.from(new Float32Array(vector).buffer).toString('base64');
      sendJson(response, {
        object: 'list',
        data: vectors.map((vector, index) => ({
          object: 'embedding',
          index,
          embedding: json.encoding_format === 'base64' ? inText(vector) : vector,
        })),
        model: `${String(json.model)}-dated`,
        usage: { prompt_tokens: 4, total_tokens: 4 },
      });
    },
  ],
  [
    '/images/generations',
    (_received, response) =>
      sendJson(response, { created: 7, data: [{ b64_json: 'iVBORw0KGgo=' }] }),
  ],
  [
    '/audio/speech',
    async ({ json = {} }, response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      response.write(SPEECH.subarray(0, 1000));
      // A first sound is heard while the rest is still spoken.
      await sleep(400);
      if (json.model === 'cut') response.destroy();
      else response.end(SPEECH.subarray(1000));
    },
  ],
  ['/audio/transcriptions', transcribe],
  ['/audio/translations', transcribe],
  [
    '/moderations',
    ({ json = {} }, response) =>
      sendJson(response, {
        id: 'modr-1',
        model: json.model,
        results: [{ flagged: json.input === 'bad', categories: {}, category_scores: {} }],
      }),
  ],
  [
    '/completions',
    async ({ json = {} }, response) => {
      const chunk = (text: string, finish_reason: string | null) => ({
        id: 'cmpl-upstream-1',
        object: 'text_completion',
        created: 7,
        model: json.model,
        choices: [{ text, index: 0, logprobs: null, finish_reason }],
      });
      if (json.stream !== true) {
        const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
        return sendJson(response, { ...chunk(`${String(json.prompt)} there`, 'stop'), usage });
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const text of [String(json.prompt), ' there'])
        response.write(`data: ${JSON.stringify(chunk(text, null))}\n\n`);
      response.write(`data: ${JSON.stringify(chunk('', 'stop'))}\n\n`);
      response.end('data: [DONE]\n\n');
    },
  ],
  [
    '/files',
    (_received, response) => sendJson(response, { object: 'list', data: [{ id: 'f-1' }] }),
  ],
  [
    '/echo',
    ({ headers }, response) =>
      sendJson(
        response,
        { saw: headers },
        { 'set-cookie': 'taken=1', 'x-echo': headers.authorization ?? '' },
      ),
  ],
  [
    '/redirect',
    (_received, response) => void response.writeHead(307, { location: '/v1/echo' }).end(),
  ],
];

/** What `/audio/speech` says. */
export const SPEECH = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 7) % 251));

async function transcribe({ bytes, headers }: Received, response: ServerResponse): Promise<void> {
  const form = await new Response(new Uint8Array(bytes), { headers }).formData();
  const file = form.get('file') as File;
  const hash = createHash('sha256')
    .update(Buffer.from(await file.arrayBuffer()))
    .digest('hex');
  const model = form.getAll('model').join();
  sendJson(response, { text: [model, file.name, file.type, file.size, hash].join(' ') });
}

function sendJson(
  response: ServerResponse,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(200, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify(body));
}

/** How the path is answered, where it is none of a chat's. */
export function findBesideChat(path: string): Play | undefined {
  if (path.endsWith('/chat/completions')) return undefined;
  return PLAYS.find(([end]) => path.endsWith(end))?.[1];
}
