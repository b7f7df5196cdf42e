import { createJsonDecoder, type JsonStream } from '../../streams/json-decoder.ts';
import type { ChatEvent, Part } from '../chat.ts';
import { faultOf } from '../fault.ts';
import type { StreamDecoder } from '../format.ts';
import { asObject, asText, type JsonObject } from '../json.ts';
import { createBlocks } from './decode-blocks.ts';
import { decodeFinish } from './finish.ts';
import { decodeResponse, malformed } from './response.ts';
import { decodeUsage } from './usage.ts';

const OPTIONS = {
  name: 'Cohere',
  variable: {
    words: new Set(['text', 'thinking', 'tool_plan', 'arguments']),
    padding: new Set<string>(),
  },
};

/** Bytes of a v2 chat stream -> events. */
export function createDecoder(emit: (event: ChatEvent) => void): StreamDecoder {
  return createJsonDecoder(emit, OPTIONS, createStream);
}

function createStream(emit: (event: ChatEvent) => void): JsonStream {
  const blocks = createBlocks();
  let started = false;
  let finished = false;

  function onObject(raw: JsonObject, name: string | undefined): void {
    const parts: Part[] = [];
    const delta = asObject(raw.delta);
    const message = asObject(delta?.message);
    const { index } = raw;
    switch (raw.type ?? name) {
      case 'message-start': {
        const id = asText(raw.id);
        parts.push({ type: 'start', ...(id !== undefined && { id }) });
        break;
      }
      case 'content-start':
      case 'content-delta':
        blocks.addContent(index, asObject(message?.content), parts);
        break;
      case 'content-end':
        blocks.endContent(index, parts);
        break;
      case 'tool-plan-delta':
        blocks.addPlan(message?.tool_plan, parts);
        break;
      case 'tool-call-start':
        blocks.startTool(index, asObject(message?.tool_calls), parts);
        break;
      case 'tool-call-delta':
        blocks.addInput(index, asObject(message?.tool_calls), parts);
        break;
      case 'tool-call-end':
        blocks.endTool(index, parts);
        break;
      case 'citation-start':
        blocks.addCitation(message?.citations, parts);
        break;
      case 'message-end': {
        finished = true;
        blocks.closeAll(parts);
        const word = asText(delta?.finish_reason) ?? 'COMPLETE';
        parts.push(decodeFinish(word, asText(delta?.error) ?? asText(raw.error)));
        const usage = decodeUsage(delta?.usage);
        if (usage !== undefined) parts.push({ type: 'usage', usage });
        break;
      }
      default: {
        const fault = raw.type === undefined ? faultOf(raw) : undefined;
        if (raw.type === undefined && fault === undefined) throw malformed();
        if (fault === undefined) break;
        finished = true;
        parts.push({ type: 'error', error: fault });
      }
    }
    started = true;
    emit({ parts, raw, ...(name !== undefined && { name }) });
  }

  return {
    onObject,
    onDone() {},
    onBody(body) {
      finished = true;
      emit(decodeResponse(body));
    },
    get finished() {
      return finished;
    },
    get started() {
      return started;
    },
    complete: false,
  };
}
