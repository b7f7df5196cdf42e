import { afterAll, describe, expect, it } from 'vitest';
import type { UpstreamFormatName } from '../formats/chat.ts';
import { dataLines, plainChat, type Plain, type PlainChoice } from '../formats/testing/plain.ts';
import {
  createScore,
  hasRecordings,
  recordingsOf,
  type Recording,
} from '../formats/testing/recordings.ts';
import { createTestRouter, providerAt } from '../testing/parts.ts';

const FORMATS: Readonly<Record<string, UpstreamFormatName>> = {
  'openai-chat': 'openai-chat',
  'openai-responses': 'openai-responses',
  'anthropic-messages': 'anthropic-messages',
  'google-generate': 'google-generate-content',
  'bedrock-converse': 'bedrock-converse',
  'cohere-v2-chat': 'cohere-chat',
  'ollama-chat': 'ollama-chat',
};

interface Caller {
  readonly path: (stream: boolean) => string;
  readonly body: object;
  /** Where its error body tells our code. */
  readonly code: (error: Record<string, any>) => unknown; // eslint-disable-line @typescript-eslint/no-explicit-any
}

const messages = [{ role: 'user', content: 'Hello' }];
const CALLERS: Readonly<Record<string, Caller>> = {
  chat: {
    path: () => '/v1/chat/completions',
    body: { model: 'box/m', messages },
    code: ({ code }) => code,
  },
  responses: {
    path: () => '/v1/responses',
    body: { model: 'box/m', input: 'Hello' },
    code: ({ code }) => code,
  },
  messages: {
    path: () => '/v1/messages',
    body: { model: 'box/m', max_tokens: 50, messages },
    code: ({ code }) => code,
  },
  google: {
    path: (stream) =>
      `/v1beta/models/box/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] },
    code: ({ details }) => details[0].reason,
  },
};

/** The provider's answer as it was recorded, to a call in some dialect. */
async function replay(recording: Recording, caller = CALLERS.chat!): Promise<Response> {
  const type = recording.streaming ? 'text/event-stream' : 'application/json';
  const provider = providerAt('https://api.example', { format: FORMATS[recording.api]! });
  const router = createTestRouter({ providers: [provider] });
  router.ports.fetch = async () =>
    new Response(recording.bytes.slice(), {
      status: recording.status,
      headers: { 'content-type': type, ...kept(recording.headers) },
    });
  const body = { ...caller.body, stream: recording.streaming };
  return router.chat(body, { path: caller.path(recording.streaming) });
}

function kept(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) =>
      /^(retry-after|x-ratelimit|content-type)/i.test(name),
    ),
  );
}

/** Our code for a recorded error, by its status or by words that were read by a person. */
const CODES: readonly (readonly [code: string, status: number, words?: RegExp])[] = [
  ['key_refused', 401],
  ['key_refused', 400, /Incorrect API key provided|API key not valid/],
  ['key_refused', 403, /^Forbidden$|unregistered callers|security token .* expired/],
  ['rate_limited', 429],
  ['context_length_exceeded', 400, /context (?:length|size)|tokens allowed|> \d+ maximum/],
  [
    'context_length_exceeded',
    400,
    /total length of all messages is too long|exceeds maximum length|too many tokens/,
  ],
  [
    'model_not_found',
    404,
    /^(?:The|Publisher|Specified) model|^models?[:/]|No endpoints found for/i,
  ],
  ['model_not_found', 404, /API deployment for this resource|^model '\S+' not found/],
  [
    'model_not_found',
    400,
    /model \S+ does not exist|not a valid model|[Mm]odel not found|Invalid model/,
  ],
  ['model_not_found', 400, /has been decommissioned/],
];

describe.skipIf(!hasRecordings())('recorded traffic through the router', () => {
  const recordings = hasRecordings() ? recordingsOf('openai-chat') : [];

  it(
    'an answer is a 200 that says the same; a fault in a 200 is an error',
    { timeout: 120_000 },
    async () => {
      for (const recording of recordings.filter(({ status }) => status === 200)) {
        const said = read(recording, new TextDecoder().decode(recording.bytes));
        const answer = await replay(recording);
        const text = await answer.text();
        const fails = said.error !== undefined || isEmpty(said, recording);
        const begun = recording.streaming && said.choices.some(hasWords);
        expect.soft([recording.name, answer.ok]).toEqual([recording.name, !fails || begun]);
        if (said.error !== undefined)
          expect.soft(text).toContain(JSON.stringify(said.error).slice(1, -1));
        if (fails) expect.soft(text).not.toContain('[DONE]');
        if (answer.ok)
          expect.soft(wordsOf(read(recording, text)), recording.name).toEqual(wordsOf(said));
      }
    },
  );

  const score = createScore('recorded errors, to callers of each dialect');
  const codes = new Map<string, number>();
  afterAll(() => {
    score.print();
    console.log('recorded errors by code:', Object.fromEntries(codes));
  });

  for (const api of Object.keys(FORMATS))
    it(
      `an error of ${api} keeps its status and its words, under a code of ours, in each dialect`,
      { timeout: 120_000 },
      async () => {
        const errors = recordingsOf(api).filter(({ status }) => status >= 300);
        for (const recording of errors)
          for (const [name, caller] of Object.entries(CALLERS)) {
            const answer = await replay(recording, caller);
            const { error } = (await answer.json()) as { error: { message: string } };
            const code = caller.code(error) as string;
            codes.set(code, (codes.get(code) ?? 0) + 1);
            score.count(recording, () => checkError(recording, answer, error.message, code), name);
          }
        expect(score.failures).toEqual([]);
      },
    );
});

function checkError(recording: Recording, answer: Response, message: string, code: string): void {
  expect(answer.status).toBe(recording.status);
  const whole = JSON.stringify(recording.body);
  const pieces = message.replaceAll('[key]', '').split(/: |[“”]/);
  const isTold = (words: string) =>
    words !== '' && whole.includes(JSON.stringify(words).slice(1, -1));
  if (!pieces.some(isTold)) expect(message).toBe(whole);
  const expected = CODES.find(
    ([, status, words]) => status === recording.status && (words?.test(message) ?? true),
  );
  expect(code).toBe(expected?.[0] ?? 'provider_error');
}

function read(recording: Recording, text: string): Plain {
  return recording.streaming ? plainChat(dataLines(text)) : plainChat([JSON.parse(text)], true);
}

/** A stream that says nothing, and not why. */
function isEmpty({ choices }: Plain, { streaming }: Recording): boolean {
  const tells = choices.some(({ finish }) => finish === 'length' || finish === 'content_filter');
  return streaming && !tells && !choices.some(hasWords);
}

function hasWords({ text, reasoning, refusal, tools }: PlainChoice): boolean {
  return `${text}${reasoning}${refusal}` !== '' || tools.length > 0;
}

function wordsOf({ choices }: Plain): object[] {
  return choices.map(({ text, tools }) => ({ text, tools }));
}
