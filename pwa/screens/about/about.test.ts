import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LIBRARIES } from './libraries.ts';

const read = (path: string) =>
  JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')) as {
    dependencies?: Record<string, string>;
    license?: string;
  };

it('names every library that ships, with the licence it says of itself', () => {
  const shipped = Object.keys(read('package.json').dependencies ?? {}).sort();
  expect(LIBRARIES.map(({ name }) => name).sort()).toEqual(shipped);
  for (const { name, licence } of LIBRARIES) {
    expect(`${name} ${read(`node_modules/${name}/package.json`).license}`).toBe(
      `${name} ${licence}`,
    );
  }
});
