import type { ContentPart, ReasoningContent, ToolCall } from '../chat.ts';
import type { JsonObject } from '../json.ts';
import { unmark } from '../signature.ts';
import { encodeAnnotation } from './citation.ts';

/** Whole content -> output items: texts in a row are one message, thoughts of one id one item. */
export function toItems(
  id: string,
  content: readonly ContentPart[],
  logprobs: unknown[] = [],
): JsonObject[] {
  const items: JsonObject[] = [];
  let said: JsonObject[] | undefined;
  for (const part of content) {
    const itemId = (kind: string) => `${kind}_${id}_${items.length}`;
    if (part.type === 'text' || part.type === 'refusal') {
      if (said === undefined) items.push(toMessage(itemId('msg'), 'completed', (said = [])));
      said.push(
        part.type === 'text'
          ? toOutputText(part, logprobs)
          : { type: 'refusal', refusal: part.text },
      );
      continue;
    }
    said = undefined;
    if (part.type === 'reasoning') {
      const last = items.at(-1);
      if (last?.type === 'reasoning' && part.id !== undefined && last.id === part.id)
        addThought(last, part);
      else
        items.push(
          addThought({ id: part.id ?? itemId('rs'), type: 'reasoning', summary: [] }, part),
        );
    }
    if (part.type === 'tool-call')
      items.push(...toCarrier(itemId('rs'), part), toCall(itemId('fc'), part, 'completed'));
    if (part.type === 'image' && part.source.kind === 'base64')
      items.push({
        id: itemId('ig'),
        type: 'image_generation_call',
        status: 'completed',
        result: part.source.data,
      });
  }
  return items;
}

export function toMessage(id: string, status: string, content: readonly JsonObject[]): JsonObject {
  return { id, type: 'message', status, role: 'assistant', content };
}

export function toOutputText(
  part: Extract<ContentPart, { type: 'text' }>,
  logprobs: readonly unknown[] = [],
): JsonObject {
  const annotations = (part.citations ?? [])
    .map(encodeAnnotation)
    .filter((cited) => cited !== undefined);
  return { type: 'output_text', text: part.text, annotations, logprobs };
}

export function addThought(item: JsonObject, part: ReasoningContent): JsonObject {
  const proof = part.redacted ?? part.signature;
  if (part.text !== '')
    (item.summary as JsonObject[]).push({ type: 'summary_text', text: part.text });
  if (proof !== undefined) item.encrypted_content = unmark('openai-responses', proof);
  return item;
}

export function toCall(id: string, call: ToolCall, status: string): JsonObject {
  const { name } = call;
  return { id, type: 'function_call', status, call_id: call.id, name, arguments: call.arguments };
}

/** A call has no place for the proof that Gemini wants back: an empty thought before it carries it. */
export function toCarrier(id: string, call: ToolCall): JsonObject[] {
  return call.signature === undefined
    ? []
    : [{ id, type: 'reasoning', summary: [], encrypted_content: call.signature }];
}
