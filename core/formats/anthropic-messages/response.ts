import { RouterError } from '../../errors.ts';
import { collect } from '../../streams/collect.ts';
import type { ChatEvent, ContentPart, Part } from '../chat.ts';
import { errorIn, faultOf } from '../fault.ts';
import type { AnswerContext } from '../format.ts';
import { asObject, asText, fromArguments, type JsonObject } from '../json.ts';
import { unmark, unmarkFor } from '../signature.ts';
import { encodeCitation } from './citation.ts';
import { createBlocks } from './decode-blocks.ts';
import { decodeFinish, encodeFinish } from './finish.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

/** A provider's whole message -> one event. */
export function decodeResponse(body: unknown): ChatEvent {
  const raw = asObject(body);
  if (raw === undefined) throw notAnAnswer();
  if (!Array.isArray(raw.content)) {
    const fault = faultOf(raw);
    if (fault === undefined) throw notAnAnswer();
    return { parts: [{ type: 'error', error: fault }], raw, whole: true };
  }
  const parts: Part[] = [
    {
      type: 'start',
      ...(asText(raw.id) && { id: raw.id as string }),
      ...(asText(raw.model) && { model: raw.model as string }),
    },
  ];
  const blocks = createBlocks();
  for (const [index, content_block] of raw.content.entries()) {
    blocks.start({ index, content_block }, parts);
    blocks.stop({ index }, parts);
  }
  const usage = decodeUsage(raw.usage);
  const word = asText(raw.stop_reason) ?? 'end_turn';
  const stopSequence = asText(raw.stop_sequence);
  parts.push({
    type: 'finish',
    reason: decodeFinish(word),
    raw: word,
    ...(stopSequence !== undefined && { stopSequence }),
  });
  if (usage !== undefined) parts.push({ type: 'usage', usage });
  return { parts, raw, whole: true };
}

function notAnAnswer(): RouterError {
  return new RouterError('bad_upstream', "The provider's answer is not of the Anthropic format.");
}

/** One whole event -> the caller's message. Throws the fault where the event states one. */
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
  const choice = answer.choices[0];
  const isRefused = choice?.content.some((part) => part.type === 'refusal') === true;
  const { reason = 'stop', stopSequence } = choice?.finish ?? {};
  return {
    id: answer.id ?? context.id,
    type: 'message',
    role: 'assistant',
    model: context.model,
    content: (choice?.content ?? []).flatMap(encodeBlock),
    stop_reason: encodeFinish(isRefused ? 'content-filter' : reason, stopSequence),
    stop_sequence: stopSequence ?? null,
    usage: encodeUsage(answer.usage),
  };
}

function encodeBlock(part: ContentPart): JsonObject[] {
  switch (part.type) {
    case 'text': {
      const citations = (part.citations ?? [])
        .map(encodeCitation)
        .filter((cited) => cited !== undefined);
      if (part.text === '' && citations.length === 0) return [];
      return [{ type: 'text', text: part.text, ...(citations.length > 0 && { citations }) }];
    }
    case 'refusal':
      return [{ type: 'text', text: part.text }];
    case 'reasoning':
      return encodeThought(part.text, part.signature, part.redacted);
    case 'tool-call':
      return [
        ...encodeCarrier(part.signature),
        { type: 'tool_use', id: part.id, name: part.name, input: fromArguments(part.arguments) },
      ];
    default:
      return [];
  }
}

export function encodeThought(
  text: string,
  signature: string | undefined,
  redacted: string | undefined,
): JsonObject[] {
  const blocks: JsonObject[] = [];
  if (text !== '' || signature !== undefined)
    blocks.push({
      type: 'thinking',
      thinking: text,
      signature: signature === undefined ? '' : unmark('anthropic-messages', signature),
    });
  if (redacted !== undefined)
    blocks.push({ type: 'redacted_thinking', data: unmark('anthropic-messages', redacted) });
  return blocks;
}

/** A tool call has no place for the proof that Gemini wants back: an empty thought before it carries it. */
export function encodeCarrier(signature: string | undefined): JsonObject[] {
  return unmarkFor('google-generate-content', signature) === undefined
    ? []
    : [{ type: 'thinking', thinking: '', signature: signature! }];
}
