import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { SiteRecord } from '../storage/records.ts';
import { createSessionValue } from './session-value.ts';

/** Holds a site to its requests a minute; budget.ts to all that is counted in tokens and money. */
export interface Limits {
  /** Counts the call. Throws `site_budget_exceeded`. */
  admit(siteKey: string, site: SiteRecord): Promise<void>;
}

const MINUTE_MS = 60_000;

export function createLimits({ now, session }: Pick<Ports, 'now' | 'session'>): Limits {
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
      throw new RouterError(
        'site_budget_exceeded',
        `${origin} has used its ${limit} requests for this minute. Resets in ${Math.ceil(wait / 1000)} s; or raise it under Sites.`,
        { retryAfterMs: wait },
      );
  }

  return {
    async admit(siteKey, site) {
      const limit = site.limits?.requestsPerMinute;
      if (limit !== undefined) await admitRate(siteKey, site.origin, limit);
    },
  };
}
