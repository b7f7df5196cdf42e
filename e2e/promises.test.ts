import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PROMISES } from '../scripts/promises.mjs';

test('each of the 20 threats of security.md has a promise with tests', () => {
  const named = new Set(PROMISES.flatMap(({ threats }) => threats?.split(', ') ?? []));
  const all = Array.from({ length: 20 }, (_, index) => String(index + 1));
  expect([...named].sort((a, b) => Number(a) - Number(b))).toEqual(all);
});

test('each promise names files that are there', () => {
  for (const { promise, tests } of PROMISES) {
    expect(tests.length, promise).toBeGreaterThan(0);
    for (const [file, ...titles] of tests) {
      expect(existsSync(fileURLToPath(new URL(`../${file}`, import.meta.url))), file).toBe(true);
      expect(titles.length, file).toBeGreaterThan(0);
    }
  }
});
