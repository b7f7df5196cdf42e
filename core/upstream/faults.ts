import { RouterError, type ErrorCode } from '../errors.ts';
import type { ProviderFault } from '../formats/chat.ts';

/** A wait that an SDK may sit out by itself; openai-node ignores longer ones. */
const SHORT_WAIT_MS = 60_000;

interface FaultRow {
  readonly code: ErrorCode;
  readonly when: (fault: ProviderFault, words: string) => boolean;
}

/** Wordings of providers (wire-facts.md, Others), read in order; the first that fits names the code. */
const CONTEXT_LENGTH =
  /context[_ ]length[_ ]exceeded|maximum context length|prompt is too long|input (?:is|length) too long|input token count .* exceeds|token limit exceeded|exceeds? (?:the )?(?:model'?s? )?(?:maximum )?(?:context|token) (?:length|limit|window|size)|context (?:window|limit|size) (?:exceeded|of)|exceeds the available context|too many tokens|reduce the length of (?:the|your) (?:messages|prompt)|model_context_window_exceeded|tokens? > \d+ maximum/i;
const CONTENT_FILTER =
  /content[_ ](?:filter|policy)|responsibleaipolicyviolation|content management policy|moderation|flagged|safety (?:system|settings|filter)|prohibited_content/i;
const MODEL_UNKNOWN =
  /model[_ ]not[_ ](?:found|exist)|unknown[_ ]model|no such model|invalid[_ ]model|model\b.{0,120}?(?:not (?:found|exist|available|supported)|does(?:n't| not) exist|is not a valid)|not a valid model|no endpoints found/is;
const BAD_KEY =
  /api[_ -]?key|token|credential|unauthori[sz]ed|authenticat|forbidden|permission|access denied|not allowed/i;
const NOT_THE_KEY = /region|country|territory|location|moderation|flagged|policy|safety/i;

const ROWS: readonly FaultRow[] = Object.freeze([
  { code: 'rate_limited', when: ({ status }) => status === 429 },
  { code: 'key_refused', when: ({ status }) => status === 401 },
  {
    code: 'context_length_exceeded',
    when: (fault, words) => isRefusal(fault) && CONTEXT_LENGTH.test(words),
  },
  {
    code: 'key_refused',
    when: ({ status }, words) =>
      status === 403 && !NOT_THE_KEY.test(words) && (words.trim() === '' || BAD_KEY.test(words)),
  },
  {
    code: 'content_filter',
    when: (fault, words) =>
      [400, 403, 422, undefined].includes(fault.status) && CONTENT_FILTER.test(words),
  },
  {
    code: 'model_not_found',
    when: ({ status }, words) => status === 404 && MODEL_UNKNOWN.test(words),
  },
  { code: 'upstream_timeout', when: ({ status }) => status === 504 || status === 408 },
]);

/** What a provider says went wrong, as one of our codes, in its own words less the key. */
export function fromFault(fault: ProviderFault, secret?: string): RouterError {
  const words = [fault.message, fault.code, fault.type].filter(Boolean).join(' ');
  const row = ROWS.find(({ when }) => when(fault, words));
  const options = {
    param: fault.param,
    retryAfterMs: fault.retryAfterMs,
    type: undefined as string | undefined,
    status: undefined as number | undefined,
  };
  const message = withoutSecret(fault.message || 'The provider gave no reason.', secret);
  if (row !== undefined) {
    const wait = fault.retryAfterMs;
    const shouldRetry = row.code === 'rate_limited' && wait !== undefined && wait <= SHORT_WAIT_MS;
    return new RouterError(row.code, message, { ...options, shouldRetry });
  }
  // A fault in a stream may come without a number, or with one that is no HTTP status.
  const status = fault.status ?? 502;
  options.status = status >= 400 && status <= 599 ? status : 502;
  options.type = typeOf(options.status);
  return new RouterError('provider_error', message, options);
}

function isRefusal({ status }: ProviderFault): boolean {
  return status === undefined || (status >= 400 && status < 500);
}

function typeOf(status: number): string {
  if (status >= 500) return 'server_error';
  if (status === 403) return 'permission_error';
  return 'invalid_request_error';
}

/** Some providers quote the key that they refuse, whole or with stars in it. */
export function withoutSecret(text: string, secret: string | undefined): string {
  const plain = secret ? text.replaceAll(secret, '[key]') : text;
  return plain.replace(/[\w.-]*\*{3,}[\w.*-]*/g, '[key]');
}
