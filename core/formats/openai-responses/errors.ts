import type { RouterError } from '../../errors.ts';
import { encodeSse } from '../../streams/sse.ts';
import type { JsonObject } from '../json.ts';

/** OpenAI's error body. */
export function encodeError(error: RouterError): JsonObject {
  const { message, type, param, code } = error;
  return { error: { message, type, param, code } };
}

/** An `error` event: SDKs read its `error`, the reference has the same fields beside the type. */
export function streamError(error: RouterError): string {
  const { message, param, code } = error;
  return encodeSse(
    JSON.stringify({ type: 'error', message, code, param, ...encodeError(error) }),
    'error',
  );
}
