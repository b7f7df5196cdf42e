import { coversSubject, type SiteView, type UsageRecord } from '../../../core/index.ts';

/** A site that was not used for so long is one that a person may have forgotten. */
const FORGOTTEN_MS = 30 * 24 * 3_600_000;

/** Whether this was used by the site, or by one that its pattern covers. Use knows no top page. */
export function isUseOf(
  { origin }: Pick<SiteView, 'origin'>,
  record: Pick<UsageRecord, 'origin'>,
): boolean {
  if (record.origin === origin) return true;
  return record.origin.startsWith('http') && coversSubject({ origin }, { origin: record.origin });
}

/** An allowed site that was neither used nor allowed in the last 30 days. */
export function isForgotten(
  { decision, lastUsedAt = 0, createdAt = 0 }: SiteView,
  now = Date.now(),
): boolean {
  return decision === 'allow' && Math.max(lastUsedAt, createdAt) < now - FORGOTTEN_MS;
}
