/** Row O7: what one tab edits, another may have changed meanwhile. */
export interface EditGuard {
  /** What to tell instead of saving; undefined where it may be saved. Tells of each change once. */
  check(): Promise<string | undefined>;
}

/**
 * @param opened what the person began to edit; undefined for something new
 * @param read the same as it is stored now; undefined where it is gone
 */
export function createEditGuard(opened: unknown, read: () => Promise<unknown>): EditGuard {
  let known = JSON.stringify(opened);
  return {
    async check() {
      if (opened === undefined) return undefined;
      const stored = JSON.stringify(await read());
      if (stored === known) return undefined;
      known = stored;
      return stored === undefined
        ? 'It was deleted in another tab meanwhile. Save again to keep yours.'
        : 'It was changed in another tab meanwhile. Save again to put yours in its place.';
    },
  };
}
