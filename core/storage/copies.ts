/**
 * Copies of everything but the keys, made by Gatehouse for itself: one a day, the last seven, in this
 * browser's own file system. A key is in none, sealed or not: the vault keeps a second copy of its own,
 * and a key that is deleted must not stay behind in a third.
 */
import { z } from '../zod.ts';
import type { GatehouseDatabase } from './database.ts';

export interface Copy {
  readonly name: string;
  readonly savedAt: number;
  /** As it lies on the disk, compressed. */
  readonly bytes: number;
}

export interface Copies {
  /** Newest first. */
  list(): Promise<Copy[]>;
  has(day: string): Promise<boolean>;
  /**
   * Keeps this text as the copy of a day, and the newest seven days. Takes the place of the day's own
   * when all of it is there, and not earlier. Rejects with `QuotaExceededError` on a full disk.
   */
  save(day: string, pieces: AsyncIterable<string> | Iterable<string>): Promise<void>;
  read(name: string): Promise<string>;
  remove(name: string): Promise<void>;
}

const KEPT = 7;
const FOLDER = 'backups';
const NAME = /^\d{4}-\d\d-\d\d\.json\.gz$/;
/** What a copy may come to: it is held whole when it is read again. */
const LARGEST = 200_000_000;

type Root = () => Promise<FileSystemDirectoryHandle>;

export function createCopies(root: Root = () => navigator.storage.getDirectory()): Copies {
  const folder = async () => (await root()).getDirectoryHandle(FOLDER, { create: true });

  const names = async (directory: FileSystemDirectoryHandle) => {
    const found: string[] = [];
    for await (const name of directory.keys()) if (NAME.test(name)) found.push(name);
    return found.sort().reverse();
  };

  return {
    async list() {
      const directory = await folder();
      const all = await Promise.all(
        (await names(directory)).map(async (name) => {
          const file = await (await directory.getFileHandle(name)).getFile();
          return { name, savedAt: file.lastModified, bytes: file.size };
        }),
      );
      return all.filter(({ bytes }) => bytes > 0);
    },
    has: async (day) => exists(await folder(), toName(day)),
    async save(day, pieces) {
      const directory = await folder();
      await write(directory, toName(day), pieces);
      for (const old of (await names(directory)).slice(KEPT)) await directory.removeEntry(old);
    },
    async read(name) {
      const file = await (await (await folder()).getFileHandle(name)).getFile();
      return decompress(file.stream());
    },
    remove: async (name) => (await folder()).removeEntry(name),
  };
}

async function write(
  directory: FileSystemDirectoryHandle,
  name: string,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  const isNew = !(await exists(directory, name));
  const handle = await directory.getFileHandle(name, { create: true });
  // It takes the place of the one before when it is closed.
  const { readable, writable } = new CompressionStream('gzip');
  const encoder = new TextEncoder();
  const writer = writable.getWriter();
  let written: Promise<void> | undefined;
  try {
    written = readable.pipeTo(await handle.createWritable());
    written.catch(() => undefined);
    let bytes = 0;
    for await (const piece of pieces) {
      const encoded = encoder.encode(piece);
      bytes += encoded.byteLength;
      if (bytes > LARGEST) throw new Error('This is too large for a copy.');
      await writer.write(encoded);
    }
    await writer.close();
    await written;
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    if (isNew) await directory.removeEntry(name).catch(() => undefined);
    // Of the file; the writer has it in other words.
    await written;
    throw error;
  }
}

/** One that is empty was begun and, because its writer died, never filled. */
async function exists(directory: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  return directory.getFileHandle(name).then(
    async (handle) => (await handle.getFile()).size > 0,
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

const toName = (day: string) => `${day}.json.gz`;

const copyTrouble = z.strictObject({ at: z.number(), full: z.boolean() });
/** That the last copy could not be made, and whether for want of room. */
export type CopyTrouble = z.infer<typeof copyTrouble>;

const TROUBLE = 'copy trouble';

export async function readCopyTrouble(
  database: GatehouseDatabase,
): Promise<CopyTrouble | undefined> {
  return copyTrouble.safeParse(await database.get('state', TROUBLE)).data;
}

export async function noteCopyTrouble(
  database: GatehouseDatabase,
  trouble: CopyTrouble | undefined,
): Promise<void> {
  if (trouble) await database.put('state', trouble, TROUBLE);
  else await database.delete('state', TROUBLE);
}
