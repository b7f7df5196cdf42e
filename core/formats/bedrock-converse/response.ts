import { RouterError } from '../../errors.ts';
import type { ChatEvent, Part } from '../chat.ts';
import { faultOf } from '../fault.ts';
import { asObject, asText } from '../json.ts';
import { createBlocks } from './decode-blocks.ts';
import { decodeStop } from './finish.ts';
import { decodeUsage } from './usage.ts';

/** A provider's whole answer -> one event. It names neither itself nor its model. */
export function decodeResponse(body: unknown): ChatEvent {
  const raw = asObject(body);
  const content = asObject(asObject(raw?.output)?.message)?.content;
  if (raw === undefined || !Array.isArray(content)) {
    const fault = faultOf(raw);
    if (raw === undefined || fault === undefined) throw malformed();
    return { parts: [{ type: 'error', error: fault }], raw, whole: true };
  }
  const parts: Part[] = [{ type: 'start' }];
  const blocks = createBlocks();
  for (const [index, block] of content.entries()) {
    const wire = asObject(block);
    if (wire !== undefined) blocks.whole(index, wire, parts);
  }
  parts.push(decodeStop(asText(raw.stopReason) ?? 'end_turn', blocks.hasToolCall));
  const usage = decodeUsage(raw.usage);
  if (usage !== undefined) parts.push({ type: 'usage', usage });
  return { parts, raw, whole: true };
}

export function malformed(): RouterError {
  return new RouterError('bad_upstream', "The provider's answer is not of the Bedrock format.");
}
