import { RouterError } from '../../errors.ts';
import { createNdjsonReader } from '../../streams/ndjson.ts';
import type { ChatEvent, FinishReason, Part, Usage } from '../chat.ts';
import { faultOf } from '../fault.ts';
import type { StreamDecoder } from '../format.ts';
import { asCount, asObject, asText, toArguments, type JsonObject } from '../json.ts';
import { truncated } from '../../streams/truncated.ts';

/** A whole answer is one line of a stream, and read as one. */
export function decodeResponse(body: unknown): ChatEvent {
  const raw = asObject(body);
  if (raw === undefined) throw malformed();
  const answer = createAnswer();
  const parts = answer.read({ ...raw, done: true });
  return { parts, raw, whole: true };
}

/** Bytes of a chat stream -> events. */
export function createDecoder(emit: (event: ChatEvent) => void): StreamDecoder {
  const answer = createAnswer();
  let finished = false;
  const reader = createNdjsonReader((raw) => {
    if (finished) return;
    const parts = answer.read(raw);
    finished = answer.finished;
    emit({ parts, raw });
  });
  return {
    decode(chunk) {
      if (!finished) reader.feed(chunk);
    },
    get finished() {
      return finished;
    },
    end() {
      if (finished) return;
      const whole = reader.end();
      if (finished) return;
      if (whole && !answer.started) throw malformed();
      throw truncated();
    },
  };
}

type Kind = 'text' | 'reasoning';

const REASONS: Readonly<Record<string, FinishReason>> = { stop: 'stop', length: 'length' };

/** Text and thoughts come in pieces; a call comes whole, and some versions give it no id. */
function createAnswer() {
  let blocks = 0;
  let open: { kind: Kind; block: number } | undefined;
  let started = false;
  let finished = false;
  let hasToolCall = false;

  function close(parts: Part[]): void {
    if (open !== undefined) parts.push({ type: `${open.kind}-end`, block: open.block });
    open = undefined;
  }

  function add(kind: Kind, value: unknown, parts: Part[]): void {
    const text = asText(value);
    if (text === undefined) return;
    if (open?.kind !== kind) {
      close(parts);
      open = { kind, block: blocks++ };
      parts.push({ type: `${kind}-start`, block: open.block });
    }
    parts.push({ type: `${kind}-delta`, block: open.block, text });
  }

  function addCall(value: unknown, parts: Part[]): void {
    const call = asObject(value);
    const { name, arguments: input } = asObject(call?.function) ?? {};
    if (asText(name) === undefined) return;
    close(parts);
    hasToolCall = true;
    const block = blocks++;
    const id = asText(call?.id) ?? `call_${crypto.randomUUID().replaceAll('-', '')}`;
    parts.push({ type: 'tool-input-start', block, id, name: name as string });
    parts.push({ type: 'tool-input-delta', block, json: toArguments(input) || '{}' });
    parts.push({ type: 'tool-input-end', block });
  }

  function read(raw: JsonObject): Part[] {
    const message = asObject(raw.message);
    if (message === undefined && raw.done !== true) return [readFault(raw)];
    if (message === undefined && raw.error !== undefined) return [readFault(raw)];
    if (message === undefined && asText(raw.done_reason) === undefined) throw malformed();
    const parts: Part[] = [];
    if (!started) {
      started = true;
      const model = asText(raw.model);
      const created = Math.floor(Date.parse(asText(raw.created_at) ?? '') / 1000);
      parts.push({
        type: 'start',
        ...(model !== undefined && { model }),
        ...(created > 0 && { created }),
      });
    }
    add('reasoning', message?.thinking, parts);
    add('text', message?.content, parts);
    if (Array.isArray(message?.tool_calls))
      for (const call of message.tool_calls) addCall(call, parts);
    if (raw.done === true) finish(raw, parts);
    return parts;
  }

  function readFault(raw: JsonObject): Part {
    const fault = faultOf(raw);
    if (fault === undefined) throw malformed();
    finished = true;
    return { type: 'error', error: fault };
  }

  function finish(raw: JsonObject, parts: Part[]): void {
    finished = true;
    close(parts);
    const word = asText(raw.done_reason) ?? 'stop';
    const reason = REASONS[word] ?? 'other';
    parts.push({
      type: 'finish',
      reason: hasToolCall && reason === 'stop' ? 'tool-calls' : reason,
      raw: word,
    });
    const usage = decodeUsage(raw);
    if (usage !== undefined) parts.push({ type: 'usage', usage });
  }

  return {
    read,
    get started() {
      return started;
    },
    get finished() {
      return finished;
    },
  };
}

/** A prompt that is in the cache whole has no count of its own. */
function decodeUsage(raw: JsonObject): Usage | undefined {
  const input = asCount(raw.prompt_eval_count);
  const output = asCount(raw.eval_count);
  if (input === undefined && output === undefined) return undefined;
  return { input: input ?? 0, output: output ?? 0 };
}

function malformed(): RouterError {
  return new RouterError('bad_upstream', "The provider's answer is not of the Ollama format.");
}
