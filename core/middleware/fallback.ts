import { RouterError, toRouterError } from '../errors.ts';
import type { Cooldown } from './cooldowns.ts';
import type { Credential, Credentials, Turn } from './credentials.ts';
import type { Target } from './resolve.ts';
import { allFailed, type Attempt } from './tried.ts';

export interface Reached<T> {
  readonly target: Target;
  readonly answer: T;
  /** The tries before it that failed. */
  readonly failed: readonly Attempt[];
}

export interface Walk {
  readonly credentials: Pick<Credentials, 'next' | 'answered' | 'failed'>;
  readonly signal: AbortSignal;
  /** False where the caller wants one try and no more. */
  readonly fallback: boolean;
  /** The one key to use; see Ask. */
  readonly pin?: string;
  /** How a key is called in what the caller reads. */
  readonly nameKey: (credential: Pick<Credential, 'preview' | 'number'>) => string;
  readonly now: () => number;
  /** Milliseconds that are left for the call as a whole. */
  readonly left: () => number;
}

/** Of what is asked only because nothing else can be, so much at one target. */
const MOST_LAST_RESORTS = 1;

/**
 * Walks the targets in order, and at each the provider's keys that are well, until one answers. Where
 * there was one thing to try its own error is the answer; else it is `all_routes_failed` with what
 * each said. Nothing is tried after an abort, nor when the call's time is over.
 */
export async function firstToAnswer<T>(
  targets: readonly Target[],
  walk: Walk,
  tryTarget: (target: Target, credential: Credential | undefined) => Promise<T>,
  onAttempt: (target: Target) => void,
): Promise<Reached<T>> {
  const { credentials, signal, fallback, pin } = walk;
  const failed: Attempt[] = [];
  let skipped: Attempt[] = [];
  let hasAsked = false;

  /** Undefined where the target has no more to try for now. */
  async function walkTarget(stop: Stop, lastResort: boolean): Promise<{ answer: T } | undefined> {
    const { target, tried } = stop;
    for (;;) {
      signal.throwIfAborted();
      stop.open = false;
      if (walk.left() <= 0) return undefined;
      const turn = await nextTurn(stop, lastResort);
      if (turn === undefined) return undefined;
      tried.add(turn.ticket.place.keyId);
      hasAsked = true;
      onAttempt(target);
      try {
        const answer = await tryTarget(target, turn.credential);
        await credentials.answered(turn);
        return { answer };
      } catch (thrown) {
        const error = toRouterError(thrown);
        const { next, mostKeys = Infinity } = await credentials.failed(turn, error);
        if (next === 'end') throw error;
        failed.push(toAttempt(target, error, turn.credential && walk.nameKey(turn.credential)));
        const most = lastResort ? MOST_LAST_RESORTS : mostKeys;
        stop.open = fallback && next !== 'route' && tried.size < most;
        if (next !== 'key' || !stop.open) return undefined;
      }
    }
  }

  async function nextTurn({ target, tried }: Stop, lastResort: boolean): Promise<Turn | undefined> {
    const { provider, model } = target;
    const ask = { model, tried, lastResort, ...(pin !== undefined && { pin }) };
    try {
      const turn = await credentials.next(provider, ask);
      if ('ticket' in turn) return turn;
      for (const cooldown of turn.waiting) skipped.push(toSkipped(target, cooldown));
    } catch (thrown) {
      const error = toRouterError(thrown);
      // No key here, or not the pinned one: another target's provider may have it.
      const isHere = error.code === 'no_provider_key' || error.code === 'invalid_request';
      if (targets.length === 1 || !isHere) throw error;
      failed.push(toAttempt(target, error));
    }
    return undefined;
  }

  for (const lastResort of [false, true]) {
    skipped = [];
    const stops = (fallback ? targets : targets.slice(0, 1)).map(toStop);
    while (stops.some(({ open }) => open)) {
      for (const stop of stops) {
        const reached = stop.open ? await walkTarget(stop, lastResort) : undefined;
        if (reached) return { target: stop.target, answer: reached.answer, failed };
      }
    }
    // What is asked last is asked only where nothing else could be.
    if (hasAsked) break;
  }
  throw allFailed(failed, skipped, walk.now());
}

/** A target on the walk. */
interface Stop {
  readonly target: Target;
  /** The ids of the keys that were tried there. */
  readonly tried: Set<string>;
  /** It may have more to try. */
  open: boolean;
}

function toStop(target: Target): Stop {
  return { target, tried: new Set(), open: true };
}

function toAttempt({ provider, model }: Target, error: RouterError, key?: string): Attempt {
  const { status, message: reason } = error;
  return { provider: provider.id, model, ...(key !== undefined && { key }), status, reason, error };
}

function toSkipped({ provider, model }: Target, cooldown: Cooldown): Attempt {
  const { status, message, until, code } = cooldown;
  return {
    provider: provider.id,
    model,
    status,
    reason: message,
    waits: until ?? null,
    error: new RouterError(code, message, { status }),
  };
}
