/**
 * Chromium keeps IndexedDB in LevelDB, and goes on writing in the log of the time before. Where the
 * browser was killed, or the power went, in the middle of a large write, that log ends with half of it.
 * The next start drops the half, but what it writes then stands behind it; the start after that takes
 * the log for damaged, and Chromium deletes all databases of this origin (google/leveldb#1287; measured
 * on Chromium 156). Deleting a database, however small, makes it begin a new log, and the half goes.
 */
import { deleteDB, openDB } from 'idb';
import type { SessionStore } from '../ports.ts';

const SCRATCH = 'gatehouse log';
const DONE = 'log begun';

/** Begins a new log, once in the life of the browser. Takes some milliseconds, and no call waits for it. */
export async function beginNewLog(
  session: Pick<SessionStore, 'get' | 'set'>,
  scratch = SCRATCH,
): Promise<void> {
  if ((await session.get(DONE)) !== undefined) return;
  (await openDB(scratch, 1)).close();
  await deleteDB(scratch);
  await session.set(DONE, true);
}
