import { expect, test } from 'vitest';
import { hasInFolder, saveInFolder } from './backup-folder.ts';

const namesIn = async (directory: FileSystemDirectoryHandle) => {
  const names: string[] = [];
  for await (const name of directory.keys()) names.push(name);
  return names.sort();
};
const days = Array.from({ length: 10 }, (_, index) => `2026-11-${10 + index}`);

test('a folder of the person’s own keeps seven of our files, and every other one', async () => {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(crypto.randomUUID(), { create: true });
  await (await folder.getFileHandle('my diary.json', { create: true })).createWritable();
  await folder.getFileHandle('gatehouse-notes.json', { create: true });
  for (const day of days) await saveInFolder(folder, day, `copy of ${day}`);
  const names = (await namesIn(folder)).filter((name) => !name.endsWith('.crswap'));
  expect(names).toEqual(
    [
      ...days.slice(3).map((day) => `gatehouse-${day}.json`),
      'gatehouse-notes.json',
      'my diary.json',
    ].sort(),
  );
  const file = await (await folder.getFileHandle('gatehouse-2026-11-19.json')).getFile();
  expect(await file.text()).toBe('copy of 2026-11-19');
  expect(await hasInFolder(folder, '2026-11-19')).toBe(true);
  expect(await hasInFolder(folder, '2026-11-10')).toBe(false);
});
