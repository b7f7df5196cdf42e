import type { LogicalModelRecord } from './records.ts';

/**
 * A circle of fallbacks that a model leads into: `['slow', 'turbo', 'slow']`; undefined where there is
 * none. Fallbacks that name no logical model lead nowhere.
 */
export function findFallbackCycle(
  start: string,
  models: ReadonlyMap<string, Pick<LogicalModelRecord, 'fallbacks'>>,
): string[] | undefined {
  const done = new Set<string>();
  const walk = (id: string, path: readonly string[]): string[] | undefined => {
    const again = path.indexOf(id);
    if (again >= 0) return [...path.slice(again), id];
    if (done.has(id)) return undefined;
    for (const next of models.get(id)?.fallbacks ?? []) {
      const found = walk(next, [...path, id]);
      if (found) return found;
    }
    done.add(id);
    return undefined;
  };
  return walk(start, []);
}
