/** What the transport itself refuses, in the words of the path that was called. */
import { ERROR_CODES, type ErrorCode } from '../errors.ts';
import { LOST_STATUS, toLostBody } from './lost.ts';

const REFUSALS = {
  'too-large': ['request_too_large', 'The request is larger than 48 MiB.'],
  'too-many': ['rate_limited', 'This page has too many calls under way.'],
  'not-known': ['origin_not_authorized', 'The browser did not say which site is calling.'],
} as const satisfies Record<string, readonly [code: ErrorCode, message: string]>;

export type Refusal = keyof typeof REFUSALS | 'lost';

export function toRefusal(url: string, refusal: Refusal, origin: string) {
  const headers = {
    'access-control-allow-origin': origin,
    'content-type': 'application/json',
    vary: 'origin',
    'x-should-retry': 'false',
  };
  if (refusal === 'lost') return { status: LOST_STATUS, headers, body: toLostBody(url) };
  const [code, message] = REFUSALS[refusal];
  const { status, type } = ERROR_CODES[code];
  const error = { message, type, param: null, code };
  const body = url.includes('/v1/messages') ? { type: 'error', error } : { error };
  return { status, headers, body: JSON.stringify(body) };
}
