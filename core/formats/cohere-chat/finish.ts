import type { Part } from '../chat.ts';

const REASONS = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  ERROR_LIMIT: 'length',
  TOOL_CALL: 'tool-calls',
  ERROR_TOXIC: 'content-filter',
} as const;

/** What ends no answer but tells of a failure. */
const FAILURES: Readonly<Record<string, number>> = { ERROR: 502, TIMEOUT: 504, USER_CANCEL: 502 };

export function decodeFinish(word: string, message: string | undefined): Part {
  const status = FAILURES[word];
  if (status !== undefined) {
    const words = message ?? `The provider ended its answer with ${word}.`;
    return { type: 'error', error: { message: words, status, code: word } };
  }
  const reason = REASONS[word as keyof typeof REASONS] ?? 'other';
  return { type: 'finish', reason, raw: word };
}
