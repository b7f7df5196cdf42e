/**
 * The well-formed error of a call that the transport itself could not finish, in the dialect of its
 * path. Written by hand, because every page loads this: core's table of errors would be most of it.
 */
import type { HeaderList } from './frames.ts';
import { matches } from './natives.ts';

const { stringify } = JSON;

export interface Refusal {
  readonly status: number;
  /** A code of core/errors.ts, and its type there. */
  readonly code: string;
  readonly type: string;
  readonly message: string;
}

export const TRUNCATED: Refusal = {
  status: 502,
  code: 'upstream_truncated',
  type: 'server_error',
  message:
    'Gatehouse stopped before the answer was complete. The call may have reached the provider; it was not sent again.',
};

export const NOT_FOR_OPAQUE: Refusal = {
  status: 403,
  code: 'origin_not_authorized',
  type: 'permission_error',
  message: 'A sandboxed frame, or one without an origin of its own, can not call Gatehouse.',
};

type Dialect = 'chat' | 'messages' | 'generate';

function dialectOf(url: string): Dialect {
  if (matches(/^[^?#]*\/v1\/messages\b/, url)) return 'messages';
  return matches(/:(?:stream)?generateContent\b/i, url) ? 'generate' : 'chat';
}

/** The error body (or a stream's error payload) as JSON text. */
export function toErrorText(url: string, { status, code, type, message }: Refusal): string {
  switch (dialectOf(url)) {
    case 'messages':
      return stringify({
        type: 'error',
        error: { type: status === 403 ? type : 'api_error', message },
        request_id: null,
      });
    case 'generate':
      return stringify({
        error: {
          code: status,
          message,
          status: status === 403 ? 'PERMISSION_DENIED' : 'UNAVAILABLE',
        },
      });
    default:
      return stringify({ error: { message, type, param: null, code } });
  }
}

/** What ends a stream that broke off: an error event, never a finish and never `[DONE]`. */
export function toErrorEvent(url: string, refusal: Refusal): string {
  // A cut line would swallow the event: the blank line before it ends whatever was begun.
  const name = dialectOf(url) === 'messages' ? 'event: error\n' : '';
  return `\n\n${name}data: ${toErrorText(url, refusal)}\n\n`;
}

/** `origin`: who may read the answer. */
export function errorHeaders(origin: string): HeaderList {
  return [
    ['content-type', 'application/json'],
    ['x-should-retry', 'false'],
    ['access-control-allow-origin', origin],
    ['vary', 'Origin'],
  ];
}
