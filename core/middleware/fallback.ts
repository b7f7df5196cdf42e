import { RouterError, toRouterError } from '../errors.ts';
import type { Target } from './resolve.ts';

/** One try, for the answer's headers and for the message when all failed. Holds no key. */
export interface Attempt {
  readonly provider: string;
  readonly model: string;
  readonly status: number;
  readonly reason: string;
}

export interface Reached<T> {
  readonly target: Target;
  readonly answer: T;
  /** The tries before it that failed. */
  readonly failed: readonly Attempt[];
}

/** What another target would not do better: the caller, the person or the request itself ended it. */
const FINAL: ReadonlySet<RouterError['code']> = new Set([
  'cancelled',
  'vault_locked',
  'invalid_request',
  'origin_not_authorized',
  'internal_error',
]);

/**
 * Walks the targets in order until one answers. Where there is one target its own error is the
 * answer; where several fail it is `all_routes_failed` with what each said.
 */
export async function firstToAnswer<T>(
  targets: readonly Target[],
  tryTarget: (target: Target) => Promise<T>,
  onAttempt: (target: Target) => void,
): Promise<Reached<T>> {
  const failed: Attempt[] = [];
  for (const target of targets) {
    onAttempt(target);
    try {
      return { target, answer: await tryTarget(target), failed };
    } catch (thrown) {
      const error = toRouterError(thrown);
      if (targets.length === 1 || FINAL.has(error.code)) throw error;
      failed.push({
        provider: target.provider.id,
        model: target.model,
        status: error.status,
        reason: error.message,
      });
    }
  }
  throw allFailed(failed);
}

function allFailed(failed: readonly Attempt[]): RouterError {
  const lines = failed.map(
    ({ provider, model, status, reason }) => `${provider}/${model}: ${status} ${reason}`,
  );
  return new RouterError('all_routes_failed', `No route answered. ${lines.join(' · ')}`);
}
