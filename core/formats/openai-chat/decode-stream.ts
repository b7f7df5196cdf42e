import { RouterError } from '../../errors.ts';
import { createJsonDecoder, type JsonStream } from '../../streams/json-decoder.ts';
import type { ChatEvent, Part } from '../chat.ts';
import { faultOf } from '../fault.ts';
import type { StreamDecoder } from '../format.ts';
import { type JsonObject, asObject } from '../json.ts';
import { createChoice, type Choice } from './decode-choice.ts';
import { decodeResponse } from './response.ts';
import { decodeUsage } from './usage.ts';

const OPTIONS = {
  name: 'OpenAI chat',
  variable: {
    words: new Set(['content', 'reasoning_content', 'reasoning', 'text', 'summary', 'arguments']),
    padding: new Set(['obfuscation']),
  },
};

/** Bytes of a chat stream -> events. Repairs in place what providers leave out or say twice. */
export function createDecoder(emit: (event: ChatEvent) => void): StreamDecoder {
  return createJsonDecoder(emit, OPTIONS, createStream);
}

function createStream(emit: (event: ChatEvent) => void): JsonStream {
  const choices: Choice[] = [];
  let started = false;
  let finished = false;

  function onObject(raw: JsonObject, name: string | undefined): void {
    const fault = faultIn(raw, name);
    if (fault !== undefined) {
      finished = true;
      emit({ parts: [{ type: 'error', error: fault }], raw, name });
      return;
    }
    const usage = decodeUsage(raw.usage) ?? decodeUsage(asObject(raw.x_groq)?.usage);
    if (raw.choices === undefined || raw.choices === null) {
      if (usage === undefined) return;
      raw.choices = [];
    }
    if (!Array.isArray(raw.choices)) throw malformed();
    const parts: Part[] = [];
    if (!started) {
      started = true;
      parts.push(startOf(raw));
    }
    for (const [position, wire] of raw.choices.entries()) {
      const choice = asObject(wire);
      if (choice === undefined) throw malformed();
      if (typeof choice.index !== 'number') choice.index = position;
      const index = choice.index as number;
      (choices[index] ??= createChoice(index)).decode(choice, parts);
    }
    if (usage !== undefined) parts.push({ type: 'usage', usage });
    if (parts.some((part) => part.type === 'error')) finished = true;
    emit({ parts, raw });
  }

  /** Closes what has no finish of its own: the provider said that all is told. */
  function onDone(): void {
    if (finished) return;
    finished = true;
    const open = choices.filter((choice) => choice !== undefined && !choice.finished);
    if (choices.length === 0 || open.some((choice) => !choice.hasContent))
      throw new RouterError('bad_upstream', "The provider's stream held no answer.");
    const parts: Part[] = [];
    for (const choice of open) choice.close(parts);
    if (parts.length > 0) emit({ parts });
  }

  /** A whole answer where a stream was asked for. */
  function onBody(body: unknown): void {
    finished = true;
    const fault = faultOf(body);
    if (fault !== undefined && asObject(body)?.choices === undefined) {
      emit({ parts: [{ type: 'error', error: fault }] });
      return;
    }
    emit({ parts: decodeResponse(body).parts });
  }

  return {
    onObject,
    onDone,
    onBody,
    onLike: (part) => choices[part.choice ?? 0]?.continue(part),
    get finished() {
      return finished;
    },
    get started() {
      return started;
    },
    get complete() {
      return choices.length > 0 && choices.every((choice) => choice.finished);
    },
  };
}

/** The fault that a chunk of an HTTP 200 stream states: OpenRouter, Groq, vLLM, gateways. */
function faultIn(raw: JsonObject, name: string | undefined) {
  if (raw.error) return faultOf(raw);
  if (name === 'error' || raw.object === 'error' || raw.type === 'error')
    return faultOf(raw) ?? { message: 'The provider ended its answer with an error.' };
  if (raw.choices === undefined && raw.usage === undefined) {
    const fault = faultOf(raw);
    if (fault?.status !== undefined || raw.detail !== undefined) return fault;
  }
  return undefined;
}

function startOf(raw: JsonObject): Part {
  return {
    type: 'start',
    ...(typeof raw.id === 'string' && raw.id !== '' && { id: raw.id }),
    ...(typeof raw.model === 'string' && raw.model !== '' && { model: raw.model }),
    ...(typeof raw.created === 'number' && raw.created > 0 && { created: Math.floor(raw.created) }),
  };
}

function malformed(): RouterError {
  return new RouterError('bad_upstream', "The provider's stream is not of the OpenAI chat format.");
}
