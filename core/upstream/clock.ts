import { RouterError, toRouterError } from '../errors.ts';
import type { Settings } from '../storage/records.ts';
import { SETTING_DEFAULTS } from '../storage/settings.ts';

/** How long an upstream may take, in milliseconds. */
export interface Limits {
  /** Until the first event of the answer. A browser does not tell when it is connected: this covers it. */
  readonly firstByteMs: number;
  /** Between two chunks after that; comments count. */
  readonly idleMs: number;
  /** Until the end of the answer. */
  readonly totalMs: number;
}

export function toLimits(settings: Settings, routeTimeoutMs: number | undefined): Limits {
  const { firstByteTimeoutMs, idleTimeoutMs, totalTimeoutMs } = SETTING_DEFAULTS;
  return {
    firstByteMs: routeTimeoutMs ?? settings.firstByteTimeoutMs ?? firstByteTimeoutMs,
    idleMs: settings.idleTimeoutMs ?? idleTimeoutMs,
    totalMs: settings.totalTimeoutMs ?? totalTimeoutMs,
  };
}

/**
 * Watches one attempt. Our limits fire before the browser's own, which say nothing of what happened.
 * One timer that looks back, instead of one set anew for each chunk.
 */
export interface Clock {
  /** Fires with a RouterError: the caller's own abort, or `upstream_timeout`. */
  readonly signal: AbortSignal;
  /** A chunk is being waited for. Time in which the caller does not read is not the upstream's. */
  wait(): void;
  /** Bytes came. */
  touch(): void;
  /** The first event came: from now on the idle limit holds. */
  begin(): void;
  stop(): void;
}

export function createClock(limits: Limits, outer: AbortSignal): Clock {
  const controller = new AbortController();
  const startedAt = performance.now();
  let begun = false;
  let waiting = true;
  let activeAt = startedAt;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function dueAt(): number {
    const phase = !begun ? startedAt + limits.firstByteMs : activeAt + limits.idleMs;
    return Math.min(phase, startedAt + limits.totalMs);
  }

  function look(): void {
    const now = performance.now();
    if (!waiting) activeAt = now;
    const due = dueAt();
    if (now >= due) controller.abort(timeout(limits, begun, now >= startedAt + limits.totalMs));
    else timer = setTimeout(look, due - now);
  }

  function leave(): void {
    clearTimeout(timer);
    controller.abort(toRouterError(outer.reason));
  }

  if (outer.aborted) leave();
  else {
    outer.addEventListener('abort', leave, { once: true });
    timer = setTimeout(look, dueAt() - startedAt);
  }

  return {
    signal: controller.signal,
    wait() {
      waiting = true;
      activeAt = performance.now();
    },
    touch() {
      waiting = false;
      activeAt = performance.now();
    },
    begin() {
      if (begun) return;
      begun = true;
      clearTimeout(timer);
      look();
    },
    stop() {
      clearTimeout(timer);
      outer.removeEventListener('abort', leave);
    },
  };
}

function timeout(limits: Limits, begun: boolean, total: boolean): RouterError {
  const what = total
    ? `was not finished after ${seconds(limits.totalMs)}`
    : begun
      ? `was silent for ${seconds(limits.idleMs)}`
      : `did not answer within ${seconds(limits.firstByteMs)}`;
  return new RouterError('upstream_timeout', `The provider ${what}.`);
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
