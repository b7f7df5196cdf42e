import type { FinishReason } from '../chat.ts';

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  max_tokens: 'length',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  pause_turn: 'stop',
  refusal: 'content-filter',
  model_context_window_exceeded: 'length',
};

export function decodeFinish(word: string): FinishReason {
  return REASONS[word] ?? 'other';
}

export function encodeFinish(reason: FinishReason, stopSequence: string | undefined): string {
  switch (reason) {
    case 'length':
      return 'max_tokens';
    case 'tool-calls':
      return 'tool_use';
    case 'content-filter':
      return 'refusal';
    default:
      return stopSequence === undefined ? 'end_turn' : 'stop_sequence';
  }
}
