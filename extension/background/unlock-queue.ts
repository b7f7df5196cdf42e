/** The calls of sites that wait for the vault to be unlocked: one prompt for all of them. */
import type { Ports, SiteCaller } from '../../core/index.ts';
import type { UnlockPrompt } from '../consent/protocol.ts';

/** A page that calls in a loop must not ask again right after a no. */
const QUIET_MS = 60_000;

export interface UnlockQueue {
  readonly ask: Ports['askUnlock'];
  /** The site that has waited longest; undefined where none does. */
  prompt(): UnlockPrompt | undefined;
  refuse(): void;
}

export function createUnlockQueue({
  now,
  onChange,
}: {
  now(): number;
  onChange(): void;
}): UnlockQueue {
  const waiters = new Set<{ readonly prompt: UnlockPrompt; reject(reason: Error): void }>();
  /** By top origin: until when its calls are refused without asking. */
  const quiet = new Map<string, number>();

  return {
    ask({ origin, topOrigin }: SiteCaller, signal) {
      if ((quiet.get(topOrigin) ?? 0) > now())
        return Promise.reject(new Error('The person said no a moment ago.'));
      return new Promise((resolve, reject) => {
        const waiter = { prompt: { origin, topOrigin }, reject };
        waiters.add(waiter);
        signal.addEventListener('abort', () => {
          // The wait is over, whichever way: the core knows how.
          resolve();
          if (waiters.delete(waiter)) onChange();
        });
        onChange();
      });
    },
    prompt: () => [...waiters][0]?.prompt,
    refuse() {
      const refused = [...waiters];
      waiters.clear();
      for (const { prompt, reject } of refused) {
        quiet.set(prompt.topOrigin, now() + QUIET_MS);
        reject(new Error('The person said no.'));
      }
      if (refused.length > 0) onChange();
    },
  };
}
