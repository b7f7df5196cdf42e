import { RouterError } from '../../errors.ts';
import type { ChatEvent, Part } from '../chat.ts';
import { faultOf } from '../fault.ts';
import { asObject, asText } from '../json.ts';
import { createBlocks } from './decode-blocks.ts';
import { decodeFinish } from './finish.ts';
import { decodeUsage } from './usage.ts';

/** A provider's whole answer -> one event. */
export function decodeResponse(body: unknown): ChatEvent {
  const raw = asObject(body);
  const message = asObject(raw?.message);
  if (raw === undefined || message === undefined) {
    const fault = faultOf(raw);
    if (raw === undefined || fault === undefined) throw malformed();
    return { parts: [{ type: 'error', error: fault }], raw, whole: true };
  }
  const id = asText(raw.id);
  const parts: Part[] = [{ type: 'start', ...(id !== undefined && { id }) }];
  const blocks = createBlocks();
  const content =
    typeof message.content === 'string' ? [{ text: message.content }] : message.content;
  for (const [index, piece] of listOf(content).entries()) {
    blocks.addContent(index, asObject(piece), parts);
    blocks.endContent(index, parts);
  }
  blocks.addPlan(message.tool_plan, parts);
  for (const [index, call] of listOf(message.tool_calls).entries()) {
    blocks.startTool(index, asObject(call), parts);
    blocks.endTool(index, parts);
  }
  for (const citation of listOf(message.citations)) blocks.addCitation(citation, parts);
  blocks.closeAll(parts);
  parts.push(decodeFinish(asText(raw.finish_reason) ?? 'COMPLETE', asText(raw.error)));
  const usage = decodeUsage(raw.usage);
  if (usage !== undefined) parts.push({ type: 'usage', usage });
  return { parts, raw, whole: true };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function malformed(): RouterError {
  return new RouterError('bad_upstream', "The provider's answer is not of the Cohere format.");
}
