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

  /** The end of what came: tells whether an event may begin here. */
  let tail = '\n\n';

  function feed(text: string): void {
    if (text === '') return;
    const taken = tail.endsWith('\n\n') || tail.endsWith('\n\r\n') ? takeEvents(text, emit) : 0;
    const chunk = taken === 0 ? text : text.slice(taken);
    tail = text.length < 3 ? (tail + text).slice(-3) : text.slice(-3);
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

/**
 * Tells the events that `text` begins with, as far as they are as plain as nearly all are: perhaps a
 * name, one line of data, a blank line. Returns how much of it that was; the rest is the parser's.
 */
function takeEvents(text: string, emit: (event: SseEvent) => void): number {
  const hasReturns = text.includes('\r');
  const endOfLine = (start: number, end: number) =>
    hasReturns && end > start && text.charCodeAt(end - 1) === 0x0d ? end - 1 : end;
  let at = 0;
  for (;;) {
    let start = at;
    let name: string | undefined;
    if (text.startsWith('event: ', start)) {
      const end = text.indexOf('\n', start);
      if (end === -1) return at;
      name = text.slice(start + 7, endOfLine(start, end));
      start = end + 1;
    }
    if (!text.startsWith('data:', start)) return at;
    const end = text.indexOf('\n', start);
    if (end === -1) return at;
    const blank = text.charCodeAt(end + 1) === 0x0d ? end + 2 : end + 1;
    if (text.charCodeAt(blank) !== 0x0a) return at;
    const dataStart = start + (text.charCodeAt(start + 5) === 0x20 ? 6 : 5);
    const data = text.slice(dataStart, endOfLine(dataStart, end));
    if (data === '' || (hasReturns && (data.includes('\r') || name?.includes('\r')))) return at;
    emit(name ? { name, data } : { data });
    at = blank + 1;
  }
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
