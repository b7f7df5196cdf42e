/** Who may import whom: the borders that no compiler holds. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  /** Paths from the project's root. */
  from: string;
  to: string;
  /** `import type`: gone after the build. */
  typeOnly: boolean;
}

const isTest = (file: string) =>
  /\.(test|contract)\.ts$/.test(file) || file.startsWith('core/testing/');

const sources: string[] = ['core', 'extension', 'pwa']
  .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name))
  .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
  .filter((file) => !isTest(file));

const STATEMENT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'|\bimport\('(\.[^']+)'\)/g;

const imports: Import[] = sources.flatMap((from) => {
  const text = readFileSync(join(ROOT, from), 'utf8');
  return [...text.matchAll(STATEMENT)].map(([, type, path, dynamic]) => ({
    from,
    to: relative(ROOT, resolve(ROOT, dirname(from), (path ?? dynamic ?? '').split('?')[0] ?? '')),
    typeOnly: type !== undefined,
  }));
});

const inFolder = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const show = ({ from, to }: Import) => `${from} -> ${to}`;

/** Imports out of `folder` that go to none of the allowed places. */
function strays(folder: string, allowed: (path: string) => boolean): string[] {
  return imports
    .filter(({ from, to }) => inFolder(folder)(from) && !inFolder(folder)(to) && !allowed(to))
    .map(show);
}

/** Inside core, from the top down; what stands on one line may import what stands below. */
const LAYERS = [
  ['router.ts', 'handle.ts', 'index.ts', 'transport'],
  ['endpoints'],
  ['middleware'],
  ['upstream'],
  ['formats'],
  ['streams'],
  // The canonical request and parts are what all formats and streams speak.
  ['errors.ts', 'formats/chat.ts'],
];
const layerOf = (path: string) =>
  LAYERS.findLastIndex((layer) =>
    layer.some((name) => path === `core/${name}` || inFolder(`core/${name}`)(path)),
  );

/** What the extension's pages may mount; and the drawings, that are nobody's code. */
const SHARED_BY_THE_PWA = ['screens', 'components', 'styles', 'app', 'origin', 'words'].map(
  (name) => `pwa/${name}`,
);

describe('architecture', () => {
  it('reads the sources', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it.each(['inpage', 'relay'])(
    'extension/%s imports core/transport and its own folder only',
    (part) => {
      const allowed = (path: string) =>
        inFolder('core/transport')(path) || path === 'extension/protocol.ts';
      expect(strays(`extension/${part}`, allowed)).toEqual([]);
    },
  );

  it('the extension enters core by its door, and mounts screens and components of the PWA only', () => {
    const allowed = (path: string) =>
      path === 'core/index.ts' ||
      inFolder('core/transport')(path) ||
      SHARED_BY_THE_PWA.some((folder) => inFolder(folder)(path));
    expect(strays('extension', allowed)).toEqual([]);
  });

  it('the PWA enters core by its door and never imports the extension', () => {
    expect(strays('pwa', (path) => path === 'core/index.ts')).toEqual([]);
  });

  it('core imports nothing from outside of core', () => {
    expect(strays('core', () => false)).toEqual([]);
  });

  it('inside core, code imports its own layer or one below', () => {
    const upward = imports.filter(({ from, to, typeOnly }) => {
      const [above, below] = [layerOf(from), layerOf(to)];
      return !typeOnly && above >= 0 && below >= 0 && below < above;
    });
    expect(upward.map(show)).toEqual([]);
  });

  it('no format imports another format', () => {
    const formatOf = (path: string) => /^core\/formats\/([^/]+)\//.exec(path)?.[1];
    const crossing = imports.filter(
      ({ from, to }) =>
        !/\.test\.ts$|\/testing\//.test(from) &&
        formatOf(from) &&
        formatOf(to) &&
        formatOf(from) !== formatOf(to),
    );
    expect(crossing.map(show)).toEqual([]);
  });

  it('nothing outside of providers/ and formats/ names a provider', async () => {
    const { CATALOG } = await import('../core/providers/catalog.ts');
    const ids = CATALOG.map((row) => row.id).filter((id) => id !== 'mock');
    const named = new RegExp(`'(?:${ids.map((id) => id.replaceAll('.', '\\.')).join('|')})'`);
    const engine = sources.filter(
      (file) => inFolder('core')(file) && !/^core\/(providers|formats)\//.test(file),
    );
    const naming = engine.filter((file) => named.test(readFileSync(join(ROOT, file), 'utf8')));
    expect(naming).toEqual([]);
  });
});
