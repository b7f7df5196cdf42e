import type { FinishReason, Part } from '../chat.ts';

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  stop_sequence: 'stop',
  guardrail_intervened: 'content-filter',
  content_filtered: 'content-filter',
  refusal: 'content-filter',
  model_context_window_exceeded: 'length',
};

/** What the model wrote was no answer: before its first word another route may still serve. */
const BROKEN = new Set(['malformed_model_output', 'malformed_tool_use']);

/** Nova runs tools of its own, and then ends with `tool_use` all the same: only a call of ours counts. */
export function decodeStop(word: string, hasToolCall: boolean): Part {
  if (BROKEN.has(word))
    return {
      type: 'error',
      error: { message: `The model's answer was malformed (${word}).`, status: 502, code: word },
    };
  const reason = REASONS[word] ?? 'other';
  if (reason === 'tool-calls' && !hasToolCall) return { type: 'finish', reason: 'stop', raw: word };
  return { type: 'finish', reason, raw: word };
}
