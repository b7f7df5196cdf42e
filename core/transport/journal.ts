import type { SessionStore } from '../ports.ts';

/**
 * Which calls may have been sent upstream, where the worker's death can't reach it. A call that it
 * does not know was never sent, because `dispatched` is written before that.
 */
export interface Journal {
  /** Resolves when it is written. Rejects where it can't be: then nothing may be sent. */
  dispatched(key: string, origin: string): Promise<void>;
  done(key: string): void;
  /** Whether the call may have been sent upstream before the worker died. */
  mayHaveBeenSent(key: string): Promise<boolean>;
  /** Forgets the calls that a worker before this one left behind, once no page can ask for them again. */
  sweep(): Promise<void>;
}

export interface JournalEntry {
  readonly id: string;
  readonly origin: string;
}

export const JOURNAL_PREFIX = 'call ';
/** A page that lost its worker asks again at once. */
const ASKED_AGAIN_WITHIN_MS = 20_000;

export function createJournal(session: SessionStore): Journal {
  /** What this worker wrote, or was asked for: it removes that itself. */
  const own = new Set<string>();
  const forget = (id: string) => void session.remove(JOURNAL_PREFIX + id).catch(() => undefined);
  return {
    async dispatched(id, origin) {
      own.add(id);
      await session.set(JOURNAL_PREFIX + id, { id, origin } satisfies JournalEntry);
    },
    done(id) {
      if (own.delete(id)) forget(id);
    },
    async mayHaveBeenSent(id) {
      const known = (await session.get(JOURNAL_PREFIX + id)) !== undefined;
      if (known) own.add(id);
      return known;
    },
    async sweep() {
      const before = (await session.keys())
        .filter((key) => key.startsWith(JOURNAL_PREFIX))
        .map((key) => key.slice(JOURNAL_PREFIX.length))
        .filter((id) => !own.has(id));
      if (before.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, ASKED_AGAIN_WITHIN_MS));
      for (const id of before) if (!own.has(id)) forget(id);
    },
  };
}
