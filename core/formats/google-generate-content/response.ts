import { collect, type CollectedChoice } from '../../streams/collect.ts';
import type { ChatEvent, ContentPart, Part } from '../chat.ts';
import { errorIn, faultOf } from '../fault.ts';
import type { AnswerContext } from '../format.ts';
import { asObject, asText, fromArguments, type JsonObject } from '../json.ts';
import { unmark } from '../signature.ts';
import { encodeGrounding } from './citation.ts';
import { createAnswerReader, notAnAnswer } from './decode-answer.ts';
import { encodeFinish } from './finish.ts';
import { encodeUsage } from './usage.ts';

/** A provider's whole answer, or the list of a stream's chunks, -> one event. */
export function decodeResponse(body: unknown): ChatEvent {
  const chunks = (Array.isArray(body) ? body : [body]).map(asObject);
  const first = chunks[0];
  if (first === undefined) throw notAnAnswer();
  const reader = createAnswerReader();
  const parts: Part[] = [];
  for (const chunk of chunks) {
    if (chunk === undefined) throw notAnAnswer();
    if (
      chunk.candidates === undefined &&
      chunk.promptFeedback === undefined &&
      chunk.usageMetadata === undefined
    ) {
      const error = faultOf(chunk);
      if (error === undefined) throw notAnAnswer();
      return { parts: [{ type: 'error', error }], raw: chunk, whole: true };
    }
    parts.push(...reader.decode(chunk));
  }
  const fault = parts.find((part) => part.type === 'error');
  if (fault !== undefined) return { parts: [fault], raw: first, whole: true };
  reader.close(parts);
  if (!reader.complete) throw notAnAnswer();
  // A list is no answer to a caller who asked for one object: it is written anew.
  return chunks.length === 1 && !Array.isArray(body)
    ? { parts, raw: first, whole: true }
    : { parts };
}

/** One whole event -> the caller's answer. Throws the fault where the event states one. */
export function encodeResponse(event: ChatEvent, context: AnswerContext): JsonObject {
  const fault = errorIn(event);
  if (fault !== undefined) throw fault;
  const { raw } = event;
  if (context.passThrough && raw !== undefined && event.whole) {
    raw.modelVersion = context.model;
    raw.responseId = asText(raw.responseId) ?? context.id;
    return raw;
  }
  const answer = collect([event]);
  return {
    candidates: answer.choices.map(encodeCandidate),
    ...(answer.usage !== undefined && { usageMetadata: encodeUsage(answer.usage) }),
    modelVersion: context.model,
    responseId: answer.id ?? context.id,
  };
}

function encodeCandidate(choice: CollectedChoice, index: number): JsonObject {
  const parts = choice.content.flatMap(encodePart);
  if (typeof choice.audio?.data === 'string')
    parts.push({
      inlineData: {
        mimeType: `audio/${String(choice.audio.format ?? 'wav').replace(/^audio\//, '')}`,
        data: choice.audio.data,
      },
    });
  const grounding = encodeGrounding(
    choice.content.flatMap((part) => (part.type === 'text' ? (part.citations ?? []) : [])),
  );
  const isRefused = choice.content.some((part) => part.type === 'refusal');
  return {
    content: { parts, role: 'model' },
    finishReason: encodeFinish(isRefused ? 'content-filter' : (choice.finish?.reason ?? 'stop')),
    index,
    ...(grounding !== undefined && { groundingMetadata: grounding }),
  };
}

/** One part of an answer in a caller's words. */
export function encodePart(part: ContentPart): JsonObject[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }];
    case 'reasoning':
      return encodeThought(part.text, part.signature ?? part.redacted);
    case 'tool-call':
      return [
        {
          functionCall: { id: part.id, name: part.name, args: fromArguments(part.arguments) },
          ...proofOf(part.signature),
        },
      ];
    case 'image':
      return part.source.kind === 'base64'
        ? [{ inlineData: { mimeType: part.source.mediaType, data: part.source.data } }]
        : [];
    default:
      return [];
  }
}

/** A thought; a proof without words stands on an empty text. */
export function encodeThought(text: string, signature: string | undefined): JsonObject[] {
  if (text === '') return signature === undefined ? [] : [{ text: '', ...proofOf(signature) }];
  return [{ text, thought: true, ...proofOf(signature) }];
}

function proofOf(signature: string | undefined): JsonObject {
  return signature === undefined
    ? {}
    : { thoughtSignature: unmark('google-generate-content', signature) };
}
