import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { checkRecord } from '../storage/read.ts';
import type { SiteRecord } from '../storage/records.ts';
import { toDay } from '../usage/counter.ts';
import { createSessionValue } from './session-value.ts';

/** Holds a site to the limits of its grant, before its call is sent. */
export interface Limits {
  /** Counts the call. Throws `site_budget_exceeded`. */
  admit(siteKey: string, site: SiteRecord): Promise<void>;
}

const MINUTE_MS = 60_000;

export function createLimits({
  now,
  session,
  openDatabase,
}: Pick<Ports, 'now' | 'session' | 'openDatabase'>): Limits {
  const calls = createSessionValue<Record<string, number[]>>(session, 'rates', () => ({}));

  async function admitRate(siteKey: string, origin: string, limit: number): Promise<void> {
    const wait = await calls.update((all) => {
      for (const [key, times] of Object.entries(all))
        if ((times.at(-1) ?? 0) <= now() - MINUTE_MS) delete all[key];
      const recent = (all[siteKey] ?? []).filter((time) => time > now() - MINUTE_MS);
      const oldest = recent.at(-limit);
      if (oldest !== undefined) return oldest + MINUTE_MS - now();
      all[siteKey] = [...recent, now()];
      return 0;
    });
    if (wait > 0)
      throw exceeded(origin, `${limit} requests`, 'this minute', wait, `in ${toSeconds(wait)} s`);
  }

  async function admitDay({ origin, limits = {} }: SiteRecord): Promise<void> {
    const { tokensPerDay, usdPerDay } = limits;
    if (tokensPerDay === undefined && usdPerDay === undefined) return;
    const { tokens, usd } = await usedToday(origin);
    const wait = untilMidnight(now());
    if (tokensPerDay !== undefined && tokens >= tokensPerDay)
      throw exceeded(origin, `${tokensPerDay} tokens`, 'today', wait, 'at 00:00');
    if (usdPerDay !== undefined && usd >= usdPerDay)
      throw exceeded(origin, `$${usdPerDay.toFixed(2)}`, 'today', wait, 'at 00:00');
  }

  async function usedToday(origin: string): Promise<{ tokens: number; usd: number }> {
    const day = toDay(now());
    const rows = await (await openDatabase()).getAllFromIndex('usage', 'origin', origin);
    let [tokens, usd] = [0, 0];
    for (const row of rows) {
      const checked = checkRecord('usage', row);
      if (!('record' in checked) || checked.record.day !== day) continue;
      tokens += checked.record.inputTokens + checked.record.outputTokens;
      usd += checked.record.usd ?? 0;
    }
    return { tokens, usd };
  }

  return {
    async admit(siteKey, site) {
      await admitDay(site);
      const limit = site.limits?.requestsPerMinute;
      if (limit !== undefined) await admitRate(siteKey, site.origin, limit);
    },
  };
}

const toSeconds = (ms: number) => Math.ceil(ms / 1000);

function untilMidnight(time: number): number {
  return new Date(time).setHours(24, 0, 0, 0) - time;
}

function exceeded(
  origin: string,
  limit: string,
  period: string,
  retryAfterMs: number,
  reset: string,
): RouterError {
  return new RouterError(
    'site_budget_exceeded',
    `${origin} has used its ${limit} for ${period}. Resets ${reset}; or raise it under Sites.`,
    { retryAfterMs },
  );
}
