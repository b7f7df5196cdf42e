/**
 * The well-formed error of a call whose worker died, in the words of its path. The worker that comes
 * after it says so where there was no answer yet; a stream is given its last words with its head.
 */
const MESSAGE =
  'Gatehouse stopped before the answer was complete. The call may have reached the provider; it was not sent again.';

export const LOST_STATUS = 502;

const isMessages = (url: string) => /\/v1\/messages\b/.test(url);

export function toLostBody(url: string): string {
  if (isMessages(url)) {
    return JSON.stringify({ type: 'error', error: { type: 'api_error', message: MESSAGE } });
  }
  const error = /:(?:streamG|g)enerateContent\b/.test(url)
    ? { code: LOST_STATUS, message: MESSAGE, status: 'UNAVAILABLE' }
    : { message: MESSAGE, type: 'server_error', param: null, code: 'upstream_truncated' };
  return JSON.stringify({ error });
}

/** Ends a stream: never with a finish, never with `[DONE]`. A line that was cut is closed first. */
export function toLastWords(url: string, headers: Headers): Uint8Array | null {
  if (!/^text\/event-stream\b/i.test(headers.get('content-type') ?? '')) return null;
  const name = isMessages(url) ? 'event: error\n' : '';
  return new TextEncoder().encode(`\n\n${name}data: ${toLostBody(url)}\n\n`);
}
