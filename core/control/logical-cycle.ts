/** The way from a name back to itself, or to a name met before, where following the links leads there. */
export function findCycle(
  start: string,
  linksOf: (id: string) => readonly string[],
): string[] | undefined {
  const done = new Set<string>();
  const walk = (id: string, path: readonly string[]): string[] | undefined => {
    const met = path.indexOf(id);
    if (met !== -1) return [...path.slice(met), id];
    if (done.has(id)) return undefined;
    for (const next of linksOf(id)) {
      const cycle = walk(next, [...path, id]);
      if (cycle) return cycle;
    }
    done.add(id);
    return undefined;
  };
  return walk(start, []);
}
