import { beforeEach, describe, expect, test } from 'vitest';
import { toDay } from '../usage/counter.ts';
import { createCopies, type Copies } from './copies.ts';

let folder: FileSystemDirectoryHandle;
let copies: Copies;
beforeEach(async () => {
  const root = await navigator.storage.getDirectory();
  folder = await root.getDirectoryHandle(crypto.randomUUID(), { create: true });
  copies = createCopies(() => Promise.resolve(folder));
});

const days = Array.from({ length: 10 }, (_, index) => `2026-11-${10 + index}`);

describe('the daily copies', () => {
  test('are the newest seven, newest first, and come out as they went in', async () => {
    for (const day of days) await copies.save(day, ['copy of ', `${day} \u{1F6A2}`]);
    const list = await copies.list();
    expect(list.map(({ name }) => name)).toEqual(
      days
        .slice(3)
        .reverse()
        .map((day) => `${day}.json.gz`),
    );
    expect(await copies.read('2026-11-19.json.gz')).toBe('copy of 2026-11-19 \u{1F6A2}');
  });

  test('are one a day: the later takes the place of the earlier', async () => {
    await copies.save('2026-11-20', ['morning']);
    await copies.save('2026-11-20', ['evening']);
    expect(await copies.list()).toHaveLength(1);
    expect(await copies.read('2026-11-20.json.gz')).toBe('evening');
  });

  test('are small on the disk, and can be deleted', async () => {
    await copies.save(
      '2026-11-20',
      Array<string>(20_000).fill('{"content":"the same again and again"}'),
    );
    expect((await copies.list())[0]!.bytes).toBeLessThan(20_000);
    await copies.remove('2026-11-20.json.gz');
    expect(await copies.list()).toEqual([]);
  });

  test('leave the one before where a new one can not be written', async () => {
    await copies.save('2026-11-20', ['whole']);
    const full = new DOMException('full', 'QuotaExceededError');
    const broken = createCopies(() => Promise.resolve(fullDisk(folder, full)));
    await expect(broken.save('2026-11-20', ['new'])).rejects.toBe(full);
    await expect(broken.save('2026-11-21', ['new'])).rejects.toBe(full);
    expect((await copies.list()).map(({ name }) => name)).toEqual(['2026-11-20.json.gz']);
    expect(await copies.read('2026-11-20.json.gz')).toBe('whole');
  });

  test('do not count one whose writer died before it was filled', async () => {
    const inside = await folder.getDirectoryHandle('backups', { create: true });
    await inside.getFileHandle('2026-11-20.json.gz', { create: true });
    expect(await copies.has('2026-11-20')).toBe(false);
    expect(await copies.list()).toEqual([]);
    await copies.save('2026-11-20', ['whole']);
    expect(await copies.has('2026-11-20')).toBe(true);
  });

  test('that are no compressed text are said to be so', async () => {
    const inside = await folder.getDirectoryHandle('backups', { create: true });
    const file = await (
      await inside.getFileHandle('2026-11-20.json.gz', { create: true })
    ).createWritable();
    await file.write('not gzip');
    await file.close();
    await expect(copies.read('2026-11-20.json.gz')).rejects.toThrow();
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

test('a day is the person’s own', () => {
  expect(toDay(new Date(2026, 0, 5, 23, 59).getTime())).toBe('2026-01-05');
});
