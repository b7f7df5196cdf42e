import { describe, expect, it } from 'vitest';
import type { KeyView, SiteView } from '../../../core/index.ts';
import {
  budgetWords,
  expectOneOwner,
  nearlyUsedWords,
  precedenceWords,
  toLimit,
  toMoney,
  toOrigin,
  toPattern,
  usageWords,
  withKey,
  withScope,
  toModels,
  usedByWords,
} from './words.ts';

describe('the address of a site, as typed', () => {
  it.each([
    ['notes.example.com', 'https://notes.example.com'],
    [' https://notes.example.com/path?x=1 ', 'https://notes.example.com'],
    ['localhost:4174', 'http://localhost:4174'],
    ['127.0.0.1:9200', 'http://127.0.0.1:9200'],
    ['http://shop.example:8080', 'http://shop.example:8080'],
    ['münchen.de', 'https://xn--mnchen-3ya.de'],
    ['EXAMPLE.com:443', 'https://example.com'],
    ['*.example.com', 'https://*.example.com'],
    ['https://*.Example.co.uk/', 'https://*.example.co.uk'],
    ['localhost', 'http://localhost'],
  ])('%s -> %s', (typed, origin) => {
    expect(toOrigin(typed)).toBe(origin);
  });

  it.each([
    '*.com',
    '*.co.uk',
    '*.github.io',
    '*',
    'a.*.example.com',
    '*.localhost',
    '',
    'not a site',
    'file:///etc',
    'chrome://settings',
    'ftp://example.com',
    'http://',
  ])('refuses %s', (typed) => {
    expect(() => toOrigin(typed)).toThrow();
  });
});

it('knows the names below which anyone may have one, also those that few know', async () => {
  for (const name of ['example.com', 'example.co.uk', 'alice.github.io'])
    await expect(expectOneOwner(`https://*.${name}`)).resolves.toBeUndefined();
  // Of the last two only the whole list knows.
  for (const name of ['co.uk', 'github.io', 'kawasaki.jp', 'pgfog.com'])
    await expect(expectOneOwner(`https://*.${name}`)).rejects.toThrow(`ends in ${name}`);
});

it('offers subdomains only where one owner has them', () => {
  expect(toPattern('https://example.com')).toBe('https://*.example.com');
  expect(toPattern('https://notes.example.com:8443')).toBe('https://*.notes.example.com:8443');
  for (const origin of ['http://localhost:3000', 'https://10.0.0.1', 'https://github.io'])
    expect(toPattern(origin)).toBeUndefined();
});

describe('which of several rules decides', () => {
  const today = { requests: 0, inputTokens: 0, outputTokens: 0 };
  const rule = (text: string): SiteView => ({
    origin: text.slice(1),
    decision: text.startsWith('+') ? 'allow' : 'deny',
    scopes: ['chat'],
    models: ['*'],
    today,
  });
  const words = (text: string, ...others: string[]) =>
    precedenceWords(rule(text), [text, ...others].map(rule));

  it.each([
    ['+https://a.example.com', ['+https://b.example.com'], undefined],
    ['+https://*.example.com', ['-https://a.other.com'], undefined],
    [
      '+https://a.example.com',
      ['-https://*.example.com'],
      'This goes before *.example.com, which is refused.',
    ],
    [
      '+https://*.example.com',
      ['-https://a.example.com', '+https://b.c.example.com'],
      'All subdomains but a.example.com, which is refused; b.c.example.com, which is allowed.',
    ],
    [
      '+https://*.b.example.com',
      ['-https://*.example.com'],
      'Has no effect: *.example.com is refused, and a refusal goes before.',
    ],
  ])('%s beside %j: %s', (text, others, expected) => {
    expect(words(text, ...others)).toBe(expected);
  });
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

it('reads money as people write it', () => {
  expect(toMoney('')).toBeUndefined();
  expect(toMoney(' $1.50 ')).toBe(1.5);
  expect(toMoney('0,5')).toBe(0.5);
  expect(toMoney('0')).toBe(0);
  expect(() => toMoney('-1')).toThrow('in dollars');
  expect(() => toMoney('lots')).toThrow('in dollars');
});

it('says how much of a limit is used, and which sites are near theirs', () => {
  const budget = { unit: 'usd', period: 'day', limit: 1, used: 0.79, held: 0, endsAt: 0 } as const;
  expect(budgetWords(budget)).toBe('$0.79 of $1.00 today');
  expect(
    budgetWords({ ...budget, unit: 'tokens', period: 'week', used: 1_200, limit: 2_000 }),
  ).toBe('1.2k of 2,000 tokens this week');
  const site: SiteView = {
    origin: 'https://notes.example.com',
    decision: 'allow',
    scopes: ['chat'],
    models: ['*'],
    today: { requests: 0, inputTokens: 0, outputTokens: 0 },
    budgets: [budget],
  };
  expect(nearlyUsedWords([site])).toEqual([]);
  expect(nearlyUsedWords([{ ...site, budgets: [{ ...budget, used: 0.8 }] }])).toEqual([
    'notes.example.com has used $0.80 of $1.00 today.',
  ]);
});

it.each([
  ['', ['*']],
  [' \n, ', ['*']],
  ['groq/*\nopenai/gpt-5, groq/*', ['groq/*', 'openai/gpt-5']],
])('takes %j as models', (text, models) => expect(toModels(text)).toEqual(models));

it('says which sites have a profile', () => {
  const sites = ['a', 'b', 'c', 'd'].map((name) => ({ origin: `https://${name}.example` }));
  expect(usedByWords([])).toBe('No site has it.');
  expect(usedByWords(sites.slice(0, 1))).toBe('Used by a.example.');
  expect(usedByWords(sites)).toBe('Used by a.example, b.example, c.example, and 1 more.');
});

it('gives and takes a scope, and leaves the others', () => {
  expect(withScope(['chat', 'jobs'], 'raw', true)).toEqual(['chat', 'jobs', 'raw']);
  expect(withScope(['chat', 'raw'], 'raw', true)).toEqual(['chat', 'raw']);
  expect(withScope(['chat', 'raw'], 'raw', false)).toEqual(['chat']);
  expect(() => withScope(['chat'], 'chat', false)).toThrow(/Revoke/);
});

it('gives and takes a key of a site by its name', () => {
  const key = { provider: 'groq', label: 'work' } as KeyView;
  expect(withKey(undefined, key, true)).toEqual(['groq/work']);
  expect(withKey(['openai/main', 'groq/work'], key, true)).toEqual(['openai/main', 'groq/work']);
  expect(withKey(['openai/main', 'groq/work'], key, false)).toEqual(['openai/main']);
});
