import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../middleware/attempts.ts';
import type { Wanted } from '../middleware/reserve.ts';
import type { Provider } from '../providers/provider.ts';
import { chunkOf, DONE, openEvents, sendJson, serve, type Loopback } from '../testing/loopback.ts';
import { createTestRouter, providerAt } from '../testing/parts.ts';

const GO_ON = /Go on exactly where it stops/;
const usageOf = (input: number, output: number) => ({
  usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
});
const data = (body: { type: string; [field: string]: unknown }) =>
  `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;

type Play = (response: ServerResponse) => void;
/** Says so much and breaks off. */
const cut =
  (...deltas: object[]): Play =>
  (response) => {
    openEvents(response);
    response.write(deltas.map((delta) => chunkOf(delta)).join(''), () =>
      setTimeout(() => response.destroy(), 10),
    );
  };
const ends =
  (text: string): Play =>
  (response) => {
    openEvents(response);
    response.end(
      chunkOf({ role: 'assistant' }) +
        chunkOf({ content: text }) +
        chunkOf({}, 'stop') +
        chunkOf({}, null, { choices: [], ...usageOf(20, 3) }) +
        DONE,
    );
  };
const claude = (text: string): Play => {
  const message = { id: 'm', type: 'message', role: 'assistant', model: 'c', content: [] };
  return (response) => {
    openEvents(response);
    response.end(
      data({
        type: 'message_start',
        message: { ...message, usage: { input_tokens: 20, output_tokens: 1 } },
      }) +
        data({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }) +
        data({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }) +
        data({ type: 'content_block_stop', index: 0 }) +
        data({
          type: 'message_delta',
          delta: { stop_reason: 'end_turn' },
          usage: { output_tokens: 3 },
        }) +
        data({ type: 'message_stop' }),
    );
  };
};

const served: Loopback[] = [];
afterEach(() => Promise.all(served.splice(0).map((one) => one.close())));

async function setUp(
  plays: Play[],
  { continuePartial = true, rows = [] as Partial<Provider>[], models = [] as string[] } = {},
) {
  const held: Wanted[] = [];
  const upstreams = await Promise.all(plays.map((play) => serve((response) => play(response))));
  served.push(...upstreams);
  const targets = upstreams.map(({ origin }, at) => ({
    provider: providerAt(origin, { id: `p${at}`, ...rows[at] }),
    model: models[at] ?? 'm',
  }));
  const router = createTestRouter({
    providers: targets.map(({ provider }) => provider),
    keys: Object.fromEntries(
      targets.map(({ provider }) => [provider.id, [`sk-${provider.id}-0123456789`]]),
    ),
    parts: {
      resolve: async () => ({ targets, answerModel: 'mine', continuePartial }),
      reserve: async (_grant, routes, wanted) => {
        held.push(wanted());
        return { targets: routes, hold: { persist: async () => {}, release: () => {} } };
      },
    },
  });
  const told: AttemptRecord[] = [];
  router.parts.attempts.listen((attempt) => told.push(attempt));
  return { router, told, held, received: upstreams.map(({ received }) => received) };
}

const ASKED = {
  model: 'mine',
  stream: true,
  stream_options: { include_usage: true },
  messages: [{ role: 'user', content: 'Count.' }],
  x_unknown: 1,
};
const CLAUDE: Partial<Provider> = {
  format: 'anthropic-messages',
  auth: { scheme: 'header', name: 'x-api-key' },
};

/** The words of a stream of OpenAI's chat, and its usage. */
function read(stream: string) {
  const chunks = stream
    .split('\n\n')
    .flatMap((event) => (event.startsWith('data: {') ? [JSON.parse(event.slice(6)) as Chunk] : []));
  return {
    text: chunks.map(({ choices }) => choices?.[0]?.delta?.content ?? '').join(''),
    ids: new Set(chunks.map(({ id }) => id)).size,
    usage: chunks.findLast(({ usage }) => usage)?.usage,
    finishes: chunks.flatMap(({ choices }) => choices?.[0]?.finish_reason ?? []),
    error: chunks.find(({ error }) => error)?.error?.code,
    isDone: stream.includes('[DONE]'),
  };
}
interface Chunk {
  id: string;
  choices?: { delta?: { content?: string }; finish_reason?: string }[];
  usage?: object;
  error?: { code: string };
}

describe('an answer that breaks off, where the model may go on', () => {
  it('goes on with the next route from the partial text, and says so', async () => {
    const { router, told, received } = await setUp([
      cut({ content: 'One, two' }),
      ends(', three.'),
    ]);
    const answer = await router.chat(ASKED);
    const stream = await answer.text();
    const { text, ids, finishes, error, isDone } = read(stream);
    expect([text, ids, finishes, error, isDone]).toEqual([
      'One, two, three.',
      1,
      ['stop'],
      undefined,
      true,
    ]);
    expect(stream).toContain(
      ': {"gatehouse":{"continued":{"from":"p0/m","to":"p1/m","code":"upstream_truncated"}}}',
    );
    const { messages, x_unknown } = received[1]![0]!.body as typeof ASKED;
    expect(messages.slice(0, 2)).toEqual([
      { role: 'user', content: 'Count.' },
      { role: 'assistant', content: 'One, two' },
    ]);
    expect(messages[2]).toMatchObject({
      role: 'user',
      content: expect.stringMatching(GO_ON) as string,
    });
    expect([messages.length, x_unknown]).toEqual([3, 1]);
    expect(told.map(({ cause, provider, outcome }) => `${cause} ${provider} ${outcome}`)).toEqual([
      'first p0 cut',
      'continuation p1 answered',
    ]);
  });

  it('is held for as often as it may be paid: with each route that could go on', async () => {
    const plays = [cut({ content: 'One' }), cut({ content: ', two' }), ends(', three.')];
    const heldFor = async (goesOn: boolean, headers = {}) => {
      const { router, held } = await setUp(plays, { continuePartial: goesOn });
      await (await router.chat({ ...ASKED, max_tokens: 50 }, { headers })).text();
      return [held.length, held[0]?.output];
    };
    expect(await heldFor(true)).toEqual([1, { named: 50, answers: 3 }]);
    expect(await heldFor(false)).toEqual([1, { named: 50, answers: 1 }]);
    const alone = { 'x-gatehouse-fallback': 'off' };
    expect(await heldFor(true, alone)).toEqual([1, { named: 50, answers: 1 }]);
  });

  it('tells the caller the usage of both, and counts each where it was used', async () => {
    const { router } = await setUp([cut({ content: 'One, two' }), ends(', three.')]);
    const { usage } = read(await (await router.chat(ASKED)).text());
    const [call] = router.usage;
    const [first, second] = call!.attempts;
    expect(first).toMatchObject({ provider: 'p0', failed: true, estimated: true });
    expect(first!.usage).toEqual({ input: expect.any(Number) as number, output: 2 });
    expect(second).toMatchObject({
      provider: 'p1',
      failed: false,
      usage: { input: 20, output: 3 },
    });
    expect(usage).toMatchObject({
      prompt_tokens: first!.usage!.input + 20,
      completion_tokens: first!.usage!.output + 3,
    });
    expect([router.usage.length, call!.failed, router.awake()]).toEqual([1, false, 0]);
  });

  it('gives a model that goes on with its own words the partial text as such, without its last spaces', async () => {
    const { router, received } = await setUp([cut({ content: 'One, two, ' }), claude(' three.')], {
      rows: [{}, CLAUDE],
      models: ['m', 'claude-3-5-sonnet'],
    });
    const { text, isDone } = read(await (await router.chat(ASKED)).text());
    expect([text, isDone]).toEqual(['One, two, three.', true]);
    const { messages } = received[1]![0]!.body as {
      messages: { role: string; content: unknown }[];
    };
    expect(messages).toHaveLength(2);
    expect(messages[1]!.role).toBe('assistant');
    expect(JSON.stringify(messages[1]!.content)).toMatch(/One, two,"/);
  });

  it('tells newer ones, that take no prefill, in words', async () => {
    const { router, received } = await setUp([cut({ content: 'One' }), claude(', two.')], {
      rows: [{}, CLAUDE],
      models: ['m', 'claude-opus-4-6'],
    });
    await (await router.chat(ASKED)).text();
    const { messages } = received[1]![0]!.body as { messages: { role: string }[] };
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it.each([
    ['/v1/messages', { max_tokens: 50, messages: ASKED.messages }, 'message_stop'],
    ['/v1/responses', { input: 'Count.' }, 'response.completed'],
    [
      '/v1beta/models/mine:streamGenerateContent?alt=sse',
      { contents: [{ role: 'user', parts: [{ text: 'Count.' }] }] },
      'STOP',
    ],
  ])('ends well in the dialect of %s', async (path, body, end) => {
    const { router, received } = await setUp([cut({ content: 'One, two' }), ends(', three.')]);
    const stream = await (
      await router.chat({ ...body, model: 'mine', stream: true }, { path })
    ).text();
    expect(stream).toContain('One, two');
    expect(stream).toContain(', three.');
    expect(stream).toContain(end);
    // But for our remark of it.
    expect(stream.replace(/^: .*$/m, '')).not.toContain('upstream_truncated');
    const { messages } = received[1]![0]!.body as { messages: { role: string }[] };
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it('numbers the blocks of the next answer after those of the first', async () => {
    const { router } = await setUp([cut({ content: 'One, two' }), ends(', three.')]);
    const body = { model: 'mine', stream: true, max_tokens: 50, messages: ASKED.messages };
    const stream = await (await router.chat(body, { path: '/v1/messages' })).text();
    const blocks = stream.matchAll(/"type":"(content_block_st\w+)","index":(\d+)/g);
    expect([...blocks].map(([, type, index]) => `${type} ${index}`)).toEqual([
      'content_block_start 0',
      'content_block_stop 0',
      'content_block_start 1',
      'content_block_stop 1',
    ]);
  });

  it('goes on as often as there are routes, from all that was said', async () => {
    const { router, received } = await setUp([
      cut({ content: 'One' }),
      cut({ content: ', two' }),
      ends(', three.'),
    ]);
    expect(read(await (await router.chat(ASKED)).text()).text).toBe('One, two, three.');
    const { messages } = received[2]![0]!.body as typeof ASKED;
    expect(messages[1]).toEqual({ role: 'assistant', content: 'One, two' });
  });

  it('begins anew where only reasoning had come', async () => {
    const { router, received } = await setUp([cut({ reasoning_content: 'Hm.' }), ends('One.')]);
    expect(read(await (await router.chat(ASKED)).text()).text).toBe('One.');
    expect((received[1]![0]!.body as typeof ASKED).messages).toHaveLength(1);
  });

  const call = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{' } };
  it.each<[string, Play[], object]>([
    ['it holds a tool call', [cut({ content: 'One' }, { tool_calls: [call] }), ends('x')], {}],
    ['there is no other route', [cut({ content: 'One' })], {}],
    [
      'the other route fails too',
      [cut({ content: 'One' }), (response) => sendJson(response, {}, 500)],
      {},
    ],
    ['nobody asked for it', [cut({ content: 'One' }), ends('x')], { continuePartial: false }],
  ])('ends in an error, and never falsely, where %s', async (_name, plays, options) => {
    const { router, received } = await setUp(plays, options);
    const { text, error, isDone, finishes } = read(await (await router.chat(ASKED)).text());
    expect([text, error, isDone, finishes]).toEqual(['One', 'upstream_truncated', false, []]);
    expect(router.usage).toMatchObject([{ failed: true }]);
    if (plays.length === 2 && !('continuePartial' in options) && _name.startsWith('it'))
      expect(received[1]).toEqual([]);
    expect(router.awake()).toBe(0);
  });

  it('does not go on where fallback is off, nor once the caller has left', async () => {
    const off = await setUp([cut({ content: 'One' }), ends('x')]);
    const headers = { 'x-gatehouse-fallback': 'off' };
    expect(read(await (await off.router.chat(ASKED, { headers })).text()).error).toBe(
      'upstream_truncated',
    );
    expect(off.received[1]).toEqual([]);
    const left = await setUp([(response) => cut({ content: 'One' })(response), ends('x')]);
    const answer = await left.router.chat(ASKED);
    await answer.body!.cancel();
    await new Promise((later) => setTimeout(later, 50));
    expect(left.received[1]).toEqual([]);
  });
});
