import type { ChatRequest, ReasoningOptions } from '../chat.ts';
import { encodeThinking } from '../claude-thinking.ts';
import type { JsonObject } from '../json.ts';
import type { Family } from './families.ts';

type Effort = NonNullable<ReasoningOptions['effort']>;

/** Nova and gpt-oss know three efforts. */
const THREE: Readonly<Record<Effort, 'low' | 'medium' | 'high' | undefined>> = {
  none: undefined,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

/**
 * How much a model thinks, in the words of its family. `sampling` holds `temperature`, `top_p` and
 * `top_k`, and loses what the model refuses beside thinking.
 */
export function encodeReasoning(
  chat: ChatRequest,
  model: string,
  family: Family,
  sampling: JsonObject,
  dropped: string[],
): JsonObject {
  const { reasoning } = chat;
  if (reasoning === undefined) return {};
  if (family === 'claude') {
    const fields: JsonObject = { ...sampling };
    encodeThinking(chat, model, fields, dropped);
    for (const name of ['temperature', 'top_k', 'top_p'])
      if (fields[name] === undefined) delete sampling[name];
    const { thinking, output_config } = fields;
    return {
      ...(thinking !== undefined && { thinking }),
      ...(output_config !== undefined && { output_config }),
    };
  }
  const off = reasoning.effort === 'none' || reasoning.enabled === false;
  const effort = off ? undefined : THREE[reasoning.effort ?? 'medium'];
  if (family === 'nova' && /nova-(?:[2-9]|premier)/.test(model)) {
    if (effort === undefined) return { reasoningConfig: { type: 'disabled' } };
    // At its highest effort Nova refuses to be told how to sample and how much to say.
    if (effort === 'high')
      for (const name of ['temperature', 'top_p']) {
        if (sampling[name] === undefined) continue;
        delete sampling[name];
        dropped.push(name);
      }
    return { reasoningConfig: { type: 'enabled', maxReasoningEffort: effort } };
  }
  if (family === 'gpt-oss' && effort !== undefined) return { reasoning_effort: effort };
  if (!off) dropped.push('reasoning_effort');
  return {};
}
