/**
 * Threat 19: an upgrade waits for every tab that holds the database in its older form, and one of an
 * older Gatehouse may not let go. Who is held up says so with a Web Lock: every page and worker of ours
 * can look for it, and it ends with whoever holds it.
 */
import { RouterError } from '../errors.ts';
import { DATABASE_NAME } from './database-name.ts';

export const BLOCKED_WORDS =
  'Another tab holds an older version of Gatehouse. Close it, or reload it, to go on.';
const NOTICE_AFTER_MS = 3_000;
const LOOK_EVERY_MS = 1_000;
/** As long as a call waits for a person elsewhere. Then it fails instead of hanging. */
const WAIT_AT_MOST_MS = 60_000;

const toLock = (name: string) => `${name} is held by an older version`;

/** Whether an upgrade has waited for 3 s, here or in another page or worker. */
export async function isUpgradeBlocked(name = DATABASE_NAME): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.some((lock) => lock.name === toLock(name));
}

/** For whom the browser told that it is blocked. The returned function ends it. */
export function holdUp(name: string): () => void {
  let goOn = () => {};
  const over = new Promise<void>((resolve) => (goOn = resolve));
  const notice = setTimeout(
    () => void navigator.locks.request(toLock(name), () => over).catch(() => undefined),
    NOTICE_AFTER_MS,
  );
  return () => (clearTimeout(notice), goOn());
}

/**
 * What a page must tell of the database. `superseded`: a newer version of Gatehouse has it now, and
 * this one is to be loaded anew.
 */
export type DatabaseState = 'usual' | 'blocked' | 'superseded';

let state: DatabaseState = 'usual';
const listeners = new Set<(state: DatabaseState) => void>();

/** Tells it now, and each time that it changes. The returned function ends it. */
export function watchDatabase(listener: (state: DatabaseState) => void): () => void {
  listeners.add(listener);
  listener(state);
  return () => void listeners.delete(listener);
}

export function tellDatabaseState(next: DatabaseState): void {
  if (state === next) return;
  state = next;
  for (const listener of listeners) listener(next);
}

/** Watches an opening until `end`, and tells where it is held up. `tooLong` rejects, or never settles. */
export function watchOpening(name: string): { tooLong: Promise<never>; end: () => void } {
  let giveUp = (_error: RouterError) => {};
  const tooLong = new Promise<never>((_resolve, reject) => (giveUp = reject));
  let since: number | undefined;
  let ended = false;
  const timer = setInterval(() => {
    void isUpgradeBlocked(name).then((blocked) => {
      if (ended || state === 'superseded') return;
      tellDatabaseState(blocked ? 'blocked' : 'usual');
      since = blocked ? (since ?? Date.now()) : undefined;
      if (since !== undefined && Date.now() - since >= WAIT_AT_MOST_MS)
        giveUp(new RouterError('internal_error', BLOCKED_WORDS));
    });
  }, LOOK_EVERY_MS);
  return {
    tooLong,
    end() {
      ended = true;
      clearInterval(timer);
      if (state === 'blocked') tellDatabaseState('usual');
    },
  };
}
