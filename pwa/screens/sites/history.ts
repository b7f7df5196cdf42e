import type { SiteView } from '../../../core/index.ts';

/** A site that was not used for so long is one that a person may have forgotten. */
const FORGOTTEN_MS = 30 * 24 * 3_600_000;

/** An allowed site that was neither used nor allowed in the last 30 days. */
export function isForgotten(
  { decision, lastUsedAt = 0, createdAt = 0 }: SiteView,
  now = Date.now(),
): boolean {
  return decision === 'allow' && Math.max(lastUsedAt, createdAt) < now - FORGOTTEN_MS;
}
