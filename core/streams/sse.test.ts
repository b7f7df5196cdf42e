import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseDecoder, createSseParser, encodeSse, type SseEvent } from './sse.ts';

const utf8 = new TextEncoder();

function parse(...chunks: string[]): SseEvent[] {
  const events: SseEvent[] = [];
  const parser = createSseParser((event) => events.push(event));
  for (const chunk of chunks) parser.feed(utf8.encode(chunk));
  parser.end();
  return events;
}

describe('the SSE parser', () => {
  it('tells an event at its line’s end where the blank line is left out', () => {
    const events: SseEvent[] = [];
    const parser = createSseParser((event) => events.push(event));
    parser.feed(utf8.encode('data: {"a":1}\n'));
    expect(events).toEqual([{ data: '{"a":1}' }]);
    parser.feed(utf8.encode('data: [DONE]\n'));
    expect(events).toEqual([{ data: '{"a":1}' }, { data: '[DONE]' }]);
  });

  it('keeps a blank line that comes late from making a second event', () => {
    expect(parse('data: {"a":1}\n', '\n', 'data: {"b":2}\n\n')).toHaveLength(2);
  });

  it('joins the lines of one event, whatever the line ends', () => {
    expect(parse('data: {\r\ndata: "a": 1}\r\n\r\n')).toEqual([{ data: '{\n"a": 1}' }]);
    expect(parse('event: x\r', '\ndata: 1\r\n\r', '\n')).toEqual([{ name: 'x', data: '1' }]);
  });

  it('ignores comments and byte order marks, and counts what is no SSE', () => {
    const events: SseEvent[] = [];
    const parser = createSseParser((event) => events.push(event));
    parser.feed(utf8.encode('\ufeff: PROCESSING\n\ndata: {}\n\nBad gateway\n'));
    expect(events).toEqual([{ data: '{}' }]);
    expect(parser.strayLines).toBe(1);
  });

  it('reads characters that are cut between chunks', () => {
    const bytes = utf8.encode('data: "🙂 多"\n\n');
    fc.assert(
      fc.property(fc.nat(bytes.length), (at) => {
        const events: SseEvent[] = [];
        const parser = createSseParser((event) => events.push(event));
        parser.feed(bytes.subarray(0, at));
        parser.feed(bytes.subarray(at));
        parser.end();
        expect(events).toEqual([{ data: '"🙂 多"' }]);
      }),
    );
  });

  it('reads back what encodeSse writes, as a stream stage too', async () => {
    const text = encodeSse('{"a":1}', 'step') + encodeSse('[DONE]');
    const stream = new Response(text).body!.pipeThrough(createSseDecoder());
    const events: SseEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events).toEqual([{ name: 'step', data: '{"a":1}' }, { data: '[DONE]' }]);
  });
});
