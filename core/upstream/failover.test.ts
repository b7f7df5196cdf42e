import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UpstreamFormatName } from '../formats/chat.ts';
import type { Target } from '../middleware/resolve.ts';
import type { Provider } from '../providers/provider.ts';
import {
  chunkOf,
  completionOf,
  DONE,
  openEvents,
  sendJson,
  serve,
  type Loopback,
} from '../testing/loopback.ts';
import { createTestRouter, providerAt } from '../testing/parts.ts';

/**
 * The failover matrix. Route `one` has two keys and fails so at each call; route `two` answers.
 * Each row is run streamed and not, with `one` of each format, by callers of each format.
 */
const SOON_MS = 300;
/** Above what a busy machine needs between two chunks of one write. */
const IDLE_MS = 800;
const IN_DAYS = () => new Date(Date.now() + 3 * 86_400_000);

/** How one dialect says what the rows need. */
interface Dialect {
  readonly row: (origin: string) => Partial<Provider>;
  /** A stream's words for `Hi`, without its end. */
  readonly hi: string;
  readonly end: string;
  readonly whole: object;
  /** A stream's first words, before any content. */
  readonly opening: string;
  /** An error inside a 200. */
  readonly fault: object;
  readonly faultEvent: string;
}

const data = (body: object, event?: string) =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(body)}\n\n`;
const typed = (body: { type: string; [field: string]: unknown }) => data(body, body.type);

const OPENAI_FAULT = { error: { message: 'Oops', type: 'server_error', param: null, code: null } };
const ANTHROPIC_FAULT = {
  type: 'error',
  error: { type: 'overloaded_error', message: 'Overloaded' },
};
const GEMINI_FAULT = { error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } };
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
};
const candidate = (finish?: string) => ({
  candidates: [
    { index: 0, content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: finish },
  ],
});

const DIALECTS: Readonly<Record<string, Dialect>> = {
  'openai-chat': {
    row: () => ({}),
    hi: chunkOf({ content: 'Hi' }),
    end: chunkOf({}, 'stop') + DONE,
    whole: completionOf('Hi'),
    opening: chunkOf({ role: 'assistant', content: '' }),
    fault: OPENAI_FAULT,
    faultEvent: data(OPENAI_FAULT),
  },
  'anthropic-messages': {
    row: () => ({ auth: { scheme: 'header', name: 'x-api-key' } }),
    hi:
      typed({ type: 'message_start', message: { ...MESSAGE, content: [] } }) +
      typed({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }) +
      typed({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } }),
    end:
      typed({ type: 'content_block_stop', index: 0 }) +
      typed({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { output_tokens: 1 },
      }) +
      typed({ type: 'message_stop' }),
    whole: { ...MESSAGE, stop_reason: 'end_turn', content: [{ type: 'text', text: 'Hi' }] },
    opening: typed({ type: 'message_start', message: { ...MESSAGE, content: [] } }),
    fault: ANTHROPIC_FAULT,
    faultEvent: typed(ANTHROPIC_FAULT),
  },
  'google-generate-content': {
    row: (origin) => ({
      baseUrl: `${origin}/v1beta`,
      auth: { scheme: 'header', name: 'x-goog-api-key' },
    }),
    hi: data(candidate()),
    end: data(candidate('STOP')),
    whole: candidate('STOP'),
    opening: data({ candidates: [{ index: 0, content: { role: 'model', parts: [] } }] }),
    fault: GEMINI_FAULT,
    faultEvent: data(GEMINI_FAULT),
  },
};

type Play = (response: ServerResponse, dialect: Dialect, streamed: boolean) => void;

const status =
  (
    code: number,
    headers: Record<string, string | (() => string)> = {},
    message = 'No.',
    details?: object,
  ): Play =>
  (response) => {
    for (const [name, value] of Object.entries(headers))
      response.setHeader(name, typeof value === 'string' ? value : value());
    sendJson(response, { error: { message, ...details } }, code);
  };
const open = (response: ServerResponse, streamed: boolean) => {
  if (streamed) return openEvents(response);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
};
const html = (response: ServerResponse, code: number) =>
  response.writeHead(code, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
const hangAfterHead: Play = (response, _dialect, streamed) => open(response, streamed);
const stall: Play = (response, { opening }, streamed) => {
  open(response, streamed);
  response.write(streamed ? opening : '{');
};
const empty: Play = (response, _dialect, streamed) => {
  open(response, streamed);
  response.end();
};
const faultIn200: Play = (response, { fault, faultEvent }, streamed) => {
  open(response, streamed);
  response.end(streamed ? faultEvent : JSON.stringify(fault));
};
const cutBefore: Play = (response, { opening }, streamed) => {
  open(response, streamed);
  response.write(streamed ? opening : '{"id":', () => setTimeout(() => response.destroy(), 5));
};

interface Row {
  readonly name: string;
  /** It hangs: `one` is given little time. */
  readonly hangs?: boolean;
  readonly play: Play;
  /** How often `one` is asked before `two` answers: 2 where its other key might do better. */
  readonly calls: number;
  /** What a caller reads where `one` with one key is all there is. */
  readonly alone: string;
  /** What is held back after the walk: `scope state seconds`. */
  readonly cools?: string;
}

const DAY = 86_400;
const KEYS_ASIDE = 'key aside, key aside';
const cooling = (seconds: number) => `key-model cooling ${seconds}, key-model cooling ${seconds}`;

// prettier-ignore
const ROWS: readonly Row[] = [
  // what fails                  how                                                          calls alone                       held back after
  { name: '401',                 play: status(401),                                           calls: 2, alone: '401 key_refused',     cools: KEYS_ASIDE },
  { name: '402',                 play: status(402),                                           calls: 2, alone: '402 provider_error',  cools: cooling(600) },
  { name: '403 of the key',      play: status(403, {}, 'Forbidden'),                          calls: 2, alone: '403 key_refused',     cools: KEYS_ASIDE },
  { name: '403 of the region',   play: status(403, {}, 'Not in your region'),                 calls: 2, alone: '403 provider_error',  cools: cooling(180) },
  { name: '400',                 play: status(400),                                           calls: 1, alone: '400 provider_error' },
  { name: '404',                 play: status(404, {}, 'model not found'),                    calls: 1, alone: '404 model_not_found' },
  { name: '408',                 play: status(408),                                           calls: 1, alone: '408 provider_error' },
  { name: '429',                 play: status(429),                                           calls: 2, alone: '429 rate_limited',    cools: cooling(30) },
  { name: '429 retry-after',     play: status(429, { 'retry-after': '7' }),                   calls: 2, alone: '429 rate_limited',    cools: cooling(7) },
  { name: '429 retry-after-ms',  play: status(429, { 'retry-after-ms': '9000' }),             calls: 2, alone: '429 rate_limited',    cools: cooling(9) },
  { name: '429 days ahead',      play: status(429, { 'retry-after': () => IN_DAYS().toUTCString() }), calls: 2, alone: '429 rate_limited',    cools: cooling(3 * DAY) },
  { name: '429 reset-tokens',    play: status(429, { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '6m0s' }), calls: 2, alone: '429 rate_limited', cools: cooling(360) },
  { name: '429 anthropic reset', play: status(429, { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': () => IN_DAYS().toISOString() }), calls: 2, alone: '429 rate_limited', cools: cooling(3 * DAY) },
  { name: '429 retryDelay',      play: status(429, {}, 'Quota', { details: [{ '@type': 'RetryInfo', retryDelay: '17s' }] }), calls: 2, alone: '429 rate_limited', cools: cooling(17) },
  { name: '429 in words',        play: status(429, {}, 'Please try again in 5s.'),            calls: 2, alone: '429 rate_limited',    cools: cooling(5) },
  { name: '429 no quota',        play: status(429, {}, 'You exceeded your current quota'),    calls: 2, alone: '429 rate_limited',    cools: 'key cooling 600, key cooling 600' },
  { name: '500',                 play: status(500),                                           calls: 1, alone: '500 provider_error' },
  { name: '502',                 play: status(502),                                           calls: 1, alone: '502 provider_error' },
  { name: '503',                 play: status(503),                                           calls: 1, alone: '503 provider_error' },
  { name: '503 retry-after',     play: status(503, { 'retry-after': '20' }),                  calls: 2, alone: '503 provider_error',  cools: cooling(20) },
  { name: '529',                 play: status(529),                                           calls: 1, alone: '529 provider_error' },
  { name: 'HTML 502',            play: (response) => html(response, 502),                     calls: 1, alone: '502 provider_error' },
  { name: 'HTML 200',            play: (response) => html(response, 200),                     calls: 1, alone: '502 bad_upstream' },
  { name: 'broken connection',   play: (response) => response.destroy(),                      calls: 1, alone: '502 bad_upstream' },
  { hangs: true, name: 'hang before headers', play: () => {},                                              calls: 1, alone: '504 upstream_timeout' },
  { hangs: true, name: 'hang after headers',  play: hangAfterHead,                                         calls: 1, alone: '504 upstream_timeout' },
  { hangs: true, name: 'stall',               play: stall,                                                 calls: 1, alone: '504 upstream_timeout' },
  { name: 'empty',               play: empty,                                                 calls: 1, alone: '502 bad_upstream' },
  { name: 'error inside a 200',  play: faultIn200,                                            calls: 1, alone: '5xx provider_error' },
  { name: 'cut before content',  play: cutBefore,                                             calls: 1, alone: '502 upstream_truncated' },
];

const CALLERS = {
  openai: {
    path: '/v1/chat/completions',
    body: { messages: [{ role: 'user', content: 'Hello' }] },
  },
  anthropic: {
    path: '/v1/messages',
    body: { max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] },
  },
  responses: { path: '/v1/responses', body: { input: 'Hello' } },
};

let play: Play = () => {};
let dialect = DIALECTS['openai-chat']!;
let one: Loopback;
let two: Loopback;
beforeAll(async () => {
  one = await serve((response, { body, path }) => {
    play(response, dialect, body.stream === true || path.includes('streamGenerateContent'));
  });
  two = await serve((response, { body }) => {
    if (body.stream !== true) return sendJson(response, completionOf('Hi'));
    openEvents(response);
    response.end(chunkOf({ content: 'Hi' }) + chunkOf({}, 'stop') + DONE);
  });
});
afterAll(() => Promise.all([one.close(), two.close()]));

interface Setting {
  hangs?: boolean | undefined;
  change?: Partial<Provider>;
}

function setUp(format: string, keys: string[], { hangs = false, change }: Setting = {}) {
  dialect = DIALECTS[format]!;
  one.received.length = 0;
  two.received.length = 0;
  const row = { format: format as UpstreamFormatName, ...dialect.row(one.origin), ...change };
  const providers = [
    providerAt(one.origin, { id: 'one', ...row }),
    providerAt(two.origin, { id: 'two' }),
  ];
  const limits = { sameKeyRetries: 0, ...(hangs && { idleTimeoutMs: IDLE_MS }) };
  return createTestRouter({
    providers,
    keys: { one: keys, two: ['sk-two-0123456789'] },
    parts: {
      settings: async () => limits,
      async resolve({ model = '' }) {
        const targets = model.split(',').map((route): Target => {
          const [id = '', name = ''] = route.split('/');
          const provider = providers.find((row) => row.id === id)!;
          return { provider, model: name, ...(hangs && id === 'one' && { timeoutMs: SOON_MS }) };
        });
        return { targets, answerModel: model };
      },
    },
  });
}

const TWO_KEYS = ['sk-one-0123456789', 'sk-other-0123456789'];

/** Dates are told to the second, so that a wait of days is right within two. */
function toSeconds(milliseconds: number): number {
  const seconds = Math.round(milliseconds / 1000);
  return seconds > DAY ? Math.round(seconds / 60) * 60 : seconds;
}

async function heldBack(router: ReturnType<typeof setUp>): Promise<string> {
  const cooldowns = await router.cooldowns();
  return cooldowns
    .map(({ scope, state, since, until }) =>
      until === undefined ? `${scope} ${state}` : `${scope} ${state} ${toSeconds(until - since)}`,
    )
    .join(', ');
}

describe.each(Object.keys(DIALECTS))('before the first content, from %s', (format) => {
  describe.each(Object.entries(CALLERS))('to a caller of %s', (_name, { path, body }) => {
    describe.each([true, false])('streamed: %s', (stream) => {
      it.each(ROWS)('$name', async (row) => {
        play = row.play;
        const router = setUp(format, TWO_KEYS, row);
        const answer = await router.chat({ ...body, stream, model: 'one/m,two/m' }, { path });
        const text = await answer.text();
        expect([answer.status, text.includes('Hi')]).toEqual([200, true]);
        expect(answer.headers.get('x-gatehouse-provider')).toBe('two');
        expect(answer.headers.get('x-gatehouse-attempts')).toBe(String(row.calls + 1));
        expect([one.received.length, two.received.length]).toEqual([row.calls, 1]);
        expect(await heldBack(router)).toBe(row.cools ?? '');
        // One call, counted where it was answered; what failed is told and costs nothing known.
        await expect.poll(() => router.usage.length).toBe(1);
        const { attempts, ...counted } = router.usage[0]!;
        expect(counted.failed).toBe(false);
        expect(attempts.map((each) => `${each.provider} ${each.failed}`)).toEqual([
          ...Array.from({ length: row.calls }, () => 'one true'),
          'two false',
        ]);
        expect(attempts.at(-1)!.usage?.output).toBeGreaterThan(0);
        expect(new Set(attempts.map(({ keyId }) => keyId)).size).toBe(row.calls + 1);

        const alone = setUp(format, TWO_KEYS.slice(0, 1), row);
        const failed = await alone.chat({ ...body, stream, model: 'one/m' }, { path });
        const { error } = (await failed.json()) as { error: { code: string } };
        const said = `${failed.status} ${error.code}`;
        expect(row.alone.startsWith('5xx') ? said.replace(/^5\d\d/, '5xx') : said).toBe(row.alone);
        expect(one.received).toHaveLength(1);
      });
    });
  });
});

describe.each(Object.keys(DIALECTS))('from %s', (format) => {
  it.each([
    ['refused', 'http://127.0.0.1:9'],
    ['TLS failure', 'https:'],
  ])('a connection that fails, %s, moves on', async (_name, origin) => {
    const baseUrl = origin === 'https:' ? one.origin.replace('http:', origin) : origin;
    const router = setUp(format, TWO_KEYS, { change: { baseUrl: `${baseUrl}/v1` } });
    for (const stream of [true, false]) {
      for (const { path, body } of Object.values(CALLERS)) {
        const answer = await router.chat({ ...body, stream, model: 'one/m,two/m' }, { path });
        expect([answer.status, (await answer.text()).includes('Hi')]).toEqual([200, true]);
      }
      // Three times in a row: from now on it is asked after the others.
      expect(await heldBack(router)).toBe('provider failing 15');
    }
    expect([one.received.length, two.received.length]).toEqual([0, 6]);
    expect(router.usage.map(({ attempts }) => attempts.length)).toEqual([2, 2, 2, 1, 1, 1]);
  });

  it.each(Object.entries(CALLERS))(
    'what is cut after its first content is never asked for again, and %s is told',
    async (_name, { path, body }) => {
      play = (response, { hi }) => {
        openEvents(response);
        response.write(hi, () => setTimeout(() => response.destroy(), 20));
      };
      const router = setUp(format, TWO_KEYS);
      const answer = await router.chat({ ...body, stream: true, model: 'one/m,two/m' }, { path });
      const text = await answer.text();
      expect(answer.status).toBe(200);
      expect(text).toContain('Hi');
      expect(text).toContain('upstream_truncated');
      expect(text).not.toMatch(/\[DONE\]|message_stop|response\.completed/);
      expect([one.received.length, two.received.length]).toEqual([1, 0]);
      expect(await heldBack(router)).toBe('');
    },
  );

  it('one that is well answers by itself', async () => {
    play = (response, { hi, end, whole }, streamed) => {
      if (!streamed) return sendJson(response, whole);
      openEvents(response);
      response.end(hi + end);
    };
    const router = setUp(format, TWO_KEYS);
    for (const { path, body } of Object.values(CALLERS)) {
      for (const stream of [true, false]) {
        const answer = await router.chat({ ...body, stream, model: 'one/m,two/m' }, { path });
        expect(await answer.text()).toContain('Hi');
      }
    }
    expect([one.received.length, two.received.length]).toEqual([6, 0]);
  });
});
