import type { SiteRecord, SiteView } from '../../core/index.ts';

/** What is stored of a site, without what is only shown. */
export function toSiteRecord({
  session: _session,
  today: _today,
  budgets: _budgets,
  held: _held,
  lacksProfile: _lacksProfile,
  ...record
}: SiteView): SiteRecord {
  return record;
}
