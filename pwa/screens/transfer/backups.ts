/**
 * Copies of everything but the keys, made by Gatehouse for itself: one a day, the last seven, in this
 * browser's own file system. A key is in none, sealed or not: the vault keeps a second copy of its own,
 * and a key that is deleted must not stay behind in a third.
 */

export interface Backup {
  readonly name: string;
  readonly savedAt: number;
  /** As it lies on the disk, compressed. */
  readonly bytes: number;
}

export interface Backups {
  /** Newest first. */
  list(): Promise<Backup[]>;
  /** Keeps this text as the copy of a day, and the newest seven days. Takes the place of the day's own. */
  save(day: string, text: string): Promise<void>;
  read(name: string): Promise<string>;
  remove(name: string): Promise<void>;
}

const KEPT = 7;
const FOLDER = 'backups';
const NAME = /^\d{4}-\d\d-\d\d\.json\.gz$/;
/** What a copy may come to when it is read again. */
const LARGEST = 200_000_000;

type Root = () => Promise<FileSystemDirectoryHandle>;

export function createBackups(root: Root = () => navigator.storage.getDirectory()): Backups {
  const folder = async () => (await root()).getDirectoryHandle(FOLDER, { create: true });

  const names = async (directory: FileSystemDirectoryHandle) => {
    const found: string[] = [];
    for await (const name of directory.keys()) if (NAME.test(name)) found.push(name);
    return found.sort().reverse();
  };

  return {
    async list() {
      const directory = await folder();
      return Promise.all(
        (await names(directory)).map(async (name) => {
          const file = await (await directory.getFileHandle(name)).getFile();
          return { name, savedAt: file.lastModified, bytes: file.size };
        }),
      );
    },
    async save(day, text) {
      const directory = await folder();
      const name = `${day}.json.gz`;
      await write(directory, name, text);
      for (const old of (await names(directory)).slice(KEPT)) await directory.removeEntry(old);
    },
    async read(name) {
      const file = await (await (await folder()).getFileHandle(name)).getFile();
      return decompress(file.stream());
    },
    remove: async (name) => (await folder()).removeEntry(name),
  };
}

/** A writable file takes the place of the one before when it is closed, and not earlier. */
async function write(
  directory: FileSystemDirectoryHandle,
  name: string,
  text: string,
): Promise<void> {
  const isNew = !(await exists(directory, name));
  const handle = await directory.getFileHandle(name, { create: true });
  try {
    const compressed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
    await compressed.pipeTo(await handle.createWritable());
  } catch (error) {
    // An empty file would count as the copy of this day.
    if (isNew) await directory.removeEntry(name).catch(() => undefined);
    throw error;
  }
}

async function exists(directory: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  return directory.getFileHandle(name).then(
    () => true,
    () => false,
  );
}

async function decompress(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  for await (const chunk of stream.pipeThrough(new DecompressionStream('gzip'))) {
    bytes += chunk.byteLength;
    if (bytes > LARGEST) throw new Error('This copy is too large to be read.');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

const toTwo = (number: number) => String(number).padStart(2, '0');

/** `2026-11-21`, the person's own day. */
export function toDay(time: number): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${toTwo(date.getMonth() + 1)}-${toTwo(date.getDate())}`;
}
