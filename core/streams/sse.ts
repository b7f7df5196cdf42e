import { createParser } from 'eventsource-parser';

export interface SseEvent {
  /** The `event:` line, where there was one. */
  name?: string;
  /** All `data:` lines of the event, joined by `\n`. */
  data: string;
}

export interface SseParser {
  feed(chunk: Uint8Array): void;
  /** The bytes are over: an event that lacks its blank line counts. */
  end(): void;
  /** Lines that are no SSE at all, so far: a sign that the answer is something else. */
  readonly strayLines: number;
}

/** How a line of an event stream begins; one that was cut off may be a beginning of these. */
const FIELDS = ['data:', 'event:', 'id:', 'retry:', ':'];

/**
 * Bytes -> events, synchronously. Knows what providers really send: `\r\n`, comments, characters cut
 * between chunks, and events that lack the blank line after them (these are told at their line's
 * end, for a caller must not wait for the next event to see this one).
 */
export function createSseParser(emit: (event: SseEvent) => void): SseParser {
  const text = new TextDecoder();
  let strayLines = 0;
  let line = '';
  let ended = false;
  const parser = createParser({
    onEvent(event) {
      emit(
        event.event === undefined ? { data: event.data } : { name: event.event, data: event.data },
      );
    },
    onError(error) {
      if (error.type === 'unknown-field' && !ended) strayLines++;
    },
  });

  function feed(chunk: string): void {
    if (chunk === '') return;
    parser.feed(chunk);
    const last = chunk.length - 1;
    const lineEnd = chunk.lastIndexOf('\n');
    if (lineEnd === -1) {
      line += chunk;
    } else if (lineEnd < last) {
      line = chunk.slice(lineEnd + 1);
    } else {
      const lineStart = last === 0 ? 0 : chunk.lastIndexOf('\n', last - 1) + 1;
      if (isWholeData(lineStart === 0 ? line + chunk : chunk.slice(lineStart))) parser.feed('\n');
      line = '';
    }
  }

  return {
    feed: (chunk) => feed(text.decode(chunk, { stream: true })),
    end() {
      feed(text.decode());
      ended = true;
      if (line !== '' && !FIELDS.some((field) => line.startsWith(field) || field.startsWith(line)))
        strayLines++;
      parser.feed('\n\n');
    },
    get strayLines() {
      return strayLines;
    },
  };
}

/** True for a `data:` line that is a whole JSON object or `[DONE]`: nothing more can belong to it. */
function isWholeData(line: string): boolean {
  if (!line.startsWith('data:')) return false;
  const data = line.slice(5).trim();
  if (data === '[DONE]') return true;
  if (!data.startsWith('{') || !data.endsWith('}')) return false;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}

/** The same as a stream stage. */
export function createSseDecoder(): TransformStream<Uint8Array, SseEvent> {
  let parser: SseParser;
  return new TransformStream({
    start(controller) {
      parser = createSseParser((event) => controller.enqueue(event));
    },
    transform: (chunk) => parser.feed(chunk),
    flush: () => parser.end(),
  });
}

/** One event as text. `data` holds no line break: JSON never does. */
export function encodeSse(data: string, name?: string): string {
  return name === undefined ? `data: ${data}\n\n` : `event: ${name}\ndata: ${data}\n\n`;
}
