import { isDeepStrictEqual } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { RouterError } from '../errors.ts';
import { collect, type CollectedAnswer } from '../streams/collect.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { ChatEvent, FinishReason } from './chat.ts';
import { decodeAll, encodeAll } from './format.contract.ts';
import type { AnswerContext, Format } from './format.ts';
import { googleGenerateContent } from './google-generate-content/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';
import {
  dataLines,
  parseArguments,
  plainChat,
  plainGoogle,
  plainMessages,
  plainResponses,
  plainResponsesDeltas,
  type Plain,
  type PlainChoice,
} from './testing/plain.ts';
import {
  createScore,
  everyByte,
  hasRecordings,
  randomChunks,
  recordingsOf,
  type Recording,
} from './testing/recordings.ts';

interface Dialect {
  /** Its name in the recordings. */
  api: string;
  format: Format;
  plain(events: readonly unknown[], whole?: boolean): Plain;
  /** Says refusals apart from text. */
  refusals: boolean;
  /** Gives more than one answer. */
  choices: boolean;
  /** Arguments are JSON text, so that broken ones can be told. */
  textArguments: boolean;
  /** Where its answers name the model. */
  modelField: string;
  /** Tells usage always. */
  usage: boolean;
}

const DIALECTS: readonly Dialect[] = [
  {
    api: 'openai-chat',
    format: openaiChat,
    plain: plainChat,
    refusals: true,
    choices: true,
    textArguments: true,
    modelField: 'model',
    usage: false,
  },
  {
    api: 'anthropic-messages',
    format: anthropicMessages,
    plain: plainMessages,
    refusals: false,
    choices: false,
    textArguments: false,
    modelField: 'model',
    usage: true,
  },
  {
    api: 'google-generate',
    format: googleGenerateContent,
    plain: plainGoogle,
    refusals: false,
    choices: true,
    textArguments: false,
    modelField: 'modelVersion',
    usage: false,
  },
  {
    api: 'openai-responses',
    format: openaiResponses,
    plain: plainResponses,
    refusals: true,
    choices: false,
    textArguments: true,
    modelField: 'model',
    usage: false,
  },
];

/** What can't be right, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'openai/responses-gpt-4o-ad09ad': 'queued in the background: no answer yet',
  'openai/responses-plain-gpt-4o-00a27c': 'queued in the background: no answer yet',
  'openai/responses-toolresult-gpt-4o-c0db97': 'queued in the background: no answer yet',
  'anthropic/messages-stream-paralleltools-tools-claude-3-haiku-20240307-3cd001':
    'two answers in one file, the first broken off in the middle of a call',
};

/** Larger streams are cut at random only: one byte at a time they take minutes. */
const MOST_BYTES_ONE_BY_ONE = 8_192;

const context: AnswerContext = {
  id: 'ours',
  created: 1,
  model: 'ours',
  includeUsage: true,
  passThrough: false,
};

const FINISH: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  error: 'error',
  other: 'other',
};

/** Our collected answer in the words of the plain decoding. */
function toPlain(answer: CollectedAnswer): Plain {
  const join = (
    choice: CollectedAnswer['choices'][number],
    type: 'text' | 'reasoning' | 'refusal',
  ) => choice.content.map((part) => (part.type === type ? part.text : '')).join('');
  return {
    choices: answer.choices.map((choice) => ({
      text: join(choice, 'text'),
      reasoning: join(choice, 'reasoning'),
      refusal: join(choice, 'refusal'),
      tools: choice.content.flatMap((part) =>
        part.type === 'tool-call'
          ? [{ name: part.name, arguments: parseArguments(part.arguments) }]
          : [],
      ),
      finish: choice.finish === undefined ? null : FINISH[choice.finish.reason],
    })),
    ...(answer.usage && { usage: { input: answer.usage.input, output: answer.usage.output } }),
    ...(answer.fault && { error: answer.fault.message }),
  };
}

/** A finish that is no word of the dialect, or none, is what it must mean. */
function settled(plain: Plain): Plain {
  const finish = ({ finish, tools }: PlainChoice) => {
    const word =
      finish === 'function_call' || finish === 'tool_call' ? 'tool_calls' : (finish ?? 'stop');
    return word === 'stop' && tools.length > 0 ? 'tool_calls' : word;
  };
  return {
    ...plain,
    choices: plain.choices.map((choice) => ({ ...choice, finish: finish(choice) })),
  };
}

/** What a caller of a dialect can be told of an answer. */
function within(dialect: Dialect, plain: Plain, isWhole: boolean): Plain {
  // Arguments that were cut off are no object, where one is needed.
  const wraps = !dialect.textArguments && (isWhole || dialect.format !== anthropicMessages);
  const choices = plain.choices.slice(0, dialect.choices ? undefined : 1).map((choice) => ({
    ...choice,
    tools: choice.tools.map((tool) =>
      wraps && typeof tool.arguments === 'string'
        ? { ...tool, arguments: { arguments: tool.arguments } }
        : tool,
    ),
    ...(!dialect.refusals && {
      text: choice.text + choice.refusal,
      refusal: '',
      finish: choice.refusal === '' ? choice.finish : 'content_filter',
    }),
  }));
  return { ...(dialect.usage && { usage: { input: 0, output: 0 } }), ...plain, choices };
}

/** Says what differs, for a list of failures is read without a debugger. */
function same(what: string, told: Plain, expected: Plain): void {
  if (isDeepStrictEqual(told, JSON.parse(JSON.stringify(expected)))) return;
  const [ours, theirs] = [told, expected].map((plain) => JSON.stringify(plain));
  const at = [...ours!].findIndex((character, place) => character !== theirs![place]);
  const from = Math.max(0, at - 60);
  throw new Error(`${what}: …${ours!.slice(from, at + 60)}… for …${theirs!.slice(from, at + 60)}…`);
}

function isEmpty({ choices }: Plain): boolean {
  return choices.every(
    (choice) =>
      `${choice.text}${choice.reasoning}${choice.refusal}` === '' &&
      choice.tools.length === 0 &&
      choice.finish === null,
  );
}

function check(dialect: Dialect, recording: Recording): void {
  const { format } = dialect;
  const text = new TextDecoder().decode(recording.bytes);
  const expected = recording.streaming
    ? dialect.plain(dataLines(text))
    : dialect.plain([recording.body], true);
  const decode = (): ChatEvent[] =>
    recording.streaming
      ? decodeAll(format, [recording.bytes])
      : [format.decodeResponse(JSON.parse(text))];

  if (expected.error !== undefined) {
    expect(collect(decode()).fault?.message).toContain(expected.error);
    return;
  }
  if (isEmpty(expected) && !text.includes('"inlineData"')) {
    expect(decode).toThrow(expect.objectContaining({ code: 'bad_upstream' }) as RouterError);
    return;
  }
  const events = decode();
  same('decoded', settled(toPlain(collect(events))), settled(expected));
  if (recording.streaming) checkSplits(format, recording.bytes, events);
  for (const caller of DIALECTS) checkCaller(caller, decode, caller === dialect, settled(expected));
}

function checkSplits(format: Format, bytes: Uint8Array, events: readonly ChatEvent[]): void {
  const whole = withoutMadeUpIds(events);
  if (bytes.length < MOST_BYTES_ONE_BY_ONE)
    expect(withoutMadeUpIds(decodeAll(format, everyByte(bytes)))).toBe(whole);
  for (const seed of [1, 2])
    expect(withoutMadeUpIds(decodeAll(format, randomChunks(bytes, seed)))).toBe(whole);
}

/** Out again to a caller of some dialect: streamed and not, and where it is the same as it came. */
function checkCaller(
  caller: Dialect,
  decode: () => ChatEvent[],
  isSame: boolean,
  expected: Plain,
): void {
  const ways = isSame ? [false, true] : [false];
  for (const passThrough of ways) {
    const to = { ...context, passThrough };
    const bytes = encodeAll(caller.format, decode(), to);
    const streamed = settled(caller.plain(readStrictly(caller, bytes)));
    same(`streamed to ${caller.api}`, streamed, settled(within(caller, expected, false)));
    const events = decode();
    const whole =
      passThrough && events.length === 1
        ? events[0]!
        : { parts: events.flatMap(({ parts }) => parts) };
    const body = JSON.parse(JSON.stringify(caller.format.encodeResponse(whole, to))) as object;
    expect(body).toMatchObject({ [caller.modelField]: 'ours' });
    const told = settled(caller.plain([body], true));
    same(`whole to ${caller.api}`, told, settled(within(caller, expected, true)));
  }
}

/** A stream as a strict client of its dialect reads it. */
function readStrictly(caller: Dialect, bytes: Uint8Array): Record<string, unknown>[] {
  const text = new TextDecoder().decode(bytes);
  if (caller.format === openaiChat) return readChat(text);
  if (caller.format === anthropicMessages) return readMessages(text);
  if (caller.format === openaiResponses) return readResponses(text);
  const chunks = dataLines(text);
  for (const chunk of chunks) expect(chunk).toMatchObject({ modelVersion: 'ours' });
  return chunks;
}

/** Events are named, blocks come one after the other, and the message ends. */
function readMessages(text: string): Record<string, unknown>[] {
  const events = dataLines(text);
  const names = [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
  expect(events.map(({ type }) => type)).toEqual(names);
  const types = names.filter((name) => name !== 'ping');
  if (types.join() === 'message') return events;
  expect([types[0], types.at(-2), types.at(-1)]).toEqual([
    'message_start',
    'message_delta',
    'message_stop',
  ]);
  let open: number | undefined;
  let next = 0;
  for (const { type, index } of events) {
    if (type === 'content_block_start') {
      expect([open, index]).toEqual([undefined, next++]);
      open = index;
    }
    if (type === 'content_block_delta') expect(index).toBe(open);
    if (type === 'content_block_stop') {
      expect(index).toBe(open);
      open = undefined;
    }
  }
  return events;
}

/** Events are named and counted, and their deltas say what the last of them says. */
function readResponses(text: string): Record<string, unknown>[] {
  const events = dataLines(text);
  const names = [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
  expect(events.map(({ type }) => type)).toEqual(names);
  expect(events.at(-1)!.response.model).toBe('ours');
  const { text: said, reasoning, refusal } = plainResponses(events).choices[0]!;
  expect(plainResponsesDeltas(events)).toEqual({ text: said, reasoning, refusal });
  return events;
}

const WORDS = [null, 'stop', 'length', 'tool_calls', 'content_filter', 'function_call'];

/** All that wire-facts.md promises of chunks. */
function readChat(text: string): Record<string, unknown>[] {
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  const chunks = dataLines(text);
  expect(new Set(chunks.map((chunk) => `${chunk.id} ${chunk.created}`)).size).toBe(1);
  const seen = new Set<string>();
  const roles = new Set<number>();
  for (const [position, chunk] of chunks.entries()) {
    expect(chunk).toMatchObject({ object: 'chat.completion.chunk', model: 'ours' });
    if (chunk.usage !== null) expect([position, chunk.choices]).toEqual([chunks.length - 1, []]);
    for (const choice of chunk.choices) {
      if (!roles.has(choice.index)) expect(choice.delta.role).toBe('assistant');
      roles.add(choice.index);
      expect(WORDS).toContain(choice.finish_reason);
      expect(['string', 'undefined', 'object']).toContain(typeof choice.delta.content);
      for (const call of choice.delta.tool_calls ?? []) {
        const key = `${choice.index} ${call.index}`;
        expect(typeof call.function.arguments).toBe('string');
        if (seen.has(key)) expect(call).not.toHaveProperty('id');
        else
          expect([typeof call.id, call.type, typeof call.function.name]).toEqual([
            'string',
            'function',
            'string',
          ]);
        seen.add(key);
      }
    }
  }
  return chunks;
}

function withoutMadeUpIds(events: readonly ChatEvent[]): string {
  return JSON.stringify(events).replace(/"call_[0-9a-f]{32}"/g, '"made-up"');
}

describe.skipIf(!hasRecordings())('recorded traffic', () => {
  for (const dialect of DIALECTS) {
    const recordings = hasRecordings() ? recordingsOf(dialect.api) : [];
    const score = createScore(`${dialect.api} replay`);
    afterAll(() => score.print());

    it(
      `of ${dialect.api} says what it says to callers of every dialect, streamed and not, at whatever splits`,
      { timeout: 600_000 },
      () => {
        for (const recording of recordings.filter(
          ({ status, name }) => status === 200 && !(name in EXCEPTIONS),
        ))
          score.count(recording, () => check(dialect, recording));
        expect(score.failures).toEqual([]);
      },
    );

    it(`of ${dialect.api} keeps the status and the provider's words of each error`, () => {
      for (const recording of recordings.filter(({ status }) => status !== 200))
        score.count(recording, () => {
          const headers = new Headers(recording.headers);
          const fault = dialect.format.decodeError(recording.status, headers, recording.body);
          const said = JSON.stringify(recording.body);
          expect(fault.status).toBe(recording.status);
          expect(fault.message).not.toBe('');
          expect(fault.message).not.toMatch(/^data:/);
          expect(said).toContain(JSON.stringify(fault.message.split(': ')[0]).slice(1, -1));
        });
      expect(score.failures).toEqual([]);
    });
  }
});

if (!hasRecordings())
  it.skip('SKIPPED: ../shared/wire is not there, so nothing recorded was replayed', () => {});
