import { RouterError } from '../../errors.ts';
import type { ChatEvent, Part } from '../chat.ts';
import { faultOf } from '../fault.ts';
import type { StreamDecoder } from '../format.ts';
import { asObject, asText, type JsonObject } from '../json.ts';
import { truncated } from '../../streams/truncated.ts';
import { createBlocks } from './decode-blocks.ts';
import { toStreamFault } from './errors.ts';
import { decodeStop } from './finish.ts';
import { createFrameReader, type Frame } from './frames.ts';
import { decodeResponse, malformed } from './response.ts';
import { decodeUsage } from './usage.ts';

/** Bytes of a Converse stream -> events. */
export function createDecoder(emit: (event: ChatEvent) => void): StreamDecoder {
  const blocks = createBlocks();
  const reader = createFrameReader(onFrame);
  const utf8 = new TextDecoder();
  let kind: 'unknown' | 'frames' | 'json' = 'unknown';
  let json = '';
  let stopped = false;
  let finished = false;

  function onFrame({ headers, body }: Frame): void {
    if (finished) return;
    if (headers[':message-type'] === 'error') {
      const { ':error-code': code = '', ':error-message': message } = headers;
      return fail(code, message);
    }
    const raw = body.length === 0 ? {} : parse(body);
    if (headers[':message-type'] === 'exception')
      return fail(headers[':exception-type'] ?? '', faultOf(raw)?.message);
    const type = headers[':event-type'] ?? '';
    // Some proxies give exceptions as events.
    if (/Exception$/.test(type)) return fail(type, faultOf(raw)?.message);
    const parts: Part[] = [];
    decodeEvent(type, raw, parts);
    emit({ parts, raw, name: type });
  }

  function decodeEvent(type: string, raw: JsonObject, parts: Part[]): void {
    const index = raw.contentBlockIndex;
    switch (type) {
      case 'messageStart':
        parts.push({ type: 'start' });
        break;
      case 'contentBlockStart':
        blocks.start(index, asObject(raw.start), parts);
        break;
      case 'contentBlockDelta':
        blocks.delta(index, asObject(raw.delta), parts);
        break;
      case 'contentBlockStop':
        blocks.stop(index, parts);
        break;
      case 'messageStop':
        if (stopped) break;
        stopped = true;
        blocks.closeAll(parts);
        parts.push(decodeStop(asText(raw.stopReason) ?? 'end_turn', blocks.hasToolCall));
        break;
      case 'metadata': {
        const usage = decodeUsage(raw.usage);
        if (usage !== undefined) parts.push({ type: 'usage', usage });
        // Counts come after the stop, and nothing comes after them.
        finished = stopped;
        break;
      }
    }
  }

  function fail(type: string, message: string | undefined): void {
    finished = true;
    emit({ parts: [{ type: 'error', error: toStreamFault(type, message) }] });
  }

  /** Bedrock answers some faults, and proxies whole answers, as one JSON body. */
  function sniff(chunk: Uint8Array): void {
    const first = chunk.find((byte) => byte > 0x20 || byte === 0);
    if (first === undefined) return;
    // A frame begins with the high byte of its length, which is 0 or 1.
    kind = first === 0x7b ? 'json' : 'frames';
    if (first === 0x3c) throw malformed();
  }

  return {
    decode(chunk) {
      if (finished) return;
      if (kind === 'unknown') sniff(chunk);
      if (kind === 'json') {
        json += utf8.decode(chunk, { stream: true });
        return;
      }
      try {
        reader.feed(chunk);
      } catch (error) {
        throw error instanceof RouterError ? error : malformed();
      }
    },
    get finished() {
      return finished;
    },
    end() {
      if (finished) return;
      finished = true;
      if (kind === 'json') return emit(decodeResponse(parseText(json)));
      if (!stopped || reader.pending > 0) throw truncated();
    },
  };
}

function parse(body: Uint8Array): JsonObject {
  const raw = asObject(parseText(new TextDecoder().decode(body)));
  if (raw === undefined) throw malformed();
  return raw;
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed();
  }
}
