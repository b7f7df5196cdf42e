/**
 * Every error that Gatehouse answers with. A code never changes its meaning; apps switch on it.
 * Source of the statuses and types: shared design, wire-facts.md.
 */
export const ERROR_CODES = {
  invalid_json: { status: 400, type: 'invalid_request_error' },
  invalid_request: { status: 400, type: 'invalid_request_error' },
  context_length_exceeded: { status: 400, type: 'invalid_request_error' },
  content_filter: { status: 400, type: 'invalid_request_error' },
  no_provider_key: { status: 401, type: 'authentication_error' },
  key_refused: { status: 401, type: 'authentication_error' },
  vault_locked: { status: 401, type: 'authentication_error' },
  origin_not_authorized: { status: 403, type: 'permission_error' },
  user_rejected: { status: 403, type: 'permission_error' },
  scope_denied: { status: 403, type: 'permission_error' },
  model_not_found: { status: 404, type: 'invalid_request_error' },
  unknown_url: { status: 404, type: 'invalid_request_error' },
  method_not_allowed: { status: 405, type: 'invalid_request_error' },
  consent_pending: { status: 409, type: 'permission_error' },
  request_too_large: { status: 413, type: 'invalid_request_error' },
  provider_error: { status: 400, type: 'invalid_request_error' },
  rate_limited: { status: 429, type: 'rate_limit_error' },
  origin_blocked: { status: 429, type: 'permission_error' },
  site_budget_exceeded: { status: 429, type: 'rate_limit_error' },
  cancelled: { status: 499, type: 'server_error' },
  internal_error: { status: 500, type: 'server_error' },
  bad_upstream: { status: 502, type: 'server_error' },
  upstream_truncated: { status: 502, type: 'server_error' },
  all_routes_failed: { status: 503, type: 'server_error' },
  offline: { status: 503, type: 'server_error' },
  local_unreachable: { status: 503, type: 'server_error' },
  upstream_timeout: { status: 504, type: 'server_error' },
  storage_full: { status: 507, type: 'server_error' },
} as const satisfies Record<string, { status: number; type: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface RouterErrorOptions {
  /** HTTP status, where it is not the code's own: a provider's 4xx is passed on with its status. */
  status?: number;
  /** OpenAI's error `type`, where it is not the code's own. */
  type?: string;
  /** The request field at fault, as a path: `messages[0].content`. */
  param?: string;
  /** How long to wait before another try, in milliseconds. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** A wait that an SDK may sit out by itself; openai-node ignores longer ones. */
const SHORT_WAIT_MS = 60_000;

/** What the router throws. Becomes a Response, or an event of a stream, in one place. */
export class RouterError extends Error {
  override readonly name = 'RouterError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: RouterErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? ERROR_CODES[code].status;
    this.type = options.type ?? ERROR_CODES[code].type;
    this.param = options.param ?? null;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** True where the caller's SDK should try again by itself; we are the only retry loop else. */
  get shouldRetry(): boolean {
    return (this.retryAfterMs ?? Infinity) <= SHORT_WAIT_MS && this.code === 'rate_limited';
  }
}

/** Whatever was thrown, as one of our errors. What we did not foresee says nothing of itself. */
export function toRouterError(thrown: unknown): RouterError {
  if (thrown instanceof RouterError) return thrown;
  if (thrown instanceof DOMException && thrown.name === 'AbortError') {
    return new RouterError('cancelled', 'The caller stopped waiting.', { cause: thrown });
  }
  if (thrown instanceof DOMException && thrown.name === 'QuotaExceededError') {
    return new RouterError('storage_full', 'This device has no room left to store on.', {
      cause: thrown,
    });
  }
  return new RouterError('internal_error', 'Gatehouse failed at this call.', { cause: thrown });
}
