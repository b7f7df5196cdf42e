import { RouterError } from '../errors.ts';
import { createSseParser } from './sse.ts';

type JsonObject = Record<string, unknown>;

export interface SseJsonListener {
  /** Takes an event by its text; false where it must be parsed. */
  onText?(json: string, name: string | undefined): boolean;
  /** One JSON object of the stream; `json` is its text where it came alone. */
  onObject(value: JsonObject, name: string | undefined, json?: string): void;
  /** `data: [DONE]`. */
  onDone(): void;
  /** The answer is one JSON text and no event stream; told at the end. */
  onBody(body: unknown): void;
}

export interface SseJsonReader {
  /** Throws `bad_upstream` for what is neither an event stream of JSON nor one JSON text. */
  feed(chunk: Uint8Array): void;
  end(): void;
  /** Lines that are no SSE, so far. */
  readonly strayLines: number;
}

const MAX_BODY_CHARACTERS = 64 * 1024 * 1024;

/** Bytes of an event stream that carries JSON -> its objects, each parsed once. */
export function createSseJsonReader(listener: SseJsonListener): SseJsonReader {
  let kind: 'unknown' | 'events' | 'json' = 'unknown';
  let text: TextDecoder | undefined;
  let body = '';
  let ending = false;

  const parser = createSseParser(({ name, data }) => {
    if (data.charCodeAt(0) === 0x5b && data.trim() === '[DONE]') return listener.onDone();
    if (listener.onText?.(data, name)) return;
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      return readGlued(data, name);
    }
    tell(value, name, data);
  });

  function tell(value: unknown, name: string | undefined, json?: string): void {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return listener.onObject(value as JsonObject, name, json);
    if (name === 'error') return listener.onObject({ error: value }, name);
    throw malformed();
  }

  /** Several events on one line or without blank lines between them: each piece that is JSON is one. */
  function readGlued(data: string, name: string | undefined): void {
    if (data.trim() === '') return;
    let pending = '';
    for (const piece of data.split(/(?<=\})(?=\s*(?:data:)?\s*(?:\{|\[DONE\]))/)) {
      pending += piece;
      const candidate = pending.replace(/^\s*(?:data:)?\s*/, '').trimEnd();
      if (candidate === '[DONE]') {
        listener.onDone();
        pending = '';
        continue;
      }
      let value: unknown;
      try {
        value = JSON.parse(candidate);
      } catch {
        continue;
      }
      pending = '';
      tell(value, name);
    }
    // The last event of a stream that broke off may be a piece of one: it never came.
    if (pending.trim() === '' || ending) return;
    // Whole but for its last brace, it has one meaning.
    try {
      return tell(JSON.parse(`${pending}}`), name);
    } catch (error) {
      if (error instanceof RouterError) throw error;
    }
    if (name === 'error') return listener.onObject({ error: { message: data } }, name);
    throw malformed();
  }

  /** Looks at the first character that is no white space: an event stream never begins with these. */
  function sniff(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (byte <= 0x20 || byte === 0xef || byte === 0xbb || byte === 0xbf) continue;
      if (byte === 0x3c)
        throw new RouterError('bad_upstream', 'The provider answered with a web page.');
      kind = byte === 0x7b || byte === 0x5b ? 'json' : 'events';
      if (kind === 'json') text = new TextDecoder();
      return;
    }
  }

  return {
    feed(chunk) {
      if (kind === 'unknown') sniff(chunk);
      if (text === undefined) return parser.feed(chunk);
      body += text.decode(chunk, { stream: true });
      if (body.length > MAX_BODY_CHARACTERS)
        throw new RouterError('bad_upstream', 'The provider answered with too large a text.');
    },
    end() {
      ending = true;
      if (text === undefined) return parser.end();
      body += text.decode();
      let value: unknown;
      try {
        value = JSON.parse(body);
      } catch {
        throw malformed();
      }
      listener.onBody(value);
    },
    get strayLines() {
      return parser.strayLines;
    },
  };
}

/** Without the text itself: no one knows what a broken provider puts there. */
function malformed(): RouterError {
  return new RouterError('bad_upstream', "The provider's stream holds what is not JSON.");
}
