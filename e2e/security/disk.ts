import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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

/** A profile that is kept from one browser to the next, and goes with the test. */
export async function withProfile(use: (profile: string) => Promise<void>): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'gatehouse-disk-'));
  try {
    await use(profile);
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
}
