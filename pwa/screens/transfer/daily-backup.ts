import { DATABASE_NAME, dropSnapshot, readSnapshot } from '../../../core/index.ts';
import { isAllowed, readFolder, saveInFolder } from './backup-folder.ts';
import { createBackups, toDay, type Backups } from './backups.ts';
import { readBundle } from './bundle-api.ts';

const SECTIONS = ['providers', 'models', 'sites', 'settings', 'chats'] as const;
const SNAPSHOT_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A copy of everything but the keys, now. */
export async function backUp(now: number, backups: Backups = createBackups()): Promise<void> {
  const { text } = await readBundle(SECTIONS);
  await backups.save(toDay(now), text);
  const folder = await readFolder();
  if (folder && (await isAllowed(folder))) await saveInFolder(folder, toDay(now), text);
}

/**
 * Makes the copy of this day, where there is none yet, and drops what is kept long enough. One page
 * does it; the others leave it to that one.
 */
export async function backUpDaily(now: number): Promise<void> {
  await navigator.locks.request('gatehouse-backup', { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    const backups = createBackups();
    const today = `${toDay(now)}.json.gz`;
    if (!(await backups.list()).some(({ name }) => name === today)) await backUp(now, backups);
    const snapshot = await readSnapshot(DATABASE_NAME);
    if (snapshot && now - snapshot.savedAt > SNAPSHOT_DAYS * DAY_MS)
      await dropSnapshot(DATABASE_NAME);
  });
}
