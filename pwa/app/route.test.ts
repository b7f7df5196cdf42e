import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHash, toRoute } from './route.ts';

describe('a route', () => {
  test.each([
    ['', 'chat', undefined],
    ['#', 'chat', undefined],
    ['#/', 'chat', undefined],
    ['#/keys', 'keys', undefined],
    ['#/chat/a%2Fb', 'chat', 'a/b'],
    ['#/chat/a/b', 'chat', 'a/b'],
    ['#/chat/100%', 'chat', '100%'],
  ])('%j is %s with %j', (hash, name, param) => {
    expect(toRoute(hash)).toMatchObject({ name, param });
  });

  test('keeps its query', () => {
    expect(toRoute(toHash('keys', 'groq', { add: 'a b&c' })).query.get('add')).toBe('a b&c');
  });

  test('comes back from the address that it was written to', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (param) => {
        expect(toRoute(toHash('chat', param)).param).toBe(param);
      }),
    );
  });
});
