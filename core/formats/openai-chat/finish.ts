import type { FinishReason } from '../chat.ts';

/** What providers of this dialect say. The first five are OpenAI's own. */
const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  content_filter: 'content-filter',
  function_call: 'tool-calls',
  tool_call: 'tool-calls',
  tool_use: 'tool-calls',
  eos: 'stop',
  eos_token: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  sensitive: 'content-filter',
  safety: 'content-filter',
  refusal: 'content-filter',
  recitation: 'content-filter',
  error: 'error',
  network_error: 'error',
  insufficient_system_resource: 'error',
};

const WIRE: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  error: 'stop',
  other: 'stop',
};

const STANDARD = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

/**
 * A provider's word -> canonical. A `stop` after a tool call is one: Gemini's compatible endpoint says
 * so for every call, OpenAI for a forced one.
 */
export function decodeFinish(word: string, hasToolCall: boolean): FinishReason {
  const reason = REASONS[word] ?? REASONS[word.toLowerCase()] ?? (word === '' ? 'stop' : 'other');
  return hasToolCall && (reason === 'stop' || reason === 'other') ? 'tool-calls' : reason;
}

export function encodeFinish(reason: FinishReason): string {
  return WIRE[reason];
}

/** The word that a client of this dialect knows: the provider's own where it is one. */
export function repairFinish(word: string, reason: FinishReason, isCompatible: boolean): string {
  return STANDARD.has(word) && isCompatible ? word : WIRE[reason];
}
