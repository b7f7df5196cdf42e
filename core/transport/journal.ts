import type { SessionStore } from '../ports.ts';

/**
 * What became of each call, where the worker's death can't reach it. A call that the journal does not
 * know, or knows as `received`, was never sent upstream, because `dispatched` is written before that.
 */
export interface Journal {
  received(key: string, origin: string): void;
  /** Resolves when it is written. Rejects where it can't be: then nothing may be sent. */
  dispatched(key: string, origin: string): Promise<void>;
  headers(key: string, origin: string): void;
  done(key: string): void;
  /** Whether the call may have been sent upstream before the worker died. */
  mayHaveBeenSent(key: string): Promise<boolean>;
}

export interface JournalEntry {
  readonly id: string;
  readonly origin: string;
  readonly state: 'received' | 'dispatched' | 'headers';
}

export const JOURNAL_PREFIX = 'call ';

export function createJournal(session: SessionStore): Journal {
  const put = (id: string, origin: string, state: JournalEntry['state']) =>
    session.set(JOURNAL_PREFIX + id, { id, origin, state } satisfies JournalEntry);
  // Only `dispatched` decides anything; the other notes may fail.
  const ignore = () => undefined;
  return {
    received: (id, origin) => void put(id, origin, 'received').catch(ignore),
    dispatched: (id, origin) => put(id, origin, 'dispatched'),
    headers: (id, origin) => void put(id, origin, 'headers').catch(ignore),
    done: (id) => void session.remove(JOURNAL_PREFIX + id).catch(ignore),
    async mayHaveBeenSent(id) {
      const entry = (await session.get(JOURNAL_PREFIX + id)) as JournalEntry | undefined;
      return entry !== undefined && entry.state !== 'received';
    },
  };
}
