import { expect, it } from 'vitest';
import { toMilliseconds, toSeconds } from './timeouts.ts';

it('reads seconds', () => {
  expect(toMilliseconds('30', 600)).toBe(30_000);
  expect(toMilliseconds(' 1,5 ', 600)).toBe(1_500);
  expect(toMilliseconds('', 600)).toBeUndefined();
});

it.each(['0', '-1', '601', 'soon'])('refuses %s', (text) => {
  expect(() => toMilliseconds(text, 600)).toThrow('from 1 to 600');
});

it('shows what it read', () => {
  expect(toSeconds(toMilliseconds('90', 600))).toBe('90');
  expect(toSeconds(undefined)).toBe('');
});
