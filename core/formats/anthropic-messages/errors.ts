import type { RouterError } from '../../errors.ts';
import { encodeSse } from '../../streams/sse.ts';
import type { ProviderFault } from '../chat.ts';
import { faultOf } from '../fault.ts';
import type { JsonObject } from '../json.ts';

/** Anthropic's names of errors, by HTTP status (wire-facts.md). */
const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};
const STATUSES: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(TYPES).map(([status, type]) => [type, Number(status)]),
);

/** Anthropic's error body, with our code and the field at fault beside its own words. */
export function encodeError(error: RouterError, requestId: string): JsonObject {
  return { type: 'error', error: errorOf(error), request_id: requestId };
}

function errorOf(error: RouterError): JsonObject {
  const type = TYPES[error.status] ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error');
  return { type, message: error.message, code: error.code, param: error.param };
}

export function streamError(error: RouterError): string {
  return encodeSse(JSON.stringify({ type: 'error', error: errorOf(error) }), 'error');
}

/** An `error` event: its type tells the status that it would have had before the stream. */
export function decodeErrorEvent(raw: JsonObject): ProviderFault {
  const fault = faultOf(raw) ?? { message: '' };
  if (fault.message === '') fault.message = 'The provider ended its answer with an error.';
  fault.status ??= STATUSES[fault.type ?? ''];
  return fault;
}
