import { RouterError } from '../../errors.ts';
import { collect } from '../../streams/collect.ts';
import type { ChatEvent, Part } from '../chat.ts';
import { errorIn, faultOf } from '../fault.ts';
import type { AnswerContext } from '../format.ts';
import { asObject, asText, type JsonObject } from '../json.ts';
import { createItems } from './decode-items.ts';
import { toItems } from './encode-items.ts';
import { decodeFinish, faultIn } from './finish.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

/** A provider's whole response -> one event. */
export function decodeResponse(body: unknown): ChatEvent {
  const raw = asObject(body);
  if (raw === undefined) throw notAnAnswer();
  const fault = Array.isArray(raw.output) ? faultIn(raw) : faultOf(raw);
  if (fault !== undefined) return { parts: [{ type: 'error', error: fault }], raw, whole: true };
  if (!Array.isArray(raw.output) || raw.status === 'queued' || raw.status === 'in_progress')
    throw notAnAnswer();
  const parts: Part[] = [startOf(raw)];
  const items = createItems();
  raw.output.forEach((item, place) => items.whole(asObject(item) ?? {}, place, parts));
  const usage = decodeUsage(raw.usage);
  parts.push({ type: 'finish', ...decodeFinish(raw, items.hasCall) });
  if (usage !== undefined) parts.push({ type: 'usage', usage });
  return { parts, raw, whole: true };
}

export function startOf(response: JsonObject): Part {
  const created = response.created_at;
  return {
    type: 'start',
    ...(asText(response.id) && { id: response.id as string }),
    ...(asText(response.model) && { model: response.model as string }),
    ...(typeof created === 'number' && created > 0 && { created: Math.floor(created) }),
  };
}

function notAnAnswer(): RouterError {
  return new RouterError(
    'bad_upstream',
    "The provider's answer is not of the OpenAI responses format.",
  );
}

/** One whole event -> the caller's response. Throws the fault where the event states one. */
export function encodeResponse(event: ChatEvent, context: AnswerContext): JsonObject {
  const fault = errorIn(event);
  if (fault !== undefined) throw fault;
  const { raw } = event;
  if (context.passThrough && raw !== undefined && event.whole) {
    raw.model = context.model;
    raw.id = asText(raw.id) ?? context.id;
    return raw;
  }
  const answer = collect([event]);
  const id = answer.id ?? context.id;
  const choice = answer.choices[0];
  return {
    ...toShell(id, answer.created ?? context.created, context.model),
    ...toEnding(choice?.finish?.reason ?? 'stop'),
    output: toItems(id, choice?.content ?? [], choice?.logprobs),
    usage: encodeUsage(answer.usage),
  };
}

/** The fields of a response that say nothing of the answer; its SDKs expect them to be there. */
export function toShell(id: string, created_at: number, model: string): JsonObject {
  return {
    id,
    object: 'response',
    created_at,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: {},
  };
}

/** How the answer ended. */
export function toEnding(reason: string): JsonObject {
  if (reason === 'length')
    return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  if (reason === 'content-filter')
    return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
  return { status: 'completed', incomplete_details: null };
}
