/** Reading one entry of a list that may have any shape. Nothing here throws. */
export type Entry = Record<string, unknown>;

export function isObject(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `at(entry, 'limit.context')` */
export function at(entry: Entry, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), entry);
}

/** The first of the paths that holds words. */
export function firstText(entry: Entry, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const value = at(entry, path);
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  }
  return undefined;
}

/** The first of the paths that holds a list, as the texts in it. */
export function firstList(entry: Entry, paths: readonly string[]): string[] | undefined {
  for (const path of paths) {
    const value = at(entry, path);
    if (Array.isArray(value) && value.length > 0)
      return value.filter((one): one is string => typeof one === 'string');
  }
  return undefined;
}
