import type { RequestRecord } from '../../../core/index.ts';

/**
 * What is known and what changed since, the newest first. `changed` is asked for from the time of the
 * newest that is known, so that one comes again: where nothing does, the log was cleared.
 */
export function mergeLog(
  known: readonly RequestRecord[],
  changed: readonly RequestRecord[],
): readonly RequestRecord[] {
  if (changed.length === 0) return [];
  const newest = known.reduce<RequestRecord | undefined>(
    (best, one) => (best === undefined || one.updatedAt > best.updatedAt ? one : best),
    undefined,
  );
  const byId = new Map(changed.map((request) => [request.id, request]));
  const isCleared = newest !== undefined && !byId.has(newest.id);
  const kept = isCleared ? [] : known.filter(({ id }) => !byId.has(id));
  return [...changed, ...kept].sort((one, other) => other.startedAt - one.startedAt);
}
