import { RouterError } from '../../errors.ts';
import { createJsonDecoder, type JsonStream } from '../../streams/json-decoder.ts';
import { findUsage } from '../any-usage.ts';
import type { ChatEvent, FinishReason, Part } from '../chat.ts';
import { faultOf } from '../fault.ts';
import type { StreamDecoder } from '../format.ts';
import { asObject, asText, type JsonObject } from '../json.ts';

const OPTIONS = {
  name: 'OpenAI completions',
  variable: { words: new Set(['text', 'content']), padding: new Set(['obfuscation']) },
};

const REASONS: Readonly<Record<string, FinishReason>> = {
  length: 'length',
  max_tokens: 'length',
  content_filter: 'content-filter',
  error: 'error',
};

/** A provider's whole answer -> one event. */
export function decodeResponse(body: unknown): ChatEvent {
  const raw = asObject(body);
  const choices = raw?.choices;
  if (raw === undefined || raw.error || !Array.isArray(choices) || choices.length === 0) {
    const error = faultOf(raw);
    if (error === undefined) throw notAnAnswer();
    return { parts: [{ type: 'error', error }], raw };
  }
  const parts: Part[] = [startOf(raw)];
  for (const [position, value] of choices.entries()) {
    const choice = indexed(value, position);
    const reader = createChoice(choice.index);
    reader.decode(choice, parts);
    if (!reader.finished) reader.close(parts);
  }
  addUsage(raw, parts);
  return { parts, raw, whole: true };
}

/** Bytes of a completions stream -> events. */
export function createDecoder(emit: (event: ChatEvent) => void): StreamDecoder {
  return createJsonDecoder(emit, OPTIONS, createStream);
}

function createStream(emit: (event: ChatEvent) => void): JsonStream {
  const choices: ReturnType<typeof createChoice>[] = [];
  let finished = false;
  let started = false;

  function onObject(raw: JsonObject, name: string | undefined): void {
    if (raw.error || name === 'error') {
      finished = true;
      const error = faultOf(raw) ?? { message: 'The provider ended its answer with an error.' };
      return emit({ parts: [{ type: 'error', error }], raw, name });
    }
    if (raw.choices === undefined || raw.choices === null) {
      if (findUsage(raw) === undefined) return;
      raw.choices = [];
    }
    if (!Array.isArray(raw.choices)) throw notAnAnswer();
    const parts: Part[] = started ? [] : [startOf(raw)];
    started = true;
    for (const [position, value] of raw.choices.entries()) {
      const choice = indexed(value, position);
      (choices[choice.index] ??= createChoice(choice.index)).decode(choice, parts);
    }
    addUsage(raw, parts);
    emit({ parts, raw });
  }

  return {
    onObject,
    onDone() {
      if (finished) return;
      finished = true;
      if (choices.length === 0) throw notAnAnswer();
      const parts: Part[] = [];
      for (const choice of choices) if (choice?.finished === false) choice.close(parts);
      if (parts.length > 0) emit({ parts });
    },
    onBody(body) {
      finished = true;
      emit({ parts: decodeResponse(body).parts });
    },
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

/** One of the answers (`choices`): its text is one block. */
function createChoice(index: number) {
  const at = { block: 0, ...(index > 0 && { choice: index }) };
  const choice = index > 0 ? { choice: index } : {};
  let open = false;
  let finished = false;

  function close(parts: Part[], word = 'stop'): void {
    finished = true;
    if (open) parts.push({ type: 'text-end', ...at });
    parts.push({ type: 'finish', ...choice, reason: REASONS[word] ?? 'stop', raw: word });
  }

  return {
    decode(wire: JsonObject, parts: Part[]): void {
      const text = asText(wire.text);
      if (text !== undefined) {
        if (!open) parts.push({ type: 'text-start', ...at });
        open = true;
        parts.push({ type: 'text-delta', ...at, text });
      }
      const word = asText(wire.finish_reason);
      if (word !== undefined && !finished) close(parts, word);
    },
    close,
    get finished() {
      return finished;
    },
  };
}

function indexed(value: unknown, position: number): JsonObject & { index: number } {
  const choice = asObject(value);
  if (choice === undefined) throw notAnAnswer();
  if (typeof choice.index !== 'number') choice.index = position;
  return choice as JsonObject & { index: number };
}

function startOf(raw: JsonObject): Part {
  const [id, model] = [asText(raw.id), asText(raw.model)];
  return {
    type: 'start',
    ...(id !== undefined && { id }),
    ...(model !== undefined && { model }),
    ...(typeof raw.created === 'number' && raw.created > 0 && { created: Math.floor(raw.created) }),
  };
}

function addUsage(raw: JsonObject, parts: Part[]): void {
  const usage = findUsage(raw);
  if (usage !== undefined) parts.push({ type: 'usage', usage });
}

function notAnAnswer(): RouterError {
  return new RouterError(
    'bad_upstream',
    "The provider's answer is not of the OpenAI completions format.",
  );
}
