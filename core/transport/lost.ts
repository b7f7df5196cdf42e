/**
 * The well-formed error of a call whose worker died, in the words of its path. The worker that comes
 * after it says so where there was no answer yet; a stream is given its last words with its head.
 */
import { RouterError } from '../errors.ts';
import { formatAt } from './words.ts';

export const LOST = new RouterError(
  'upstream_truncated',
  'Gatehouse stopped before the answer was complete. The call may have reached the provider; it was not sent again.',
);

const LINE_END = new Uint8Array([10, 10]);

/** Ends a stream: never with a finish, never with `[DONE]`. A line that was cut is closed first. */
export function toLastWords(url: string, headers: Headers): Uint8Array | null {
  if (!/^text\/event-stream\b/i.test(headers.get('content-type') ?? '')) return null;
  const event = formatAt(url).encodeStreamError(LOST);
  const words = new Uint8Array(LINE_END.length + event.length);
  words.set(LINE_END);
  words.set(event, LINE_END.length);
  return words;
}
