import { describe, expect, it } from 'vitest';
import { decodeAll, encodeAll } from '../format.contract.ts';
import type { AnswerContext } from '../format.ts';
import { openaiChat } from './index.ts';

const utf8 = new TextEncoder();
const context: AnswerContext = {
  id: 'ours',
  created: 9,
  model: 'asked',
  includeUsage: false,
  passThrough: true,
};

function pass(wire: string, includeUsage = false): string {
  const events = decodeAll(openaiChat, [utf8.encode(wire)]);
  return new TextDecoder().decode(encodeAll(openaiChat, events, { ...context, includeUsage }));
}

const data = (...lines: string[]) => lines.map((line) => `data: ${line}\n\n`).join('');

describe('a stream that passes through', () => {
  it('keeps unknown fields and the order of fields, and changes the model alone', () => {
    const first =
      '{"id":"a","x_new":{"y":1},"object":"chat.completion.chunk","created":3,"model":"real","choices":[{"index":0,"delta":{"role":"assistant","content":"","z":[]},"finish_reason":null}]}';
    const last =
      '{"id":"a","object":"chat.completion.chunk","created":3,"model":"real","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}';
    expect(pass(data(first, last, '[DONE]'))).toBe(
      data(first.replace('real', 'asked'), last.replace('real', 'asked'), '[DONE]'),
    );
  });

  it('strips usage where it was not asked for, and a chunk that holds nothing else', () => {
    const text = pass(
      data(
        '{"id":"a","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}',
        '{"id":"a","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}',
        '[DONE]',
      ),
    );
    expect(text).not.toContain('usage');
    expect(text.match(/data:/g)).toHaveLength(2);
  });

  it('tells usage once, in a chunk of its own before [DONE], wherever the provider put it', () => {
    const usage = '{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"extra":4}';
    const onLast = data(
      `{"id":"a","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],"usage":${usage}}`,
      '[DONE]',
    );
    const chunks = pass(onLast, true).split('\n\n');
    expect(chunks[0]).toContain('"usage":null');
    expect(chunks[1]).toContain(`"choices":[],"usage":${usage}`);
    expect(chunks[2]).toBe('data: [DONE]');
  });

  it('makes one chunk of each, at once', () => {
    const encoder = openaiChat.createEncoder(context);
    const counts: number[] = [];
    const decoder = openaiChat.createDecoder((event) =>
      counts.push(encoder.encode(event).split('data:').length - 1),
    );
    for (const word of ['one', 'two', 'three']) {
      decoder.decode(
        utf8.encode(data(`{"id":"a","choices":[{"index":0,"delta":{"content":"${word}"}}]}`)),
      );
    }
    expect(counts).toEqual([1, 1, 1]);
  });

  it('ends at [DONE] though the connection stays open', () => {
    const decoder = openaiChat.createDecoder(() => {});
    decoder.decode(
      utf8.encode(
        data(
          '{"id":"a","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}',
          '[DONE]',
        ),
      ),
    );
    expect(decoder.finished).toBe(true);
  });

  it('leaves a stop beside a forced call as OpenAI says it, and mends that of a stream without indexes', () => {
    const call = (index: string) =>
      data(
        `{"id":"a","choices":[{"delta":{"tool_calls":[{${index}"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}}]}`,
        '{"id":"a","choices":[{"delta":{},"finish_reason":"stop"}]}',
        '[DONE]',
      );
    expect(pass(call('"index":0,'))).toContain('"finish_reason":"stop"');
    expect(pass(call(''))).toContain('"finish_reason":"tool_calls"');
  });
});

it('a whole answer to a stream’s request becomes a stream', () => {
  const event = openaiChat.decodeResponse({
    id: 'w',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'all' }, finish_reason: 'stop' }],
  });
  const text = new TextDecoder().decode(encodeAll(openaiChat, [event], context));
  expect(text).toContain('"delta":{"content":"all"}');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
});
