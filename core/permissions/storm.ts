import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { createSessionValue } from './session-value.ts';

interface Storm {
  /** When the last refusals were. */
  refusals: number[];
  /** How often it was blocked so far. */
  blocks: number;
  blockedUntil: number;
}

const REFUSALS = 3;
const WINDOW_MS = 30_000;
const FIRST_BLOCK_MS = 60_000;
/** Doubling ends here, at 64 minutes. */
const MAX_DOUBLINGS = 6;
/** After this long without a refusal all is forgotten. */
const FORGET_MS = 3_600_000;

/**
 * Keeps a site from asking again and again: 3 refusals in 30 s block its owner's origins for 60 s,
 * then for twice as long each time. Survives the worker's death.
 */
export interface StormControl {
  /** The error that says until when, where this owner is blocked. */
  blocked(owner: string): Promise<RouterError | undefined>;
  /** Counts a refusal. Answers the error where that blocks the owner. */
  refused(owner: string): Promise<RouterError | undefined>;
  /** The person said yes. */
  forget(owner: string): Promise<void>;
}

/** `name`: under which it is kept; each name counts by itself. */
export function createStormControl(
  { now, session }: Pick<Ports, 'now' | 'session'>,
  name = 'storms',
): StormControl {
  const storms = createSessionValue<Record<string, Storm>>(session, name, () => ({}));

  const toError = ({ blockedUntil }: Storm): RouterError | undefined => {
    const left = blockedUntil - now();
    if (left <= 0) return undefined;
    const seconds = Math.ceil(left / 1000);
    return new RouterError(
      'origin_blocked',
      `The user refused this site ${REFUSALS} times. It may ask again in ${seconds} s.`,
      { retryAfterMs: left },
    );
  };

  // `http://constructor/` is an origin: no key here is a name that every object has.
  const toKey = (owner: string) => `@${owner}`;

  return {
    async blocked(owner) {
      const storm = (await storms.get())[toKey(owner)];
      return storm && toError(storm);
    },
    refused: (owner) =>
      storms.update((all) => {
        for (const [name, { refusals, blockedUntil }] of Object.entries(all))
          if (Math.max(blockedUntil, refusals.at(-1) ?? 0) < now() - FORGET_MS) delete all[name];
        const storm = (all[toKey(owner)] ??= { refusals: [], blocks: 0, blockedUntil: 0 });
        storm.refusals = [...storm.refusals.filter((time) => time > now() - WINDOW_MS), now()];
        if (storm.refusals.length >= REFUSALS) {
          const doublings = Math.min(storm.blocks, MAX_DOUBLINGS);
          storm.blockedUntil = now() + FIRST_BLOCK_MS * 2 ** doublings;
          storm.blocks++;
          storm.refusals = [];
        }
        return toError(storm);
      }),
    forget: (owner) => storms.update((all) => void delete all[toKey(owner)]),
  };
}
