import { beforeEach, describe, expect, test } from 'vitest';
import { saveInFolder } from './backup-folder.ts';
import { createBackups, toDay, type Backups } from './backups.ts';

let folder: FileSystemDirectoryHandle;
let backups: Backups;
beforeEach(async () => {
  const root = await navigator.storage.getDirectory();
  folder = await root.getDirectoryHandle(crypto.randomUUID(), { create: true });
  backups = createBackups(() => Promise.resolve(folder));
});

const namesIn = async (directory: FileSystemDirectoryHandle) => {
  const names: string[] = [];
  for await (const name of directory.keys()) names.push(name);
  return names.sort();
};
const days = Array.from({ length: 10 }, (_, index) => `2026-11-${10 + index}`);

describe('the daily copies', () => {
  test('are the newest seven, newest first, and come out as they went in', async () => {
    for (const day of days) await backups.save(day, `copy of ${day} \u{1F6A2}`);
    const list = await backups.list();
    expect(list.map(({ name }) => name)).toEqual(
      days
        .slice(3)
        .reverse()
        .map((day) => `${day}.json.gz`),
    );
    expect(await backups.read('2026-11-19.json.gz')).toBe('copy of 2026-11-19 \u{1F6A2}');
  });

  test('are one a day: the later takes the place of the earlier', async () => {
    await backups.save('2026-11-20', 'morning');
    await backups.save('2026-11-20', 'evening');
    expect(await backups.list()).toHaveLength(1);
    expect(await backups.read('2026-11-20.json.gz')).toBe('evening');
  });

  test('are small on the disk, and can be deleted', async () => {
    await backups.save('2026-11-20', '{"content":"the same again and again"}'.repeat(20_000));
    expect((await backups.list())[0]!.bytes).toBeLessThan(20_000);
    await backups.remove('2026-11-20.json.gz');
    expect(await backups.list()).toEqual([]);
  });

  test('leave the one before where a new one can not be written', async () => {
    await backups.save('2026-11-20', 'whole');
    const full = new DOMException('full', 'QuotaExceededError');
    const broken = createBackups(() => Promise.resolve(fullDisk(folder, full)));
    await expect(broken.save('2026-11-20', 'new')).rejects.toBe(full);
    await expect(broken.save('2026-11-21', 'new')).rejects.toBe(full);
    expect((await backups.list()).map(({ name }) => name)).toEqual(['2026-11-20.json.gz']);
    expect(await backups.read('2026-11-20.json.gz')).toBe('whole');
  });

  test('that are no compressed text are said to be so', async () => {
    const inside = await folder.getDirectoryHandle('backups', { create: true });
    const file = await (
      await inside.getFileHandle('2026-11-20.json.gz', { create: true })
    ).createWritable();
    await file.write('not gzip');
    await file.close();
    await expect(backups.read('2026-11-20.json.gz')).rejects.toThrow();
  });
});

/** Files can be made and read, and nothing can be written into them. */
function fullDisk(
  directory: FileSystemDirectoryHandle,
  error: DOMException,
): FileSystemDirectoryHandle {
  return new Proxy(directory, {
    get(target, name) {
      if (name === 'getDirectoryHandle')
        return async (...rest: [string, FileSystemGetDirectoryOptions]) =>
          fullDisk(await target.getDirectoryHandle(...rest), error);
      if (name === 'getFileHandle')
        return async (...rest: [string, FileSystemGetFileOptions]) => {
          const handle = await target.getFileHandle(...rest);
          handle.createWritable = () =>
            Promise.resolve(new WritableStream({ write: () => Promise.reject(error) }) as never);
          return handle;
        };
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

test('a folder of the person’s own keeps seven of our files, and every other one', async () => {
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
});

test('a day is the person’s own', () => {
  expect(toDay(new Date(2026, 0, 5, 23, 59).getTime())).toBe('2026-01-05');
});
