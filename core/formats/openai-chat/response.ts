import { RouterError } from '../../errors.ts';
import { collect, type CollectedChoice } from '../../streams/collect.ts';
import type { ChatEvent, Part } from '../chat.ts';
import { errorIn, faultOf } from '../fault.ts';
import type { AnswerContext } from '../format.ts';
import { type JsonObject, asObject } from '../json.ts';
import { toUrl } from '../media.ts';
import { encodeCitation } from './citation.ts';
import { createChoice } from './decode-choice.ts';
import { encodeAssistant, toReasoningDetails } from './encode-request.ts';
import { encodeFinish } from './finish.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

/** A provider's whole answer -> one event, repaired in place as a stream is. */
export function decodeResponse(body: unknown): ChatEvent {
  const raw = asObject(body);
  if (raw === undefined) throw notAnAnswer();
  const parts: Part[] = [
    {
      type: 'start',
      ...(typeof raw.id === 'string' && raw.id !== '' && { id: raw.id }),
      ...(typeof raw.model === 'string' && { model: raw.model }),
      ...(typeof raw.created === 'number' &&
        raw.created > 0 && { created: Math.floor(raw.created) }),
    },
  ];
  if (raw.error || !Array.isArray(raw.choices)) {
    const error = faultOf(raw);
    if (error === undefined) throw notAnAnswer();
    return { parts: [{ type: 'error', error }], raw };
  }
  if (raw.choices.length === 0) throw notAnAnswer();
  for (const [position, value] of raw.choices.entries()) {
    const choice = asObject(value);
    if (choice === undefined) throw notAnAnswer();
    if (typeof choice.index !== 'number') choice.index = position;
    decodeChoice(choice, parts);
  }
  const usage = decodeUsage(raw.usage);
  if (usage !== undefined) parts.push({ type: 'usage', usage });
  const fault = parts.find((part) => part.type === 'error');
  return { parts: fault === undefined ? parts : [fault], raw, whole: true };
}

/** A message is a stream's delta that holds all: the same reader reads it. */
function decodeChoice(choice: JsonObject, parts: Part[]): void {
  const message =
    asObject(choice.message) ??
    (typeof choice.text === 'string' ? { content: choice.text } : undefined);
  if (message === undefined && !choice.error) throw notAnAnswer();
  const reader = createChoice(choice.index as number);
  const calls = Array.isArray(message?.tool_calls) ? (message.tool_calls as JsonObject[]) : [];
  const unnumbered = calls.filter(
    (call) => asObject(call) !== undefined && call.index === undefined,
  );
  const view: JsonObject = { ...choice, delta: message ?? {} };
  if (choice.finish_reason === 'stop' || choice.finish_reason === '') delete view.finish_reason;
  // The index that a fragment needs is none of a whole call's fields.
  calls.forEach((call, index) => (call.index ??= index));
  reader.decode(view, parts);
  for (const call of unnumbered) delete call.index;
  if (!reader.finished && !choice.error) reader.close(parts, choice.finish_reason);
  choice.finish_reason = finishWord(choice.finish_reason, parts);
  if (message !== undefined) {
    message.role ??= 'assistant';
    message.content ??= null;
    choice.message = message;
  }
}

/** `stop` beside a forced tool call is what OpenAI says, so it stays; what no client knows does not. */
function finishWord(word: unknown, parts: readonly Part[]): unknown {
  if (word === 'stop') return word;
  const finish = parts.findLast((part) => part.type === 'finish');
  return finish === undefined || word === 'function_call' ? word : encodeFinish(finish.reason);
}

function notAnAnswer(): RouterError {
  return new RouterError('bad_upstream', "The provider's answer is not of the OpenAI chat format.");
}

/** One whole event -> the caller's JSON answer. Throws the fault where the event states one. */
export function encodeResponse(event: ChatEvent, context: AnswerContext): JsonObject {
  const fault = errorIn(event);
  if (fault !== undefined) throw fault;
  const { raw } = event;
  if (context.passThrough && raw !== undefined) {
    raw.id = typeof raw.id === 'string' && raw.id !== '' ? raw.id : context.id;
    raw.object = 'chat.completion';
    raw.created =
      typeof raw.created === 'number' && raw.created > 0
        ? Math.floor(raw.created)
        : context.created;
    raw.model = context.model;
    return raw;
  }
  const answer = collect([event]);
  return {
    id: answer.id ?? context.id,
    object: 'chat.completion',
    created: answer.created ?? context.created,
    model: context.model,
    choices: answer.choices.map(encodeChoice),
    ...(answer.usage !== undefined && { usage: encodeUsage(answer.usage) }),
  };
}

function encodeChoice(choice: CollectedChoice, index: number): JsonObject {
  const message = encodeAssistant(choice.content);
  message.refusal ??= null;
  const reasoning = choice.content.filter((part) => part.type === 'reasoning');
  const thought = reasoning.map((part) => part.text).join('');
  if (thought !== '') message.reasoning_content = thought;
  const details = reasoning.flatMap(toReasoningDetails);
  if (details.length > 0) message.reasoning_details = details;
  const citations = choice.content.flatMap((part) =>
    part.type === 'text'
      ? (part.citations ?? []).map(encodeCitation).filter((cited) => cited !== undefined)
      : [],
  );
  if (citations.length > 0) message.annotations = citations;
  const images = choice.content.flatMap((part) =>
    part.type === 'image' ? [toUrl(part.source)] : [],
  );
  if (images.length > 0)
    message.images = images.map((url) => ({ type: 'image_url', image_url: { url } }));
  if (choice.audio !== undefined) message.audio = choice.audio;
  return {
    index,
    message,
    logprobs: choice.logprobs === undefined ? null : { content: choice.logprobs, refusal: null },
    finish_reason: encodeFinish(choice.finish?.reason ?? 'stop'),
  };
}
