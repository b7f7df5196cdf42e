import { describe, expect, it } from 'vitest';
import { toLimit, toOrigin, usageWords, withScope } from './words.ts';

describe('the address of a site, as typed', () => {
  it.each([
    ['notes.example.com', 'https://notes.example.com'],
    [' https://notes.example.com/path?x=1 ', 'https://notes.example.com'],
    ['localhost:4174', 'http://localhost:4174'],
    ['127.0.0.1:9200', 'http://127.0.0.1:9200'],
    ['http://shop.example:8080', 'http://shop.example:8080'],
    ['münchen.de', 'https://xn--mnchen-3ya.de'],
    ['EXAMPLE.com:443', 'https://example.com'],
  ])('%s -> %s', (typed, origin) => {
    expect(toOrigin(typed)).toBe(origin);
  });

  it.each(['', 'not a site', 'file:///etc', 'chrome://settings', 'ftp://example.com', 'http://'])(
    'refuses %s',
    (typed) => {
      expect(() => toOrigin(typed)).toThrow();
    },
  );
});

it('reads a limit, and takes an empty field for none', () => {
  expect(toLimit('', 1)).toBeUndefined();
  expect(toLimit(' 60 ', 1)).toBe(60);
  expect(toLimit('100,000', 0)).toBe(100_000);
  expect(() => toLimit('0', 1)).toThrow('from 1');
  expect(() => toLimit('a lot', 1)).toThrow();
});

it('says when a site was used and how much today', () => {
  const site = {
    origin: 'https://a.example',
    decision: 'allow',
    scopes: ['chat'],
    models: ['*'],
  } as const;
  const none = { requests: 0, inputTokens: 0, outputTokens: 0 };
  expect(usageWords({ ...site, scopes: ['chat'], models: ['*'], today: none })).toBe('never used');
  expect(
    usageWords(
      {
        ...site,
        scopes: ['chat'],
        models: ['*'],
        lastUsedAt: 0,
        today: { requests: 41, inputTokens: 8_000, outputTokens: 234 },
      },
      5 * 60_000,
    ),
  ).toBe('used 5 min ago · 41 requests, 8.2k tokens today');
});

it('gives and takes a scope, and leaves the others', () => {
  expect(withScope(['chat', 'jobs'], 'raw', true)).toEqual(['chat', 'jobs', 'raw']);
  expect(withScope(['chat', 'raw'], 'raw', true)).toEqual(['chat', 'raw']);
  expect(withScope(['chat', 'raw'], 'raw', false)).toEqual(['chat']);
  expect(() => withScope(['chat'], 'chat', false)).toThrow(/Revoke/);
});
