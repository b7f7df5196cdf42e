import type { FinishReason, ProviderFault } from '../chat.ts';
import { faultOf } from '../fault.ts';
import { asObject, asText, type JsonObject } from '../json.ts';

/** `status` and `incomplete_details` tell the end; only the items tell whether it is a call. */
export function decodeFinish(
  response: JsonObject,
  hasCall: boolean,
): { reason: FinishReason; raw: string } {
  const why = asText(asObject(response.incomplete_details)?.reason);
  const raw = why ?? asText(response.status) ?? 'completed';
  if (why === 'max_output_tokens') return { reason: 'length', raw };
  if (why === 'content_filter') return { reason: 'content-filter', raw };
  if (response.status === 'incomplete') return { reason: 'length', raw };
  return { reason: hasCall ? 'tool-calls' : 'stop', raw };
}

/** The fault of a response that failed. */
export function faultIn(response: JsonObject): ProviderFault | undefined {
  if (response.status !== 'failed' && response.status !== 'cancelled' && !response.error)
    return undefined;
  const fault = faultOf(response) ?? { message: '' };
  if (fault.message === '') fault.message = 'The provider ended its answer with an error.';
  fault.status ??= STATUSES[fault.code ?? ''];
  return fault;
}

/** What the codes of a failed response would be as an HTTP status. */
export const STATUSES: Readonly<Record<string, number>> = {
  server_error: 500,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  invalid_prompt: 400,
  invalid_api_key: 401,
  model_not_found: 404,
};
