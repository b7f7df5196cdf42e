import type { UsageSummary } from '../control.ts';
import type { Usage } from '../formats/chat.ts';
import { toCandidateKeys, toSubject } from '../permissions/match.ts';
import { originOf, type Caller, type Ports } from '../ports.ts';
import type { UsageRecord } from '../storage/records.ts';

/** What one call used. */
export interface CallUsage {
  readonly caller: Caller;
  readonly provider: string;
  readonly model: string;
  readonly usage?: Usage;
  readonly toolCalls: number;
  readonly failed: boolean;
}

export interface UsageCounter {
  /** Adds one call; exact under parallel calls. Also dates the site's last use. */
  record(call: CallUsage): Promise<void>;
  today(): Promise<UsageSummary>;
}

const PUBLISH_EVERY_MS = 500;

export function createUsageCounter(
  ports: Pick<Ports, 'openDatabase' | 'now' | 'publish'>,
): UsageCounter {
  let publishing: ReturnType<typeof setTimeout> | undefined;

  function changed(): void {
    publishing ??= setTimeout(() => {
      publishing = undefined;
      ports.publish({ topic: 'usage' });
    }, PUBLISH_EVERY_MS);
  }

  return {
    async record(call) {
      const now = ports.now();
      const day = toDay(now);
      const origin = originOf(call.caller);
      const id = [day, origin, call.provider, call.model].join('|');
      const database = await ports.openDatabase();
      // One transaction reads and writes, so that calls that end together do not overwrite each other.
      const transaction = database.transaction(['usage', 'sites'], 'readwrite', {
        durability: 'relaxed',
      });
      const usage = transaction.objectStore('usage');
      const before = await usage.get(id);
      await usage.put(addCall(before ?? emptyRecord(id, day, origin, call), call));
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
      const database = await ports.openDatabase();
      return toSummary(day, await database.getAllFromIndex('usage', 'day', day));
    },
  };
}

/** `2026-11-20`, in local time: a person's day, not Greenwich's. */
export function toDay(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function addCall(record: UsageRecord, call: CallUsage): UsageRecord {
  const { usage } = call;
  const usd = usage?.costUsd === undefined ? record.usd : (record.usd ?? 0) + usage.costUsd;
  return {
    ...record,
    requests: record.requests + 1,
    errors: record.errors + (call.failed ? 1 : 0),
    inputTokens: record.inputTokens + (usage?.input ?? 0),
    outputTokens: record.outputTokens + (usage?.output ?? 0),
    cachedTokens: record.cachedTokens + (usage?.cachedInput ?? 0),
    reasoningTokens: record.reasoningTokens + (usage?.reasoning ?? 0),
    toolCalls: record.toolCalls + call.toolCalls,
    ...(usd === undefined ? {} : { usd }),
  };
}

function emptyRecord(id: string, day: string, origin: string, call: CallUsage): UsageRecord {
  return {
    id,
    day,
    origin,
    provider: call.provider,
    model: call.model,
    requests: 0,
    errors: 0,
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
