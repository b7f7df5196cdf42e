import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { RouterError } from '../../errors.ts';
import { collect, type CollectedAnswer } from '../../streams/collect.ts';
import { anthropicMessages } from '../anthropic-messages/index.ts';
import type { ChatEvent, FinishReason } from '../chat.ts';
import { decodeAll, encodeAll } from '../format.contract.ts';
import type { AnswerContext, Format, UpstreamFormat } from '../format.ts';
import { googleGenerateContent } from '../google-generate-content/index.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { openaiResponses } from '../openai-responses/index.ts';
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
} from './plain.ts';
import { everyByte, randomChunks, type createScore, type Recording } from './recordings.ts';

/** A format that is only asked, and how a recording of it is read without its codec. */
export interface Upstream {
  /** Its name in the recordings. */
  api: string;
  format: UpstreamFormat;
  plainOf(recording: Recording): Plain;
}

/** A format that callers speak. */
export interface Dialect {
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

export const DIALECTS: readonly Dialect[] = [
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
function same(what: string, told: object, expected: object): void {
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

/** A recording of a format that callers speak: out again to all of them, and to its own as it came. */
export function checkDialect(dialect: Dialect, recording: Recording, score: Score): void {
  const text = new TextDecoder().decode(recording.bytes);
  const expected = recording.streaming
    ? dialect.plain(dataLines(text))
    : dialect.plain([recording.body], true);
  const isAnswer = !isEmpty(expected) || text.includes('"inlineData"');
  check(dialect, recording, expected, score, isAnswer);
}

/** A recording of a format that is only asked: out to callers of every dialect. */
export function checkUpstream(upstream: Upstream, recording: Recording, score: Score): void {
  check(upstream, recording, upstream.plainOf(recording), score);
}

type Score = ReturnType<typeof createScore>;

type Asked = Pick<Upstream, 'api'> & { format: UpstreamFormat };

function decoderOf({ format }: Asked, { streaming, bytes }: Recording): () => ChatEvent[] {
  if (streaming) return () => decodeAll(format, [bytes]);
  return () => [format.decodeResponse(JSON.parse(new TextDecoder().decode(bytes)))];
}

/** Counts what the decoder says and, in a column each, what callers of every dialect are told. */
function check(
  asked: Asked,
  recording: Recording,
  expected: Plain,
  score: Score,
  isAnswer = !isEmpty(expected),
): void {
  const decode = decoderOf(asked, recording);
  if (expected.error !== undefined || !isAnswer) {
    score.count(recording, () => checkNoAnswer(decode, expected), 'no answer');
    return;
  }
  score.count(recording, () => checkDecoded(asked, recording, decode, expected), 'read');
  for (const caller of DIALECTS)
    score.count(
      recording,
      () => checkCaller(caller, decode, caller.format === asked.format, settled(expected)),
      caller.api,
    );
}

function checkNoAnswer(decode: () => ChatEvent[], expected: Plain): void {
  if (expected.error !== undefined)
    expect(collect(decode()).fault?.message).toContain(expected.error);
  else expect(decode).toThrow(expect.objectContaining({ code: 'bad_upstream' }) as RouterError);
}

function checkDecoded(
  asked: Asked,
  recording: Recording,
  decode: () => ChatEvent[],
  expected: Plain,
): void {
  const events = decode();
  same('decoded', settled(toPlain(collect(events))), settled(expected));
  if (!recording.streaming) return;
  checkSplits(asked.format, recording.bytes, events);
  const dialect = DIALECTS.find(({ format }) => format === asked.format);
  if (dialect !== undefined) checkLikeness(dialect.format, recording.bytes, events);
}

/** The status and the provider's words of a recorded error. */
export function checkFault({ format }: Asked, recording: Recording): void {
  const headers = new Headers(recording.headers);
  const fault = format.decodeError(recording.status, headers, recording.body);
  const said = JSON.stringify(recording.body);
  expect(fault.status).toBe(recording.status);
  expect(fault.message).not.toBe('');
  expect(fault.message).not.toMatch(/^data:/);
  expect(said).toContain(JSON.stringify(fault.message.split(': ')[0]).slice(1, -1));
}

function checkSplits(
  format: UpstreamFormat,
  bytes: Uint8Array,
  events: readonly ChatEvent[],
): void {
  const whole = withoutMadeUpIds(events);
  if (bytes.length < MOST_BYTES_ONE_BY_ONE)
    expect(withoutMadeUpIds(decodeAll(format, everyByte(bytes)))).toBe(whole);
  for (const seed of [1, 2])
    expect(withoutMadeUpIds(decodeAll(format, randomChunks(bytes, seed)))).toBe(whole);
}

/** How many events of streams were like one before them, of all. */
export const likeness = { like: 0, all: 0 };

/** An event that is taken for one like another says the same as when it is parsed. */
function checkLikeness(format: Format, bytes: Uint8Array, events: readonly ChatEvent[]): void {
  const text = new TextDecoder().decode(bytes);
  let lines = 0;
  const unlike = text.replace(/^data: ?\{/gm, (start) => start + ' '.repeat(lines++ % 7));
  const parsed = decodeAll(format, [new TextEncoder().encode(unlike)]);
  expect(withoutMadeUpIds(events)).toBe(withoutMadeUpIds(parsed));
  const passed = (from: readonly ChatEvent[]) =>
    new TextDecoder()
      .decode(encodeAll(format, from, { ...context, passThrough: true }))
      .replace(/"call_[0-9a-f]{32}"/g, '"made-up"')
      .split('\n')
      .map((line) => (line.startsWith('data: {') ? JSON.parse(line.slice(6)) : line));
  same('taken for another', { told: passed(events) }, { told: passed(parsed) });
  likeness.like += events.filter(({ shape }) => shape !== undefined).length;
  likeness.all += events.length;
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
  const told = events.map(({ parts, raw, name }) => ({ parts, raw, name }));
  return JSON.stringify(told).replace(/"call_[0-9a-f]{32}"/g, '"made-up"');
}
