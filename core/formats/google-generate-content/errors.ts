import type { RouterError } from '../../errors.ts';
import { encodeSse } from '../../streams/sse.ts';
import type { JsonObject } from '../json.ts';

/** Google's canonical names of statuses (google.rpc.Code). */
const NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** Google's error body; our code is the reason in its details, where its SDKs look for one. */
export function encodeError(error: RouterError): JsonObject {
  const { status, message, code, param } = error;
  const metadata = param === null ? {} : { metadata: { param } };
  return {
    error: {
      code: status,
      message,
      status: NAMES[status] ?? (status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT'),
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: code,
          domain: 'gatehouse.invalid',
          ...metadata,
        },
      ],
    },
  };
}

export function streamError(error: RouterError): string {
  return encodeSse(JSON.stringify(encodeError(error)));
}
