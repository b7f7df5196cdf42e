import type { RouterError } from '../errors.ts';
import type { AttemptRecord } from '../middleware/attempts.ts';
import type { Ports } from '../ports.ts';
import { checkRecord } from '../storage/read.ts';
import type { LoggedAttempt, RequestRecord, Settings } from '../storage/records.ts';

/**
 * Row L5: what became of each request and all that was tried for it; no word of what was said. A call
 * never waits for it: what is told is put down in batches, a moment later.
 */
export interface RequestLog {
  begin(call: Pick<RequestRecord, 'id' | 'origin' | 'endpoint' | 'asked' | 'stream'>): void;
  /** A try that is over. */
  attempt(callId: string, attempt: LoggedAttempt): void;
  end(callId: string, error?: RouterError): void;
  /** What was written at this time or later, the newest request first. */
  list(since?: number): Promise<RequestRecord[]>;
  clear(): Promise<void>;
}

/** What is kept of a try. */
export function toLogged({ usage, ...told }: AttemptRecord): LoggedAttempt {
  const kept: LoggedAttempt & Partial<AttemptRecord> = {
    ...told,
    ...(usage && { input: usage.input, output: usage.output }),
  };
  for (const field of ['callId', 'origin', 'asked'] as const) delete kept[field];
  return kept;
}

export const KEPT_MS = 7 * 86_400_000;
export const MOST_KEPT = 5000;
/** So long what is told waits for company. */
const BATCH_MS = 400;
/** After so many written requests the old ones are looked for. */
const PRUNE_EVERY = 100;
const LONGEST_NAME = 200;
const LONGEST_REASON = 300;

/** What was told since it was last written. */
type Pending = Partial<Omit<RequestRecord, 'attempts'>> & { id: string; attempts: LoggedAttempt[] };

export function createRequestLog(
  ports: Pick<Ports, 'openDatabase' | 'now' | 'publish' | 'keepAlive'>,
  settings: () => Promise<Settings>,
  batchMs = BATCH_MS,
): RequestLog {
  let pending = new Map<string, Pending>();
  const startedAt = new Map<string, number>();
  /** Whether the log was on when a request began: it may be switched while a batch waits. */
  const begun = new WeakMap<Pending, Promise<boolean>>();
  let writing: Promise<void> | undefined;
  let unpruned = PRUNE_EVERY;

  function told(id: string): Pending {
    const before = pending.get(id);
    if (before) return before;
    const fresh = { id, attempts: [] };
    pending.set(id, fresh);
    if (writing === undefined) {
      const release = ports.keepAlive();
      // A full disk must not spoil any call, nor stop the log for ever.
      writing = flush()
        .catch(() => {})
        .finally(release);
    }
    return fresh;
  }

  async function flush(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, batchMs));
    const batch = pending;
    pending = new Map();
    writing = undefined;
    const wanted: Pending[] = [];
    for (const entry of batch.values()) if ((await begun.get(entry)) ?? true) wanted.push(entry);
    if (wanted.length > 0) await write(wanted);
  }

  async function write(batch: readonly Pending[]): Promise<void> {
    const database = await ports.openDatabase();
    const { store, done } = database.transaction('requests', 'readwrite', {
      durability: 'relaxed',
    });
    const updatedAt = ports.now();
    for (const { attempts, ...fields } of batch) {
      const before = await store.get(fields.id);
      // Its begin was told while the log was off, or it was cleared meanwhile.
      if (before === undefined && fields.startedAt === undefined) continue;
      await store.put({
        ...(before as RequestRecord),
        ...fields,
        updatedAt,
        attempts: [...(before?.attempts ?? []), ...attempts],
      });
    }
    unpruned += batch.length;
    if (unpruned >= PRUNE_EVERY) {
      unpruned = 0;
      const index = store.index('updatedAt');
      const old = await index.getAllKeys(IDBKeyRange.upperBound(updatedAt - KEPT_MS, true));
      const beyond = (await store.count()) - old.length - MOST_KEPT;
      // Ascending: the oldest of what is left come right after the old ones.
      const many = beyond > 0 ? await index.getAllKeys(null, old.length + beyond) : old;
      for (const key of many) await store.delete(key);
    }
    await done;
    ports.publish({ topic: 'log' });
  }

  return {
    begin(call) {
      const now = ports.now();
      startedAt.set(call.id, now);
      const { endpoint, asked } = call;
      const entry = told(call.id);
      const isOn = settings().then(
        ({ requestLog = true }) => requestLog,
        () => true,
      );
      begun.set(entry, isOn);
      Object.assign(entry, call, {
        startedAt: now,
        endpoint: endpoint.slice(0, LONGEST_NAME),
        asked: asked.slice(0, LONGEST_NAME),
      });
    },
    attempt(callId, attempt) {
      const { reason } = attempt;
      told(callId).attempts.push({
        ...attempt,
        ...(reason !== undefined && { reason: reason.slice(0, LONGEST_REASON) }),
      });
    },
    end(callId, error) {
      const since = startedAt.get(callId);
      startedAt.delete(callId);
      if (since === undefined) return;
      Object.assign(told(callId), {
        endMs: ports.now() - since,
        outcome:
          error === undefined ? 'answered' : error.code === 'cancelled' ? 'cancelled' : 'failed',
        ...(error && {
          status: error.status,
          code: error.code,
          message: error.message.slice(0, LONGEST_REASON),
        }),
      } satisfies Partial<RequestRecord>);
    },
    async list(since = 0) {
      const database = await ports.openDatabase();
      const range = IDBKeyRange.lowerBound(since);
      const values = await database.getAllFromIndex('requests', 'updatedAt', range);
      return values
        .flatMap((value) => {
          const checked = checkRecord('requests', value);
          return 'record' in checked ? [checked.record] : [];
        })
        .sort((one, other) => other.startedAt - one.startedAt);
    },
    async clear() {
      pending.clear();
      await (await ports.openDatabase()).clear('requests');
      ports.publish({ topic: 'log' });
    },
  };
}
