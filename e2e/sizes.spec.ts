/** What each page pays: sizes are ordinary tests. All gzipped, with what is imported at the start. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { CLIENT, EXTENSION, PWA } from './gatehouse.ts';

const STATIC_IMPORT = /(?:^|[;}\s])(?:import|export)(?:[^'"()]*?from)?\s*["']([^"']+)["']/g;

/** Where a built file's import or an HTML attribute points to. */
function locate(root: string, from: string, path: string): string {
  return path.startsWith('/') ? join(root, path) : normalize(join(dirname(from), path));
}

/** A script and all that it imports before it runs; what it imports later is not counted. */
function withImports(root: string, entries: string[]): string[] {
  const found = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path = ''] of text.matchAll(STATIC_IMPORT)) {
      const target = locate(root, file, path);
      if (/^[./]/.test(path) && existsSync(target)) open.push(target);
    }
  }
  return [...found];
}

/** The scripts that a page loads at the start. */
function scriptsOf(root: string, html: string): string[] {
  const text = readFileSync(html, 'utf8');
  const entries = [...text.matchAll(/<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+\.js)"/g)];
  return withImports(
    root,
    entries.map(([, path = '']) => locate(root, html, path)),
  );
}

function kilobytes(files: string[]): number {
  const bytes = files.reduce(
    (sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length,
    0,
  );
  return Math.round((bytes / 1024) * 10) / 10;
}

const manifest = () => JSON.parse(readFileSync(join(EXTENSION, 'manifest.json'), 'utf8'));

function expectAtMost(what: string, size: number, limit: number): void {
  test.info().annotations.push({ type: 'size', description: `${what}: ${size} kB gzipped` });
  console.log(`${what}: ${size} kB gzipped, at most ${limit}`);
  expect(size).toBeGreaterThan(0.1); // an empty file would prove nothing
  expect(size).toBeLessThanOrEqual(limit);
}

test('inpage and relay together take at most 4 kB of every page', () => {
  const scripts: string[] = manifest().content_scripts.flatMap(({ js }: { js: string[] }) => js);
  expect(scripts).toHaveLength(2);
  expectAtMost('inpage + relay', kilobytes(scripts.map((file) => join(EXTENSION, file))), 4);
});

// 0.3 ms of a cold start a kilobyte (platform-facts.md): a new part has to be worth that.
test('the background takes at most 184 kB', () => {
  const entry = join(EXTENSION, manifest().background.service_worker);
  expectAtMost('background', kilobytes(withImports(EXTENSION, [entry])), 184);
});

test('popup and consent take at most 40 kB each', () => {
  for (const page of [manifest().action.default_popup, 'extension/consent/index.html']) {
    expectAtMost(page, kilobytes(scriptsOf(EXTENSION, join(EXTENSION, page))), 40);
  }
});

test('@gatehouse/client takes less than 2 kB of a web app', () => {
  expectAtMost('client', kilobytes([CLIENT]), 1.9);
  // Nothing beside itself.
  expect(readFileSync(CLIENT, 'utf8')).not.toMatch(/^import|[^.]import\(/m);
});

test('the PWA takes at most 90 kB of script until it can be used', () => {
  expectAtMost('PWA', kilobytes(scriptsOf(PWA, join(PWA, 'index.html'))), 90);
});
