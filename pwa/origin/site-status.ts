import type { SiteView } from '../../core/index.ts';
import { usd } from '../words/numbers.ts';
import { day } from '../words/time.ts';
import { toShortName } from './origin-name.ts';

/** What a page may do, in the words that the popup, the icon's title and the site list share. */
export interface SiteStatus {
  readonly state: 'allowed' | 'refused' | 'unasked' | 'unsupported';
  /** One sentence: `Allowed, up to $1.00 a day.` */
  readonly sentence: string;
}

export const UNSUPPORTED: SiteStatus = Object.freeze({
  state: 'unsupported',
  sentence: "Gatehouse doesn't work on this kind of page.",
});

const PERIOD_WORDS = { day: 'today', week: 'this week', month: 'this month' };

export function siteStatus(
  origin: string,
  site:
    | (Pick<
        SiteView,
        'decision' | 'session' | 'limits' | 'createdAt' | 'budgets' | 'held' | 'lacksProfile'
      > & {
        origin?: string;
      })
    | undefined,
  now = Date.now(),
): SiteStatus {
  if (!site) return { state: 'unasked', sentence: `${toShortName(origin)} hasn't asked.` };
  /** The page is one of many that a pattern covers. */
  const rule =
    site.origin === undefined || site.origin === origin
      ? undefined
      : `all of ${toShortName(site.origin)}`;
  if (site.decision === 'deny') {
    const when = site.createdAt === undefined ? '' : ` on ${day(site.createdAt, now)}`;
    const what = rule ?? 'this site';
    return { state: 'refused', sentence: `You refused ${what}${when}.` };
  }
  if (site.lacksProfile)
    return {
      state: 'refused',
      sentence: 'Its profile is not there or can not be read, so it may do nothing.',
    };
  const { usdPerDay } = (site.held ?? site).limits ?? {};
  const how = [
    rule && `as ${rule}`,
    site.session && 'until you close the browser',
    site.held && `with ${site.held.name}`,
    usdPerDay !== undefined && `up to ${usd(usdPerDay)} a day`,
  ].filter(Boolean);
  // Of several limits the one that is nearest to its end.
  const [nearest] = (site.budgets ?? []).toSorted((a, b) => b.used / b.limit - a.used / a.limit);
  if (nearest?.unit === 'usd' && nearest.used > 0)
    how.push(`${usd(nearest.used)} used ${PERIOD_WORDS[nearest.period]}`);
  return { state: 'allowed', sentence: `Allowed${how.map((part) => `, ${part}`).join('')}.` };
}

/** Only web pages have an origin that can be granted something. */
export function isSupportedPage(url: string | undefined): boolean {
  return url !== undefined && /^https?:\/\//.test(url) && URL.canParse(url);
}
