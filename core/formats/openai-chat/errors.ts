import type { RouterError } from '../../errors.ts';
import { encodeSse } from '../../streams/sse.ts';
import type { JsonObject } from '../json.ts';

/** OpenAI's error body. `param` and `code` are text or null, never a number (wire-facts.md). */
export function encodeError(error: RouterError): JsonObject {
  const { message, type, param, code } = error;
  return { error: { message, type, param, code } };
}

/** An error inside a stream: its reader throws, as no `[DONE]` and no finish follows. */
export function streamError(error: RouterError): string {
  return encodeSse(JSON.stringify(encodeError(error)));
}
