import type { ErrorCode, RouterError } from '../errors.ts';
import type { Settings } from '../storage/records.ts';

/** What a cooldown is of: one model with one key, a key, or all of a provider. */
export type CooldownScope = 'key-model' | 'key' | 'provider';

/**
 * `aside`: refused; asked only where nothing else can be, until the person does something about it.
 * `cooling`: not asked until its time is over. `failing`: it failed several times in a row, and is
 * asked after all others.
 */
export type CooldownState = 'aside' | 'cooling' | 'failing';

export interface Cool {
  readonly scope: CooldownScope;
  readonly state: CooldownState;
  /** The first wait where the provider names none, in milliseconds; it doubles with each failure. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** The setting that stands in place of `firstMs`. */
  readonly setting?: 'rateLimitCooldownMs' | 'paymentCooldownMs' | 'forbiddenCooldownMs';
}

/** What follows from a failure before the first content. */
export interface Verdict {
  /**
   * `key`: the provider's next key, then the next route. `later`: the next route, as it is the
   * provider's doing; its other keys where no route answered. `route`: no other key would do better.
   * `end`: nothing would.
   */
  readonly next: 'key' | 'later' | 'route' | 'end';
  readonly cool?: Cool;
  /** So many keys of one route are asked at most where all fail so; absent: the whole pool. */
  readonly mostKeys?: number;
  /** The provider did read the request: key and provider are well. */
  readonly alive?: boolean;
  /**
   * The same key may do better in a moment. Only where the provider says itself that it failed: what
   * broke off on the way may have been done, and nothing is sent twice unasked.
   */
  readonly passes?: boolean;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const RATE: Cool = {
  scope: 'key-model',
  state: 'cooling',
  firstMs: 30 * SECOND,
  mostMs: 30 * MINUTE,
  setting: 'rateLimitCooldownMs',
};
const MONEY: Cool = {
  scope: 'key',
  state: 'cooling',
  firstMs: 10 * MINUTE,
  mostMs: 6 * HOUR,
  setting: 'paymentCooldownMs',
};
/** A key without credit may still have models that cost nothing. */
const PRICE: Cool = { ...MONEY, scope: 'key-model' };
const REFUSED: Cool = { scope: 'key', state: 'aside', firstMs: 0, mostMs: 0 };
const FORBIDDEN: Cool = {
  scope: 'key-model',
  state: 'cooling',
  firstMs: 3 * MINUTE,
  mostMs: HOUR,
  setting: 'forbiddenCooldownMs',
};
const FAULTY: Cool = {
  scope: 'key-model',
  state: 'failing',
  firstMs: 30 * SECOND,
  mostMs: 10 * MINUTE,
};
const UNWELL: Cool = {
  scope: 'provider',
  state: 'failing',
  firstMs: 15 * SECOND,
  mostMs: 2 * MINUTE,
};

interface Row {
  readonly when: (error: RouterError) => boolean;
  readonly verdict: Verdict;
}

const of = (...codes: ErrorCode[]) => {
  const set: ReadonlySet<ErrorCode> = new Set(codes);
  return ({ code }: RouterError) => set.has(code);
};
const isHinted = ({ retryAfterMs }: RouterError) => retryAfterMs !== undefined;
const says = ({ message }: RouterError, words: RegExp) => words.test(message);

/** An account that has nothing left, told as a rate limit (OpenAI's `insufficient_quota`). */
const NO_MONEY = /current quota|billing|insufficient|credits?\b|balance/i;
const WHOLE_SERVICE = /maintenance|service (?:is )?(?:temporarily )?unavailable/i;

/** Read in order; the first that fits counts. The last fits all. */
const ROWS: readonly Row[] = Object.freeze([
  {
    when: of(
      'cancelled',
      'vault_locked',
      'origin_not_authorized',
      'internal_error',
      'storage_full',
    ),
    verdict: { next: 'end' },
  },
  // Our own, before anything was sent: it can't be said in this provider's format.
  { when: of('invalid_request'), verdict: { next: 'route' } },
  { when: of('key_refused'), verdict: { next: 'key', cool: REFUSED } },
  { when: of('content_filter', 'model_not_found'), verdict: { next: 'route', alive: true } },
  // A longer window may be on another route, never with another key.
  { when: of('context_length_exceeded'), verdict: { next: 'route', alive: true } },
  { when: ({ status }) => status === 402, verdict: { next: 'key', cool: PRICE } },
  {
    when: (error) => error.code === 'rate_limited' && !isHinted(error) && says(error, NO_MONEY),
    verdict: { next: 'key', cool: MONEY },
  },
  { when: of('rate_limited'), verdict: { next: 'key', cool: RATE } },
  // Not the device's fault, nor for long: a server that the person starts is asked at once.
  { when: of('offline', 'local_unreachable'), verdict: { next: 'route' } },
  { when: of('no_provider_key', 'unknown_url'), verdict: { next: 'route' } },
  // Slow is not broken: timeouts never cool. Each costs its whole time, so few keys are asked.
  {
    when: ({ code, status }) => code === 'upstream_timeout' || status === 408,
    verdict: { next: 'later', mostKeys: 2 },
  },
  // HTML, nothing, a broken connection: seldom the key's doing.
  { when: of('bad_upstream'), verdict: { next: 'later', mostKeys: 2, cool: UNWELL } },
  { when: of('upstream_truncated'), verdict: { next: 'later', mostKeys: 2 } },
  { when: ({ status }) => status === 403, verdict: { next: 'key', cool: FORBIDDEN } },
  {
    when: (error) => error.status === 503 && isHinted(error) && says(error, WHOLE_SERVICE),
    verdict: { next: 'route', cool: { ...RATE, scope: 'provider' } },
  },
  {
    when: (error) => error.status >= 500 && isHinted(error),
    verdict: { next: 'key', cool: RATE },
  },
  {
    when: ({ status }) => status >= 500,
    verdict: { next: 'later', cool: FAULTY, passes: true },
  },
  {
    when: ({ status }) => status === 409 || status === 424 || status === 425,
    verdict: { next: 'later', mostKeys: 2, passes: true },
  },
  // The request's own fault, as far as this provider is concerned.
  { when: () => true, verdict: { next: 'route', alive: true } },
]);

/** The person's settings may say how long a key rests; 0: not at all. */
export function verdictOf(error: RouterError, settings: Settings = {}): Verdict {
  const { verdict } = ROWS.find(({ when }) => when(error))!;
  const { cool } = verdict;
  const chosen = cool?.setting && settings[cool.setting];
  if (cool === undefined || chosen === undefined) return verdict;
  // A limit's own time holds whatever is set for those that name none.
  if (chosen === 0 && cool.setting !== 'rateLimitCooldownMs') {
    return { ...verdict, cool: undefined };
  }
  return {
    ...verdict,
    cool: { ...cool, firstMs: chosen, mostMs: Math.max(chosen, cool.mostMs) },
  };
}
