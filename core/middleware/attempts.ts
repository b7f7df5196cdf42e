import type { ErrorCode, RouterError } from '../errors.ts';
import type { Usage } from '../formats/chat.ts';

/** Why a target was asked, or was looked at. */
export type AttemptCause =
  /** The call's first. */
  | 'first'
  /** One before it failed. */
  | 'failover'
  /** The first had no content for a while: this one ran beside it. */
  | 'hedge'
  /** Nothing else was left, and what failed may pass. */
  | 'retry'
  /** An answer broke off in its middle: this one went on with it. */
  | 'continuation'
  /** An answer without a tool call was asked for again. */
  | 'enforcement'
  /** The provider refused an access token with a 401: the same key was asked again with a new one. */
  | 'renewal';

export type AttemptOutcome =
  /** Its answer is what the caller got, to its end. */
  | 'answered'
  /** Before its first content: the next one was tried, unseen by the caller. */
  | 'failed'
  /** After its first content. */
  | 'cut'
  /** The caller left, or the person stopped it. */
  | 'cancelled'
  /** Another one had content first: it was aborted. */
  | 'lost'
  /** A whole answer that lacks the tool call that it must have. */
  | 'rejected'
  /** Never asked: `reason` tells why. */
  | 'skipped';

/**
 * One try of a call, told once, when it is over. Plain data, and no secret in it: `reason` is the
 * provider's words without the key. Attempts of one call share `callId`, which is the answer's
 * `x-request-id`; those that ran side by side (`hedge`) are told in the order of their end.
 */
export interface AttemptRecord {
  readonly callId: string;
  /** The calling site, or `gatehouse` for our own pages. */
  readonly origin: string;
  /** The model as the caller wrote it; '' for none. */
  readonly asked: string;
  /** From 1, in the order of their beginning, skipped ones among them. */
  readonly number: number;
  readonly cause: AttemptCause;
  readonly provider: string;
  readonly model: string;
  /** The key as a screen may show it; absent where none was sent. */
  readonly key?: AttemptKey;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds after `startedAt`: the answer's head came. */
  readonly firstByteMs?: number;
  /** Of a whole answer that is not streamed: it was read and found to be one. */
  readonly firstContentMs?: number;
  readonly endMs: number;
  readonly outcome: AttemptOutcome;
  readonly status?: number;
  readonly code?: ErrorCode;
  readonly reason?: string;
  /** Tokens of this try alone, as far as they are known. */
  readonly usage?: Usage;
}

export interface AttemptKey {
  readonly id: string;
  readonly label: string;
  /** Masked: `gsk_…9fQ2`. */
  readonly preview: string;
}

export type AttemptListener = (attempt: AttemptRecord) => void;

/** THE place where tries are told. Costs a call nothing where nobody listens. */
export interface Attempts {
  /** The returned function ends it. A listener must not throw, and must not wait. */
  listen(listener: AttemptListener): () => void;
  /** The book of one call. */
  open(call: Pick<AttemptRecord, 'callId' | 'origin' | 'asked'>): AttemptBook;
}

export interface AttemptBook {
  begin(start: Pick<AttemptRecord, 'cause' | 'provider' | 'model' | 'key'>): OpenAttempt;
  skipped(skip: Pick<AttemptRecord, 'provider' | 'model' | 'reason' | 'status' | 'code'>): void;
}

/** One try under way. */
export interface OpenAttempt {
  head(): void;
  content(): void;
  /** The first call counts, what comes after it does not. */
  end(outcome: AttemptOutcome, error?: RouterError, usage?: Usage): void;
}

const nothing = () => {};
const UNHEARD: OpenAttempt = Object.freeze({ head: nothing, content: nothing, end: nothing });
const NO_BOOK: AttemptBook = Object.freeze({ begin: () => UNHEARD, skipped: nothing });

export function createAttempts(ports: { now(): number }): Attempts {
  const listeners = new Set<AttemptListener>();
  const tell = (attempt: AttemptRecord) => {
    for (const listener of listeners) listener(attempt);
  };

  function open(call: Pick<AttemptRecord, 'callId' | 'origin' | 'asked'>): AttemptBook {
    let count = 0;
    return {
      begin(start) {
        const number = (count += 1);
        const startedAt = ports.now();
        const since = performance.now();
        const passed = () => Math.round(performance.now() - since);
        let firstByteMs: number | undefined;
        let firstContentMs: number | undefined;
        let isOver = false;
        return {
          head: () => void (firstByteMs ??= passed()),
          content: () => void (firstContentMs ??= passed()),
          end(outcome, error, usage) {
            if (isOver) return;
            isOver = true;
            tell({
              ...call,
              number,
              ...start,
              startedAt,
              ...(firstByteMs !== undefined && { firstByteMs }),
              ...(firstContentMs !== undefined && { firstContentMs }),
              endMs: passed(),
              outcome,
              ...(error && { status: error.status, code: error.code, reason: error.message }),
              ...(usage && { usage }),
            });
          },
        };
      },
      skipped(skip) {
        count += 1;
        const startedAt = ports.now();
        tell({
          ...call,
          number: count,
          cause: 'failover',
          ...skip,
          startedAt,
          endMs: 0,
          outcome: 'skipped',
        });
      },
    };
  }

  return {
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open: (call) => (listeners.size === 0 ? NO_BOOK : open(call)),
  };
}
