import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../middleware/attempts.ts';
import type { LogicalModelRecord, Settings } from '../storage/records.ts';
import {
  chunkOf,
  completionOf,
  DONE,
  openEvents,
  sendJson,
  serve,
  type Loopback,
} from '../testing/loopback.ts';
import { createTestRouter, errorOf, providerAt } from '../testing/parts.ts';
import { enforcementOf } from './enforced.ts';

const CALL = { id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } };
const withCall = {
  ...completionOf(''),
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: null, tool_calls: [CALL] },
      finish_reason: 'tool_calls',
    },
  ],
};

/** What the provider answers in turn: words, a tool call, or a status. */
let turns: (string | number | 'CALL')[] = [];
let box: Loopback;
beforeAll(async () => {
  box = await serve((response, { body }) => {
    const turn = turns.shift() ?? 'No more.';
    if (typeof turn === 'number') return sendJson(response, { error: { message: 'No.' } }, turn);
    if (body.stream !== true)
      return sendJson(response, turn === 'CALL' ? withCall : completionOf(turn));
    openEvents(response);
    const delta = turn === 'CALL' ? { tool_calls: [{ index: 0, ...CALL }] } : { content: turn };
    const usage = { usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 } };
    response.end(
      chunkOf(delta) + chunkOf({}, turn === 'CALL' ? 'tool_calls' : 'stop', usage) + DONE,
    );
  });
});
afterAll(() => box.close());
beforeEach(() => void (box.received.length = 0));

const ASKED = {
  model: 'mine',
  messages: [{ role: 'user', content: 'Look.' }],
  tools: [{ type: 'function', function: { name: 'look' } }],
};
const ON = { 'x-enforce-tool-call': 'true' };

function setUp(toolEnforcement?: LogicalModelRecord['toolEnforcement']) {
  const providers = [providerAt(box.origin)];
  const router = createTestRouter({
    providers,
    keys: { box: ['sk-box-0123456789'] },
    parts: {
      resolve: async () => ({
        targets: [{ provider: providers[0]!, model: 'm' }],
        answerModel: 'mine',
        toolEnforcement,
      }),
    },
  });
  const told: AttemptRecord[] = [];
  router.parts.attempts.listen((attempt) => told.push(attempt));
  return { router, told };
}

describe('R19: who says whether a tool call must come', () => {
  type Model = LogicalModelRecord['toolEnforcement'];
  const on: Model = { enabled: true };
  const off: Model = { enabled: false };
  // prettier-ignore
  it.each<[string | undefined, string | undefined, Model, Settings, number | undefined]>([
    // header   query     model                            settings                                                 retries
    [undefined, undefined, undefined,                       {},                                                     undefined],
    [undefined, undefined, undefined,                       { toolEnforcement: true },                              3],
    [undefined, undefined, off,                             { toolEnforcement: true },                              undefined],
    [undefined, undefined, on,                              { toolEnforcement: false },                             3],
    [undefined, 'false',   on,                              { toolEnforcement: true },                              undefined],
    [undefined, '1',       off,                             {},                                                     3],
    ['off',     'true',    on,                              { toolEnforcement: true },                              undefined],
    ['ON',      'false',   off,                             { toolEnforcement: false },                             3],
    ['true',    undefined, { enabled: false, maxRetries: 7 }, {},                                                   7],
    ['true',    undefined, on,                              { toolEnforcementRetries: 5 },                          5],
    ['true',    undefined, { enabled: true, maxRetries: 1 }, { toolEnforcementRetries: 5 },                         1],
    ['true',    undefined, { enabled: true, maxRetries: 99 }, {},                                                   10],
  ])('header %s, query %s, model %o, settings %o: %s', (header, query, model, settings, expected) => {
    const url = new URL('https://x.test/');
    if (query !== undefined) url.searchParams.set('enforce_tool_call', query);
    const headers: HeadersInit = header === undefined ? {} : { 'x-enforce-tool-call': header };
    const call = { url, request: new Request(url, { headers }) };
    const chat = { tools: [{ name: 'f' }] } as never;
    expect(enforcementOf(call, chat, model, settings)?.maxRetries).toBe(expected);
    const none = { tools: [{ name: 'f' }], toolChoice: 'none' } as never;
    expect(enforcementOf(call, none, model, settings)).toBeUndefined();
    expect(enforcementOf(call, { tools: [] } as never, model, settings)).toBeUndefined();
  });

  it('refuses a word that is neither', async () => {
    const answer = await setUp().router.chat(ASKED, {
      headers: { 'x-enforce-tool-call': 'maybe' },
    });
    expect(answer.status).toBe(400);
    expect(await errorOf(answer)).toMatchObject({ param: 'x-enforce-tool-call' });
    expect(box.received).toEqual([]);
  });
});

describe.each([false, true])('R19: an answer that must call a tool, streamed: %s', (stream) => {
  // prettier-ignore
  it.each<[string, (string | number)[], number, string, number]>([
    // what comes                    in turn                                       asked  outcome            tries
    ['a call at once',              ['CALL'],                                      1, 'met; tries=1',      1],
    ['a call after words',          ['Well.', 'Hm.', 'CALL'],                      3, 'met; tries=3',      3],
    ['words for ever',              ['A.', 'B.', 'C.', 'D.', 'E.'],                4, 'unmet; tries=4',    4],
    ['the flag that all is done',   ['Well.', '{"tool_loop": "completed"}'],       2, 'met; tries=2',      2],
    ['the flag in a fence',         ['```json\n{"tool_loop":"completed"}\n```'],   1, 'met; tries=1',      1],
    ['another flag',                ['{"tool_loop":"running"}', 'CALL'],           2, 'met; tries=2',      2],
    ['a failure after words',       ['Well.', 400],                                2, 'unmet; tries=1',    1],
  ])('meets %s', async (_name, answers, asked, outcome, counted) => {
    turns = [...answers];
    const { router, told } = setUp();
    const answer = await router.chat({ ...ASKED, stream, stream_options: stream ? { include_usage: true } : undefined }, { headers: ON });
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(box.received).toHaveLength(asked);
    expect(answer.headers.get('x-gatehouse-tool-enforcement')).toBe(outcome);
    expect(answer.headers.get('x-gatehouse-buffered')).toBe(stream ? 'tool-enforcement' : null);
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-gatehouse-tool-enforcement');
    expect(answer.headers.get('x-gatehouse-attempts')).toBe(String(asked));
    expect(text).toContain(outcome.startsWith('unmet') ? String(answers[counted - 1]) : answers[counted - 1] === 'CALL' ? 'look' : 'completed');
    // Each try cost what it cost; the caller reads the sum.
    expect(text).toContain(`"prompt_tokens":${3 * counted}`);
    expect(text).toContain(`"completion_tokens":${5 * counted}`);
    const used = router.usage[0]!.attempts.map(({ usage }) => usage?.output ?? 0);
    expect(used.reduce((sum, one) => sum + one)).toBe(5 * counted);
    expect(router.usage).toHaveLength(1);
    expect(told.filter(({ outcome }) => outcome === 'rejected')).toHaveLength(
      asked === counted ? asked - 1 : counted,
    );
    expect(router.awake()).toBe(0);
  });

  it('is asked for again with the words that did not do', async () => {
    turns = ['Well.', 'CALL'];
    await (await setUp({ enabled: true }).router.chat({ ...ASKED, stream })).text();
    const { messages, tools } = box.received[1]!.body as typeof ASKED;
    expect(messages).toMatchObject([
      { role: 'user', content: 'Look.' },
      { role: 'assistant', content: 'Well.' },
      { role: 'user', content: expect.stringContaining('{"tool_loop":"completed"}') as string },
    ]);
    expect(tools).toEqual(ASKED.tools);
  });

  it('is none of ours where nobody asks for it', async () => {
    turns = ['Well.'];
    const answer = await setUp().router.chat({ ...ASKED, stream });
    expect(await answer.text()).toContain('Well.');
    expect([box.received.length, answer.headers.get('x-gatehouse-tool-enforcement')]).toEqual([
      1,
      null,
    ]);
  });
});
