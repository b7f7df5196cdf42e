import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files under a folder that hold this text or these bytes, in any of the ways that a browser writes them. */
export async function findOnDisk(folder: string, what: string | Uint8Array): Promise<string[]> {
  const needles =
    typeof what === 'string'
      ? [Buffer.from(what, 'utf8'), Buffer.from(what, 'utf16le')]
      : [Buffer.from(what), Buffer.from([...what].join(','))];
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const content = await readFile(file).catch(() => Buffer.alloc(0)); // gone meanwhile
    if (needles.some((needle) => content.includes(needle))) found.push(file);
  }
  return found;
}
