import { RouterError } from '../../errors.ts';
import { createJsonDecoder, type JsonStream } from '../../streams/json-decoder.ts';
import type { ChatEvent, Part, ProviderFault } from '../chat.ts';
import { faultOf } from '../fault.ts';
import type { StreamDecoder } from '../format.ts';
import { asObject, asText, type JsonObject } from '../json.ts';
import { createItems } from './decode-items.ts';
import { decodeFinish, faultIn, STATUSES } from './finish.ts';
import { decodeResponse, startOf } from './response.ts';
import { decodeUsage } from './usage.ts';

const OPTIONS = {
  name: 'OpenAI responses',
  variable: { words: new Set(['delta']), padding: new Set(['sequence_number', 'obfuscation']) },
};

/** Bytes of a responses stream -> events. */
export function createDecoder(emit: (event: ChatEvent) => void): StreamDecoder {
  return createJsonDecoder(emit, OPTIONS, createStream);
}

function createStream(emit: (event: ChatEvent) => void): JsonStream {
  const items = createItems();
  let started = false;
  let finished = false;

  /** What each event means; those that are not here say nothing that a caller of another format could read. */
  const HANDLERS: Readonly<Record<string, (raw: JsonObject, parts: Part[]) => void>> = {
    'response.output_item.added': items.added,
    'response.output_item.done': items.done,
    'response.output_text.delta': items.textDelta,
    'response.output_text.annotation.added': items.annotation,
    'response.content_part.done': items.partDone,
    'response.refusal.delta': items.refusalDelta,
    'response.reasoning_summary_text.delta': items.thoughtDelta,
    'response.reasoning_text.delta': items.thoughtDelta,
    'response.function_call_arguments.delta': items.callDelta,
    'response.created': start,
    'response.in_progress': start,
    'response.completed': complete,
    'response.incomplete': complete,
    'response.failed': fail,
    error: fail,
  };

  function onObject(raw: JsonObject, name: string | undefined): void {
    const type = asText(raw.type) ?? name;
    if (type === undefined || (!started && raw.type === undefined && !raw.error)) throw malformed();
    const parts: Part[] = [];
    const isFault = raw.error !== undefined && raw.error !== null;
    (isFault ? fail : HANDLERS[type])?.(raw, parts);
    emit({ parts, raw, name: name ?? type });
  }

  function start(raw: JsonObject, parts: Part[]): void {
    if (started) return;
    started = true;
    parts.push(startOf(asObject(raw.response) ?? {}));
  }

  function complete(raw: JsonObject, parts: Part[]): void {
    start(raw, parts);
    finished = true;
    const response = asObject(raw.response) ?? {};
    const fault = faultIn(response);
    if (fault !== undefined) {
      parts.push({ type: 'error', error: fault });
      return;
    }
    items.closeAll(parts);
    if (!items.any && Array.isArray(response.output))
      response.output.forEach((item, place) => items.whole(asObject(item) ?? {}, place, parts));
    const usage = decodeUsage(response.usage);
    parts.push({ type: 'finish', ...decodeFinish(response, items.hasCall) });
    if (usage !== undefined) parts.push({ type: 'usage', usage });
  }

  function fail(raw: JsonObject, parts: Part[]): void {
    finished = true;
    parts.push({ type: 'error', error: toFault(raw) });
  }

  function onBody(body: unknown): void {
    finished = true;
    emit(decodeResponse(body));
  }

  return {
    onObject,
    onDone() {},
    onBody,
    get finished() {
      return finished;
    },
    get started() {
      return started;
    },
    // Its last event alone ends it.
    complete: false,
  };
}

/** `{type: "error", error: {…}}`, `{type: "error", message, code}`, or a response that failed. */
function toFault(raw: JsonObject): ProviderFault {
  const response = asObject(raw.response);
  if (response !== undefined) return faultIn({ ...response, status: 'failed' })!;
  const fault = faultOf(raw) ?? { message: 'The provider ended its answer with an error.' };
  fault.status ??= STATUSES[fault.code ?? ''];
  return fault;
}

function malformed(): RouterError {
  return new RouterError(
    'bad_upstream',
    "The provider's stream is not of the OpenAI responses format.",
  );
}
