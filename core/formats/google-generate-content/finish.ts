import type { FinishReason } from '../chat.ts';

/** Google's reasons, in the order of its enumeration: some SDKs record the number. */
const WORDS = [
  'FINISH_REASON_UNSPECIFIED',
  'STOP',
  'MAX_TOKENS',
  'SAFETY',
  'RECITATION',
  'OTHER',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MALFORMED_FUNCTION_CALL',
];

const REASONS: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  MODEL_ARMOR: 'content-filter',
  MALFORMED_FUNCTION_CALL: 'error',
  UNEXPECTED_TOOL_CALL: 'error',
  TOO_MANY_TOOL_CALLS: 'error',
  MALFORMED_RESPONSE: 'error',
};

export function toWord(value: unknown): string | undefined {
  if (typeof value === 'number') return WORDS[value] ?? 'OTHER';
  return typeof value === 'string' && value !== '' && value !== 'FINISH_REASON_UNSPECIFIED'
    ? value
    : undefined;
}

/** `STOP` is the end of every call too: only what was seen before it tells them apart. */
export function decodeFinish(word: string, hasToolCall: boolean): FinishReason {
  // Of pictures: IMAGE_SAFETY, IMAGE_PROHIBITED_CONTENT, NO_IMAGE and others.
  const reason = REASONS[word] ?? (/IMAGE/.test(word) ? 'content-filter' : 'other');
  return hasToolCall && (reason === 'stop' || reason === 'other') ? 'tool-calls' : reason;
}

export function encodeFinish(reason: FinishReason): string {
  if (reason === 'length') return 'MAX_TOKENS';
  if (reason === 'content-filter') return 'SAFETY';
  return reason === 'other' ? 'OTHER' : 'STOP';
}
