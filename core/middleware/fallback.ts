import { RouterError, toRouterError } from '../errors.ts';
import { pause } from '../streams/pause.ts';
import type { AttemptCause } from './attempts.ts';
import type { Cooldown } from './cooldowns.ts';
import type { Credential, Credentials, Turn } from './credentials.ts';
import type { Target } from './resolve.ts';
import { allFailed, type Attempt } from './tried.ts';
import type { Verdict } from './verdict.ts';

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
  /** The next target starts too where there is no content after so many milliseconds. */
  readonly hedgeAfterMs?: number;
  /** How often the same key is asked again, where nothing else is left and what failed may pass. */
  readonly retries?: number;
  /** What follows from a failure, where it is not what always does. */
  readonly judge?: (error: RouterError) => Verdict | undefined;
  /** How a key is called in what the caller reads. */
  readonly nameKey: (credential: Pick<Credential, 'preview' | 'number'>) => string;
  readonly now: () => number;
  /** Milliseconds that are left for the call as a whole. */
  readonly left: () => number;
  /** Told of what was not asked, once, when the walk is over. */
  readonly onSkipped?: (skipped: readonly Attempt[]) => void;
}

/** One try: what to ask, and when to stop. It throws at once where the signal has fired. */
export interface Step {
  readonly target: Target;
  readonly credential: Credential | undefined;
  readonly signal: AbortSignal;
  readonly cause: AttemptCause;
}

/** Why a try is aborted that another one beat to the first content. */
export const BEATEN = new RouterError('cancelled', 'Another route answered first.');

/** Of what is asked only because nothing else can be, so much at one target. */
const MOST_LAST_RESORTS = 1;
/** The first pause before a key is asked again; it doubles. */
const BACKOFF_MS = 400;

/**
 * Walks the targets in order, and at each the provider's keys that are well, until one answers. Where
 * there was one thing to try its own error is the answer; else it is `all_routes_failed` with what
 * each said. Nothing is tried after an abort, nor when the call's time is over.
 */
export async function firstToAnswer<T>(
  targets: readonly Target[],
  walk: Walk,
  tryTarget: (step: Step) => Promise<T>,
): Promise<Reached<T>> {
  const { credentials, signal, fallback, pin, hedgeAfterMs, retries = 0 } = walk;
  const failed: Attempt[] = [];
  let skipped: Attempt[] = [];
  let asked = 0;
  let stops: Stop[] = [];

  /** Undefined where the target has no more to try for now. */
  async function walkTarget(stop: Stop, lane: Lane): Promise<{ answer: T } | undefined> {
    const { target, tried } = stop;
    for (;;) {
      lane.signal.throwIfAborted();
      stop.open = false;
      if (walk.left() <= 0) return undefined;
      const turn = await nextTurn(stop, lane.lastResort);
      if (turn === undefined) return undefined;
      tried.add(turn.ticket.place.keyId);
      asked += 1;
      const cause = asked === 1 ? 'first' : lane.cause;
      // What comes after a hedge's first try is what comes after any.
      if (lane.cause === 'hedge') lane.cause = 'failover';
      const { credential } = turn;
      try {
        const answer = await tryTarget({ target, credential, signal: lane.signal, cause });
        await credentials.answered(turn);
        return { answer };
      } catch (thrown) {
        const error = toRouterError(thrown);
        const {
          next,
          mostKeys = Infinity,
          passes = false,
        } = await credentials.failed(turn, error, walk.judge?.(error));
        if (next === 'end') throw error;
        note(toAttempt(target, error, credential && walk.nameKey(credential)), cause);
        stop.passes = passes && !target.provider.builtIn;
        const most = lane.lastResort ? MOST_LAST_RESORTS : mostKeys;
        stop.open = fallback && next !== 'route' && tried.size < most;
        if (next !== 'key' || !stop.open) return undefined;
      }
    }
  }

  /** What a place said last is what it said. */
  function note(attempt: Attempt, cause: AttemptCause): void {
    const { provider, model, key } = attempt;
    const before = failed.findIndex(
      (other) => other.provider === provider && other.model === model && other.key === key,
    );
    if (cause === 'retry' && before !== -1) failed[before] = attempt;
    else failed.push(attempt);
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

  /** Each stop that has more to try, in turn, until one answers. */
  async function follow(lane: Lane): Promise<Reached<T> | undefined> {
    let at = 0;
    for (;;) {
      const rest = [...stops.slice(at), ...stops.slice(0, at)];
      const stop = rest.find(({ open, busy }) => open && !busy);
      if (stop === undefined) return undefined;
      at = stops.indexOf(stop) + 1;
      stop.busy = true;
      try {
        const reached = await walkTarget(stop, lane);
        if (reached) return { target: stop.target, answer: reached.answer, failed };
      } finally {
        stop.busy = false;
      }
    }
  }

  function pass(lastResort: boolean, cause: AttemptCause): Promise<Reached<T> | undefined> {
    const begin = (laneSignal: AbortSignal, isHedge: boolean) =>
      follow({ signal: laneSignal, lastResort, cause: isHedge ? 'hedge' : cause });
    if (hedgeAfterMs === undefined || stops.length < 2) return begin(signal, false);
    return firstOfTwo(begin, hedgeAfterMs, signal);
  }

  async function walkAll(): Promise<Reached<T> | undefined> {
    for (const lastResort of [false, true]) {
      skipped = [];
      stops = (fallback ? targets : targets.slice(0, 1)).map(toStop);
      const reached = await pass(lastResort, 'failover');
      if (reached) return reached;
      // What is asked last is asked only where nothing else could be.
      if (asked > 0) break;
    }
    const untold = skipped;
    for (let round = 0; round < retries && fallback; round++) {
      const again = stops.filter(({ passes }) => passes);
      const wait = BACKOFF_MS * 2 ** round * (0.75 + Math.random() / 2);
      if (again.length === 0 || walk.left() <= wait) break;
      await pause(wait, signal);
      stops = again.map(({ target }) => toStop(target));
      const reached = await pass(true, 'retry');
      skipped = untold;
      if (reached) return reached;
    }
    return undefined;
  }

  try {
    const reached = await walkAll();
    if (reached) return reached;
  } finally {
    walk.onSkipped?.(skipped);
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
  /** One of two that walk side by side is here. */
  busy: boolean;
  /** Its last failure may pass by itself. */
  passes: boolean;
}

/** One of those that walk side by side; most calls have one. */
interface Lane {
  readonly signal: AbortSignal;
  readonly lastResort: boolean;
  cause: AttemptCause;
}

/**
 * Starts a second one where the first has not come to an answer after a while. The first answer
 * counts, and the other one is aborted at once; undefined where both find none.
 */
function firstOfTwo<T>(
  begin: (signal: AbortSignal, isHedge: boolean) => Promise<T | undefined>,
  afterMs: number,
  signal: AbortSignal,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const running = new Set<AbortController>();
    const end = () => {
      clearTimeout(timer);
      for (const other of running) other.abort(BEATEN);
      running.clear();
    };
    const start = (isHedge: boolean) => {
      const controller = new AbortController();
      running.add(controller);
      begin(AbortSignal.any([signal, controller.signal]), isHedge).then(
        (reached) => {
          running.delete(controller);
          if (reached === undefined && running.size > 0) return;
          end();
          resolve(reached);
        },
        (error: unknown) => {
          running.delete(controller);
          end();
          reject(error as Error);
        },
      );
    };
    const timer = setTimeout(start, afterMs, true);
    start(false);
  });
}

function toStop(target: Target): Stop {
  return { target, tried: new Set(), open: true, busy: false, passes: false };
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
