import { createCopies, toDay } from '../../../core/index.ts';
import { hasInFolder, isAllowed, readFolder, saveInFolder } from './backup-folder.ts';

/** Puts the copy of this day into the person's own folder, where it may be written and lacks it. */
export async function copyToFolder(now: number, again = false): Promise<void> {
  const folder = await readFolder();
  if (!folder || !(await isAllowed(folder))) return;
  const day = toDay(now);
  const copies = createCopies();
  if (!(await copies.has(day)) || (!again && (await hasInFolder(folder, day)))) return;
  await saveInFolder(folder, day, await copies.read(`${day}.json.gz`));
}
