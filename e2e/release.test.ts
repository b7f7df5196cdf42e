/** Threat 20: what is installed is what is written down, to the byte. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import '../core/testing/figures.ts';

const read = (path: string) =>
  JSON.parse(
    readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8'),
  ) as unknown;

interface Locked {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  /** It came within another package's bytes. */
  inBundle?: boolean;
  hasInstallScript?: boolean;
  dev?: boolean;
  optional?: boolean;
}
const { dependencies, devDependencies, scripts } = read('package.json') as Record<
  'dependencies' | 'devDependencies' | 'scripts',
  Record<string, string>
>;
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
const installed = Object.entries(packages).filter(([path]) => path !== '');

test('each dependency is pinned to one version, and the lockfile has that one', () => {
  for (const [name, asked] of Object.entries({ ...dependencies, ...devDependencies })) {
    expect(asked, name).toMatch(/^(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/);
    expect(packages[`node_modules/${name}`]?.version, name).toBe(
      asked.slice(asked.lastIndexOf('@') + 1),
    );
  }
});

test('each package comes from the registry, with the hash of its bytes', ({ task: { meta } }) => {
  let hashed = 0;
  for (const [path, { resolved, integrity, link, inBundle, dev, optional }] of installed) {
    expect(link, path).toBeUndefined();
    if (inBundle) continue;
    // Absent where npm was told to leave the registry's own address out.
    if (resolved !== undefined) expect(resolved, path).toMatch(/^https:\/\/registry\.npmjs\.org\//);
    // npm leaves it out for some native parts of tools, of which each machine takes one.
    if (integrity === undefined) expect([path, dev && optional]).toEqual([path, true]);
    else {
      expect(integrity, path).toMatch(/^sha512-/);
      hashed += 1;
    }
  }
  meta.figure = `${hashed} of ${installed.length} packages by hash`;
});

test('no script of a package has to run for what we ship, and none of ours runs at the install', () => {
  const withScript = installed.filter(([, { hasInstallScript }]) => hasInstallScript);
  // Of tools alone; `npm ci --ignore-scripts` builds the same.
  for (const [path, { dev, optional }] of withScript)
    expect([path, dev || optional]).toEqual([path, true]);
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
    expect(scripts).not.toHaveProperty(name);
});
