import { RouterError, type ErrorCode } from '../errors.ts';
import type { ProviderFault } from '../formats/chat.ts';
import { waitIn } from '../formats/fault.ts';

interface FaultRow {
  readonly code: ErrorCode;
  readonly when: (fault: ProviderFault, words: string) => boolean;
}

/** Wordings of providers (wire-facts.md, Others), read in order; the first that fits names the code. */
const CONTEXT_LENGTH = anyOf(
  'context[_ ]length[_ ]exceeded',
  'max(?:imum)? context',
  'prompt (?:is )?too long',
  'input (?:is |length )?too long',
  'total length of all messages is too long',
  'input token count .* exceeds',
  'token limit exceeded',
  "exceeds? (?:the )?(?:available )?(?:model'?s? )?(?:maximum )?(?:context|token) (?:length|limit|window|size)",
  'context (?:window|limit|size) (?:exceeded|of)',
  'exceed_context_size',
  'too many (?:input |prompt )?tokens',
  'input tokens exceeded',
  'number of (?:input )?tokens exceeds',
  'reduce the length of (?:the|your) (?:messages|prompt)',
  'model_context_window_exceeded',
  'tokens? > \\d+ maximum',
);
const CONTENT_FILTER = anyOf(
  'content[_ ](?:filter|policy)',
  'responsibleaipolicyviolation',
  'content management policy',
  'moderation',
  'flagged',
  'safety (?:system|settings|filter)',
  'prohibited_content',
);
const MODEL_UNKNOWN = anyOf(
  'model[_ ]not[_ ](?:found|exist)',
  'unknown[_ ]model',
  'no such model',
  'not a valid model',
  'no endpoints found for',
  'deployment for this resource does not exist',
  '^model: \\S+',
  "models?\\b.{0,120}?(?:not (?:found|exist|available)|does(?:n't| not) exist|deprecated|decommissioned|no longer)",
);
/** The same where the status alone does not say that something is missing: in so many words. */
const MODEL_SURELY_UNKNOWN = anyOf(
  'model[_ ]not[_ ](?:found|exist)',
  'unknown[_ ]model\\b',
  'invalid model\\b',
  'no such model',
  'not a valid model',
  "model [`\"'“]?[\\w./:-]+[`\"'”]? (?:does(?:n't| not) exist|not found|has been (?:decommissioned|deprecated))",
);
const KEY_SURELY_REFUSED = anyOf(
  '(?:invalid|incorrect|wrong|expired) (?:x-)?api[ _-]?key',
  'api[ _]?key (?:is )?(?:not valid|invalid|expired)',
  'api_key_invalid',
);
/** A 403 is the key's fault where it speaks of the key, or of nothing else. */
const OF_THE_KEY = anyOf(
  'key',
  'token',
  'credential',
  'unauthori[sz]ed',
  'authenticat',
  'forbidden',
);
const NOT_OF_THE_KEY = anyOf(
  'model',
  'region',
  'country',
  'territory',
  'location',
  'content',
  'moderation',
  'flagged',
  'policy',
  'safety',
  'quota',
  'credit',
);

function anyOf(...wordings: string[]): RegExp {
  return new RegExp(wordings.join('|'), 'is');
}

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
      status === 403 && !NOT_OF_THE_KEY.test(words) && (words === '' || OF_THE_KEY.test(words)),
  },
  {
    code: 'key_refused',
    when: ({ status }, words) => status === 400 && KEY_SURELY_REFUSED.test(words),
  },
  {
    code: 'content_filter',
    when: (fault, words) =>
      [400, 403, 422, undefined].includes(fault.status) && CONTENT_FILTER.test(words),
  },
  {
    code: 'model_not_found',
    when: ({ status }, words) =>
      (status === 404 && MODEL_UNKNOWN.test(words)) ||
      ((status === 400 || status === 422) && MODEL_SURELY_UNKNOWN.test(words)),
  },
  { code: 'upstream_timeout', when: ({ status }) => status === 504 },
]);

/** These keep the provider's own status. */
const OWN_STATUS: ReadonlySet<ErrorCode> = new Set([
  'provider_error',
  'key_refused',
  'model_not_found',
]);

/** What a provider says went wrong, as one of our codes, in its own words less the key. */
export function fromFault(fault: ProviderFault, secrets: readonly string[] = []): RouterError {
  const { param } = fault;
  // A fault inside a stream comes without headers; its words may tell.
  const retryAfterMs = fault.retryAfterMs ?? waitIn(fault.message);
  const words = [fault.message, fault.code, fault.type].filter(Boolean).join(' ');
  const message = withoutSecrets(fault.message || 'The provider gave no reason.', secrets);
  const code = ROWS.find(({ when }) => when(fault, words))?.code ?? 'provider_error';
  if (OWN_STATUS.has(code)) {
    // A fault in a stream may have none, or one that is not HTTP's.
    const status = isErrorStatus(fault.status) ? fault.status : 502;
    return new RouterError(code, message, { param, retryAfterMs, status, type: typeOf(status) });
  }
  return new RouterError(code, message, { param, retryAfterMs });
}

function isErrorStatus(status: number | undefined): status is number {
  return status !== undefined && status >= 400 && status <= 599;
}

function isRefusal({ status }: ProviderFault): boolean {
  return status === undefined || (status >= 400 && status < 500);
}

function typeOf(status: number): string {
  if (status >= 500) return 'server_error';
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  return 'invalid_request_error';
}

const LEAST_PIECE = 16;

/** A secret may be of several: AWS repeats a session token in what it calls the canonical request. */
function piecesOf(secret: string): string[] {
  const pieces = secret.startsWith('{')
    ? [...secret.matchAll(/"\w*(?:secret|session)\w*"\s*:\s*"([^"]+)"/gi)].map((found) => found[1]!)
    : secret.split(/[\s:,]+/);
  return pieces.filter((piece) => piece.length >= LEAST_PIECE && piece !== secret);
}

/** Some providers quote the key that they refuse, whole or with stars in it. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let plain = text;
  for (const secret of secrets)
    for (const piece of [secret, ...piecesOf(secret)])
      if (piece !== '') plain = plain.replaceAll(piece, '[key]');
  return plain.replace(/[\w.-]*\*{3,}[\w.*-]*/g, '[key]');
}
