import { RouterError } from '../../errors.ts';
import { createJsonDecoder, type JsonStream } from '../../streams/json-decoder.ts';
import type { ChatEvent, Part, Usage } from '../chat.ts';
import type { StreamDecoder } from '../format.ts';
import { asObject, asText, type JsonObject } from '../json.ts';
import { createBlocks } from './decode-blocks.ts';
import { decodeErrorEvent } from './errors.ts';
import { decodeFinish } from './finish.ts';
import { decodeResponse } from './response.ts';
import { decodeUsage } from './usage.ts';

const OPTIONS = {
  name: 'Anthropic',
  variable: { words: new Set(['text', 'thinking', 'partial_json']), padding: new Set<string>() },
};

/** Bytes of a messages stream -> events. */
export function createDecoder(emit: (event: ChatEvent) => void): StreamDecoder {
  return createJsonDecoder(emit, OPTIONS, createStream);
}

function createStream(emit: (event: ChatEvent) => void): JsonStream {
  const blocks = createBlocks();
  let wireUsage: JsonObject = {};
  let started = false;
  let stopped = false;
  let finished = false;

  function onObject(raw: JsonObject, name: string | undefined): void {
    const parts: Part[] = [];
    switch (raw.type ?? name) {
      case 'message_start': {
        const message = asObject(raw.message) ?? {};
        started = true;
        parts.push({
          type: 'start',
          ...(asText(message.id) && { id: message.id as string }),
          ...(asText(message.model) && { model: message.model as string }),
        });
        addUsage(message.usage, parts);
        break;
      }
      case 'content_block_start':
        started = true;
        blocks.start(raw, parts);
        break;
      case 'content_block_delta':
        blocks.delta(raw, parts);
        break;
      case 'content_block_stop':
        blocks.stop(raw, parts);
        break;
      case 'message_delta':
        decodeMessageDelta(raw, parts);
        break;
      case 'message_stop':
        if (!stopped) throw malformed();
        finished = true;
        break;
      case 'message':
        // Some gateways put the whole answer into one event.
        finished = true;
        emit(decodeResponse(raw));
        return;
      case 'error':
        finished = true;
        parts.push({ type: 'error', error: decodeErrorEvent(raw) });
        break;
      default:
        if (raw.error) {
          finished = true;
          parts.push({ type: 'error', error: decodeErrorEvent(raw) });
        } else if (raw.type === undefined) {
          throw malformed();
        }
    }
    emit({ parts, raw, name: name ?? (raw.type as string) });
  }

  function decodeMessageDelta(raw: JsonObject, parts: Part[]): void {
    const delta = asObject(raw.delta);
    addUsage(raw.usage, parts);
    const word = asText(delta?.stop_reason);
    if (word === undefined || stopped) return;
    stopped = true;
    blocks.closeAll(parts);
    const stopSequence = asText(delta?.stop_sequence);
    parts.push({
      type: 'finish',
      reason: decodeFinish(word),
      raw: word,
      ...(stopSequence !== undefined && { stopSequence }),
    });
  }

  /** Counts of later events replace earlier ones; what they leave out stays. */
  function addUsage(value: unknown, parts: Part[]): void {
    wireUsage = { ...wireUsage, ...withoutNulls(value) };
    const usage: Usage | undefined = decodeUsage(wireUsage);
    if (usage !== undefined) parts.push({ type: 'usage', usage });
  }

  function onDone(): void {
    if (stopped) finished = true;
  }

  function onBody(body: unknown): void {
    finished = true;
    emit(decodeResponse(body));
  }

  return {
    onObject,
    onDone,
    onBody,
    get finished() {
      return finished;
    },
    get started() {
      return started;
    },
    get complete() {
      return stopped;
    },
  };
}

function withoutNulls(value: unknown): JsonObject {
  return Object.fromEntries(
    Object.entries(asObject(value) ?? {}).filter(([, held]) => held !== null),
  );
}

function malformed(): RouterError {
  return new RouterError('bad_upstream', "The provider's stream is not of the Anthropic format.");
}
