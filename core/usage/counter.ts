import type { UsageSummary } from '../control.ts';
import type { Usage } from '../formats/chat.ts';
import { toCandidateKeys, toSubject } from '../permissions/match.ts';
import { originOf, type Caller, type Ports } from '../ports.ts';
import { checkRecord } from '../storage/read.ts';
import type { UsageRecord } from '../storage/records.ts';
import { costOf } from './cost.ts';
import type { PriceOf } from './prices.ts';

/** What one call used. */
export interface CallUsage {
  readonly caller: Caller;
  /** All that were asked, in order; the call counts at the last. Empty: it never came to an upstream. */
  readonly attempts: readonly AttemptUsage[];
  readonly toolCalls: number;
  readonly failed: boolean;
  /** How many system messages a chat had; see `/token-stats`. */
  readonly systemMessages?: number;
}

/** What one provider was asked, and what it counted; failures and the losers of a race may cost, too. */
export interface AttemptUsage {
  readonly provider: string;
  readonly model: string;
  readonly keyId?: string;
  readonly usage?: Usage;
  /** The tokens are our own guess. */
  readonly estimated?: boolean;
  readonly failed: boolean;
}

export interface UsageCounter {
  /** Adds one call; exact under parallel calls. Also dates the site's last use. */
  record(call: CallUsage): Promise<void>;
  today(): Promise<UsageSummary>;
  /** What was used from one day to another, both included: `2026-11-20`. */
  between(from: string, to: string): Promise<UsageRecord[]>;
  /** All that was ever used, by one origin or by all. */
  ever(origin?: string): Promise<UsageRecord[]>;
}

const PUBLISH_EVERY_MS = 500;

export function createUsageCounter(
  ports: Pick<Ports, 'openDatabase' | 'now' | 'publish'>,
  priceOf: PriceOf,
): UsageCounter {
  let publishing: ReturnType<typeof setTimeout> | undefined;

  function changed(): void {
    publishing ??= setTimeout(() => {
      publishing = undefined;
      ports.publish({ topic: 'usage' });
    }, PUBLISH_EVERY_MS);
  }

  async function priced(attempt: AttemptUsage): Promise<Priced> {
    const { usage, provider, model } = attempt;
    const price = usage && (await priceOf(provider, model).catch(() => undefined));
    return { ...attempt, usd: costOf(usage, price) };
  }

  return {
    async record(call) {
      if (call.attempts.length === 0) return;
      const now = ports.now();
      const day = toDay(now);
      const origin = originOf(call.caller);
      const attempts = await Promise.all(call.attempts.map(priced));
      const database = await ports.openDatabase();
      // One transaction reads and writes, so that calls that end together do not overwrite each other.
      const transaction = database.transaction(['usage', 'sites'], 'readwrite', {
        durability: 'relaxed',
      });
      const usage = transaction.objectStore('usage');
      for (const [index, attempt] of attempts.entries()) {
        const empty = emptyRecord(day, origin, attempt);
        const asked = addAttempt((await usage.get(empty.id)) ?? empty, attempt);
        const isLast = index === attempts.length - 1;
        await usage.put({ ...(isLast ? addCall(asked, call) : asked), updatedAt: now });
      }
      if (call.caller.kind === 'site') {
        const sites = transaction.objectStore('sites');
        for (const key of toCandidateKeys(toSubject(call.caller) ?? { origin })) {
          const site = await sites.get(key);
          if (site) await sites.put({ ...site, lastUsedAt: now }, key);
          if (site) break;
        }
      }
      await transaction.done;
      changed();
    },

    async today() {
      const day = toDay(ports.now());
      return toSummary(day, await this.between(day, day));
    },
    async between(from, to) {
      const range = IDBKeyRange.bound(from, to);
      return fitting(await (await ports.openDatabase()).getAllFromIndex('usage', 'day', range));
    },
    async ever(origin) {
      const database = await ports.openDatabase();
      return fitting(
        origin === undefined
          ? await database.getAll('usage')
          : await database.getAllFromIndex('usage', 'origin', origin),
      );
    },
  };
}

function fitting(values: readonly unknown[]): UsageRecord[] {
  return values.flatMap((value) => {
    const checked = checkRecord('usage', value);
    return 'record' in checked ? [checked.record] : [];
  });
}

/** `2026-11-20`, in local time: a person's day, not Greenwich's. */
export function toDay(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

type Priced = AttemptUsage & { readonly usd: number | undefined };

/** What one attempt adds, whoever asked for it. */
export function addAttempt(record: UsageRecord, attempt: Priced): UsageRecord {
  const { usage, usd, failed, estimated } = attempt;
  const tokens = (usage?.input ?? 0) + (usage?.output ?? 0);
  const plus = (before: number | undefined, isSo: boolean) => (before ?? 0) + (isSo ? 1 : 0);
  return {
    ...record,
    // Records of before counted no attempts: each of their calls was at least one.
    attempts: (record.attempts ?? record.requests) + 1,
    failedAttempts: plus(record.failedAttempts ?? record.errors, failed),
    inputTokens: record.inputTokens + (usage?.input ?? 0),
    outputTokens: record.outputTokens + (usage?.output ?? 0),
    cachedTokens: record.cachedTokens + (usage?.cachedInput ?? 0),
    reasoningTokens: record.reasoningTokens + (usage?.reasoning ?? 0),
    estimated: plus(record.estimated, estimated === true),
    unpriced: plus(record.unpriced, tokens > 0 && usd === undefined),
    ...(usd !== undefined && { usd: (record.usd ?? 0) + usd }),
  };
}

/** What the call as a whole adds, at the attempt that ended it. */
export function addCall(
  record: UsageRecord,
  { failed, toolCalls, systemMessages = 0 }: CallUsage,
): UsageRecord {
  return {
    ...record,
    requests: record.requests + 1,
    errors: record.errors + (failed ? 1 : 0),
    toolCalls: record.toolCalls + toolCalls,
    queries: (record.queries ?? 0) + (systemMessages === 1 ? 1 : 0),
    inferences: (record.inferences ?? 0) + (systemMessages > 1 ? 1 : 0),
  };
}

function emptyRecord(
  day: string,
  origin: string,
  { provider, model, keyId }: AttemptUsage,
): UsageRecord {
  return {
    id: [day, origin, provider, model, ...(keyId === undefined ? [] : [keyId])].join('|'),
    day,
    origin,
    provider,
    model,
    ...(keyId !== undefined && { key: keyId }),
    requests: 0,
    errors: 0,
    attempts: 0,
    failedAttempts: 0,
    inputTokens: 0,
    outputTokens: 0,
    cachedTokens: 0,
    reasoningTokens: 0,
    toolCalls: 0,
  };
}

export function toSummary(day: string, records: readonly UsageRecord[]): UsageSummary {
  const sites = new Map<string, UsageSummary['bySite'][number]>();
  const all = { requests: 0, inputTokens: 0, outputTokens: 0 };
  let usd: number | undefined;
  for (const record of records) {
    const site = sites.get(record.origin) ?? {
      origin: record.origin,
      requests: 0,
      inputTokens: 0,
      outputTokens: 0,
    };
    for (const sum of [all, site]) {
      sum.requests += record.requests;
      sum.inputTokens += record.inputTokens;
      sum.outputTokens += record.outputTokens;
    }
    if (record.usd !== undefined) usd = (usd ?? 0) + record.usd;
    sites.set(record.origin, site);
  }
  const bySite = [...sites.values()].sort((a, b) => b.requests - a.requests);
  return { day, ...all, ...(usd === undefined ? {} : { usd }), bySite };
}
