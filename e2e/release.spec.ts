/** Threat 20: the same sources give the same bytes, and no byte of them is code from elsewhere. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import { EXTENSION, PWA } from './gatehouse.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** The hash of each file, by its path. */
async function hashesOf(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const file of await filesOf(folder))
    hashes[file] = createHash('sha256')
      .update(await readFile(join(folder, file)))
      .digest('hex');
  return hashes;
}

test('two builds of the same sources are the same, to the byte', async () => {
  test.setTimeout(300_000);
  const again = await mkdtemp(join(tmpdir(), 'gatehouse-build-'));
  try {
    for (const mode of ['extension', 'pwa'])
      await promisify(execFile)('npx', ['vite', 'build', '--mode', mode], {
        cwd: ROOT,
        env: { ...process.env, GATEHOUSE_DIST: again },
      });
    const first = { extension: await hashesOf(EXTENSION), pwa: await hashesOf(PWA) };
    const second = {
      extension: await hashesOf(join(again, 'extension')),
      pwa: await hashesOf(join(again, 'pwa')),
    };
    expect(second, '`npm run build` comes first').toEqual(first);
    const count = Object.keys(first.extension).length + Object.keys(first.pwa).length;
    test.info().annotations.push({
      type: 'figure',
      description: `${count} files, 2 builds, equal hashes`,
    });
  } finally {
    await rm(again, { recursive: true, force: true });
  }
});

/** Where text becomes code, or code comes from another host. */
const CODE_FROM_ELSEWHERE: readonly RegExp[] = [
  /(?<![\w$.])eval\s*\(/g,
  /new\s+Function\s*\(/g,
  /(?<![\w$.])Function\s*\(\s*['"`]/g,
  /\bimportScripts\s*\(/g,
  /\bimport\s*\(\s*['"`]https?:/g,
  /\bset(?:Timeout|Interval)\s*\(\s*['"`]/g,
  /<script[^>]+src\s*=\s*["']?(?:https?:)?\/\//gi,
  /<link[^>]+rel\s*=\s*["']?(?:stylesheet|modulepreload)[^>]+href\s*=\s*["']?(?:https?:)?\/\//gi,
  /@import\s+(?:url\()?["']?https?:/g,
  /\.src\s*=\s*['"`]https?:\/\/[^'"`]*\.js/g,
];

/**
 * How lodash, in mermaid as it is published, finds the global object where there is no `self`. There is
 * one; and it runs in a frame without an origin, whose policy makes no code of text.
 */
const NEVER_REACHED = 'Function("return this")()';

for (const [host, folder] of [
  ['the extension', EXTENSION],
  ['the PWA', PWA],
] as const)
  test(`${host} makes no code of text, and takes none from another host`, async () => {
    const found: string[] = [];
    const files = (await filesOf(folder)).filter((file) => /\.(?:m?js|html|css)$/.test(file));
    for (const file of files) {
      const written = await readFile(join(folder, file), 'utf8');
      const text =
        file === join('diagram', 'mermaid.js') ? written.replaceAll(NEVER_REACHED, '') : written;
      for (const pattern of CODE_FROM_ELSEWHERE)
        for (const { index } of text.matchAll(pattern))
          found.push(`${file}: …${text.slice(Math.max(0, index - 60), index + 60)}…`);
    }
    expect(found).toEqual([]);
    expect(files.length).toBeGreaterThan(5);
    test.info().annotations.push({ type: 'figure', description: `${files.length} files, 0 found` });
  });
