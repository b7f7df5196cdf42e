/** What the transport itself refuses, in the words of the path that was called. */
import { RouterError } from '../errors.ts';
import { LOST } from './lost.ts';
import { toErrorBody } from './words.ts';

const REFUSALS = Object.freeze({
  'too-large': new RouterError('request_too_large', 'The request is larger than 48 MiB.'),
  'too-many': new RouterError('rate_limited', 'This page has too many calls under way.'),
  'not-known': new RouterError(
    'origin_not_authorized',
    'The browser did not say which site is calling.',
  ),
  lost: LOST,
});

export type Refusal = keyof typeof REFUSALS;

export function toRefusal(url: string, refusal: Refusal, origin: string) {
  const error = REFUSALS[refusal];
  const headers = {
    'access-control-allow-origin': origin,
    'content-type': 'application/json',
    vary: 'origin',
    'x-should-retry': 'false',
  };
  return { status: error.status, headers, body: toErrorBody(url, error) };
}
