import { afterAll, describe, expect, it } from 'vitest';
import type { RouterError } from '../../errors.ts';
import { collect, type CollectedAnswer } from '../../streams/collect.ts';
import type { ChatEvent, FinishReason } from '../chat.ts';
import { decodeAll, encodeAll } from '../format.contract.ts';
import type { AnswerContext } from '../format.ts';
import {
  dataLines,
  parseArguments,
  plainChat,
  type Plain,
  type PlainChoice,
} from '../testing/plain.ts';
import {
  createScore,
  everyByte,
  hasRecordings,
  randomChunks,
  recordingsOf,
  type Recording,
} from '../testing/recordings.ts';
import { openaiChat } from './index.ts';

const context: AnswerContext = {
  id: 'ours',
  created: 1,
  model: 'ours',
  includeUsage: true,
  passThrough: false,
};

/** Larger streams are cut at random only: one byte at a time they take minutes. */
const MOST_BYTES_ONE_BY_ONE = 32_768;

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

/** A finish that is no word of this dialect, or none, is what it must mean. */
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

function check(recording: Recording): void {
  const text = new TextDecoder().decode(recording.bytes);
  const expected = recording.streaming
    ? plainChat(dataLines(text))
    : plainChat([recording.body], true);
  const decode = (): ChatEvent[] =>
    recording.streaming
      ? decodeAll(openaiChat, [recording.bytes])
      : [openaiChat.decodeResponse(JSON.parse(text))];

  if (expected.error !== undefined) {
    const fault = collect(decode()).fault;
    expect(fault?.message).toContain(expected.error);
    return;
  }
  if (
    expected.choices.every(
      (c) =>
        `${c.text}${c.reasoning}${c.refusal}` === '' &&
        c.tools.length + (c.finish ?? '').length === 0,
    )
  ) {
    expect(decode).toThrow(expect.objectContaining({ code: 'bad_upstream' }) as RouterError);
    return;
  }
  const events = decode();
  expect(settled(toPlain(collect(events)))).toEqual(settled(expected));

  if (recording.streaming) {
    const whole = withoutMadeUpIds(events);
    if (recording.bytes.length < MOST_BYTES_ONE_BY_ONE)
      expect(withoutMadeUpIds(decodeAll(openaiChat, everyByte(recording.bytes)))).toBe(whole);
    for (const seed of [1, 2, 3])
      expect(withoutMadeUpIds(decodeAll(openaiChat, randomChunks(recording.bytes, seed)))).toBe(
        whole,
      );
  }
  // Out again: as it came, rebuilt from its parts, and from a stream to a whole answer.
  const bare = decode().map(({ parts }) => ({ parts }));
  const passThrough = { ...context, passThrough: true };
  const outputs = recording.streaming
    ? [encodeAll(openaiChat, decode(), passThrough), encodeAll(openaiChat, bare, context)]
    : [];
  for (const output of outputs)
    expect(settled(plainChat(readStrictly(output)))).toEqual(settled(expected));
  const wholes = recording.streaming ? [] : [openaiChat.encodeResponse(decode()[0]!, passThrough)];
  const merged = { parts: bare.flatMap(({ parts }) => parts) };
  wholes.push(openaiChat.encodeResponse(merged, context));
  for (const body of wholes) {
    expect(body).toMatchObject({ object: 'chat.completion', model: 'ours' });
    expect(settled(plainChat([body], true))).toEqual(settled(expected));
  }
  // A whole answer to a caller that asked for a stream.
  if (!recording.streaming)
    expect(settled(plainChat(readStrictly(encodeAll(openaiChat, decode(), passThrough))))).toEqual(
      settled(expected),
    );
}

const WORDS = [null, 'stop', 'length', 'tool_calls', 'content_filter', 'function_call'];

/** A stream as a strict client reads it: all that wire-facts.md promises of chunks. */
function readStrictly(bytes: Uint8Array): Record<string, unknown>[] {
  const text = new TextDecoder().decode(bytes);
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

describe.skipIf(!hasRecordings())('openai-chat against recorded traffic', () => {
  const recordings = hasRecordings() ? recordingsOf('openai-chat') : [];
  const score = createScore('openai-chat replay');
  afterAll(() => score.print());

  it(
    'says what each recorded answer says, whole and streamed, at whatever splits',
    { timeout: 300_000 },
    () => {
      for (const recording of recordings.filter(({ status }) => status === 200))
        score.count(recording, () => check(recording));
      expect(score.failures).toEqual([]);
    },
  );

  it("keeps the status and the provider's words of each recorded error", () => {
    for (const recording of recordings.filter(({ status }) => status !== 200))
      score.count(recording, () => {
        const headers = new Headers(recording.headers);
        const fault = openaiChat.decodeError(recording.status, headers, recording.body);
        const said = JSON.stringify(recording.body);
        expect(fault.status).toBe(recording.status);
        expect(fault.message).not.toBe('');
        expect(said).toContain(JSON.stringify(fault.message.split(': ')[0]).slice(1, -1));
      });
    expect(score.failures).toEqual([]);
  });
});

if (!hasRecordings())
  it.skip('SKIPPED: ../shared/wire is not there, so nothing recorded was replayed', () => {});
