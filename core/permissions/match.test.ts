import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  coversId,
  coversModel,
  coversProvider,
  coversScope,
  coversSubject,
  isLoopbackOrigin,
  isOriginPattern,
  matchesPattern,
  mayCoverModel,
  registrableDomain,
  toCandidateKeys,
  toOwner,
  toOwners,
  toSiteKey,
  toSubject,
} from './match.ts';

const site = (origin: unknown, topOrigin: unknown = origin) =>
  toSubject({ kind: 'site', origin: origin as string, topOrigin: topOrigin as string });

describe('the subject of a call', () => {
  test.each([
    'null',
    '',
    undefined,
    'file://',
    'data:text/html,x',
    'blob:https://a.example/1',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    'about:blank',
    'https://a.example/',
    'https://A.example',
    'https://a.example:443',
    'https://user@a.example',
    'ftp://a.example',
    'javascript:alert(1)',
    'https://',
    'https://*.example',
  ])('is none for %j, as the frame or as its top page', (origin) => {
    expect(site(origin)).toBeUndefined();
    expect(site('https://a.example', origin ?? null)).toBeUndefined();
  });

  test('is the origin, and the pair for a cross-origin frame', () => {
    expect(site('https://a.example')).toEqual({ origin: 'https://a.example' });
    expect(site('https://a.example', 'https://b.example')).toEqual({
      origin: 'https://a.example',
      topOrigin: 'https://b.example',
    });
    expect(site('https://xn--ntes-1ce.example')).toBeDefined();
    expect(site('http://127.0.0.1:9200')).toBeDefined();
  });

  test('never shares a key between a pair and either side', () => {
    const keys = [
      toSiteKey({ origin: 'https://a.example' }),
      toSiteKey({ origin: 'https://b.example' }),
      toSiteKey({ origin: 'https://a.example', topOrigin: 'https://b.example' }),
      toSiteKey({ origin: 'https://b.example', topOrigin: 'https://a.example' }),
    ];
    expect(new Set(keys).size).toBe(4);
  });
});

describe('a pattern of subdomains', () => {
  test('covers the subdomains of one owner only', () => {
    expect(toCandidateKeys({ origin: 'https://a.b.example.com:8443' })).toEqual([
      'https://a.b.example.com:8443',
      'https://*.b.example.com:8443',
      'https://*.example.com:8443',
    ]);
    expect(toCandidateKeys({ origin: 'https://example.com' })).toEqual(['https://example.com']);
    expect(toCandidateKeys({ origin: 'https://me.github.io' })).toEqual(['https://me.github.io']);
    expect(toCandidateKeys({ origin: 'https://a.example.co.uk' })).toEqual([
      'https://a.example.co.uk',
      'https://*.example.co.uk',
    ]);
    expect(toCandidateKeys({ origin: 'http://127.0.0.1:9200' })).toEqual(['http://127.0.0.1:9200']);
  });

  test('for a frame names the same top page', () => {
    expect(
      toCandidateKeys({ origin: 'https://a.example.com', topOrigin: 'https://shop.example' }),
    ).toEqual([
      'https://a.example.com https://shop.example',
      'https://*.example.com https://shop.example',
    ]);
  });

  test.each([
    ['https://*.example.com', true],
    ['https://*.example.com:8443', true],
    ['https://*.com', false],
    ['https://*.co.uk', false],
    ['https://*.github.io', false],
    ['https://*.myshopify.com', false],
    ['https://*.up.railway.app', false],
    ['https://*.k12.tr', false],
    ['https://*.localhost', false],
    ['https://*.me.github.io', true],
    ['https://*', false],
    ['https://*.*.example.com', false],
    ['https://a.*.example.com', false],
    ['https://*.127.0.0.1', false],
    ['https://*.example.com/', false],
    ['ftp://*.example.com', false],
  ])('%s: %s', (text, is) => {
    expect(isOriginPattern(text)).toBe(is);
  });
});

test('a record covers its own subject, and a pattern those below it', () => {
  const pattern = { origin: 'https://*.example.com' };
  for (const [origin, is] of [
    ['https://a.example.com', true],
    ['https://a.b.example.com', true],
    ['https://example.com', false],
    ['http://a.example.com', false],
    ['https://a.example.com:8443', false],
    ['https://a.example.com.evil.net', false],
    ['https://badexample.com', false],
  ] as const)
    expect(coversSubject(pattern, { origin }), origin).toBe(is);
  const framed = { origin: 'https://a.example.com', topOrigin: 'https://shop.example' };
  expect(coversSubject(pattern, framed)).toBe(false);
  expect(coversSubject(framed, framed)).toBe(true);
});

test.each([
  ['https://a.b.example.com', 'example.com'],
  ['https://example.co.uk', 'example.co.uk'],
  ['https://x.evil.github.io', 'evil.github.io'],
  ['http://127.0.0.1:9200', '127.0.0.1:9200'],
  ['http://[::1]:9200', '[::1]:9200'],
  ['http://localhost:3000', 'localhost:3000'],
  ['http://a1.localhost:3000', 'localhost:3000'],
  ['http://intranet', 'intranet'],
])('the owner of %s is %s', (origin, owner) => {
  expect(toOwner(origin)).toBe(owner);
});

test('frames of one top page are counted together, apart from the page', () => {
  const [frame, together] = toOwners({
    origin: 'https://x.ads.example',
    topOrigin: 'https://a.example',
  });
  expect(frame).toBe('ads.example');
  expect(together).not.toBe(toOwner('https://a.example'));
});

test('a suffix has no owner', () => {
  for (const name of ['com', 'co.uk', 'github.io', 'localhost', '10.0.0.1', '[::1]'])
    expect(registrableDomain(name)).toBeUndefined();
});

test.each([
  ['http://localhost:1', true],
  ['http://a.localhost', true],
  ['http://127.9.9.9', true],
  ['http://[::1]:80', true],
  ['http://127.0.0.1.evil.example', false],
  ['http://localhost.evil.example', false],
  ['http://192.168.0.1', false],
])('%s is on this computer: %s', (origin, is) => {
  expect(isLoopbackOrigin(origin)).toBe(is);
});

test('`chat` includes `models` and nothing else', () => {
  expect(coversScope(['chat'], 'models')).toBe(true);
  expect(coversScope(['models'], 'chat')).toBe(false);
  expect(coversScope(['chat'], 'raw')).toBe(false);
});

describe('a model pattern', () => {
  test('matches as the same regular expression does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (one, other) => {
        const source = one
          .split('*')
          .map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
          .join('.*');
        expect(matchesPattern(one, other)).toBe(new RegExp(`^${source}$`, 's').test(other));
      }),
      { numRuns: 2_000 },
    );
  });

  test('takes no long time on a hostile pattern', () => {
    const start = performance.now();
    matchesPattern(`${'*a'.repeat(200)}b`, 'a'.repeat(5_000));
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  test('with a slash names the provider, without one the model', () => {
    expect(coversModel(['*'], 'openrouter', 'openai/gpt-4o')).toBe(true);
    expect(coversModel(['openrouter/*'], 'openrouter', 'openai/gpt-4o')).toBe(true);
    expect(coversModel(['openai/*'], 'openrouter', 'openai/gpt-4o')).toBe(false);
    expect(coversModel(['openai/*'], 'openai', 'gpt-4o')).toBe(true);
    expect(coversModel(['gpt-4o*'], 'openai', 'gpt-4o-mini')).toBe(true);
    expect(coversModel([], 'openai', 'gpt-4o')).toBe(false);
  });

  test('covers what is listed, logical names too', () => {
    expect(coversId(['turbo'], 'turbo')).toBe(true);
    expect(coversId(['groq/*'], 'groq/llama')).toBe(true);
    expect(coversId(['llama'], 'groq/llama')).toBe(true);
    expect(coversId(['groq/*'], 'turbo')).toBe(false);
  });

  test('refuses a name at once only where no resolution would help', () => {
    expect(mayCoverModel(['mock/echo'], 'mock/slow')).toBe(false);
    expect(mayCoverModel(['mock/echo'], 'mock/echo')).toBe(true);
    expect(mayCoverModel(['groq/llama*'], 'llama-3.3')).toBe(true);
    expect(mayCoverModel(['llama*'], 'groq/llama-3.3')).toBe(true);
    expect(mayCoverModel(['mock/echo'], 'auto')).toBe(true);
    expect(mayCoverModel(['mock/echo'], undefined)).toBe(true);
  });

  test('that covers what comes out never refused what was written', () => {
    const word = fc.constantFrom('groq', 'openai', 'llama', 'gpt', 'x');
    fc.assert(
      fc.property(
        word,
        word,
        fc.array(fc.constantFrom('*', 'groq/*', '*/llama', 'llama', 'openai/gpt', 'g*')),
        (provider, model, patterns) => {
          if (!coversModel(patterns, provider, model)) return;
          expect(mayCoverModel(patterns, `${provider}/${model}`)).toBe(true);
          expect(mayCoverModel(patterns, model)).toBe(true);
        },
      ),
    );
  });
});

test('a provider is covered only where all of its models are', () => {
  for (const patterns of [['*'], ['groq/*'], ['*/*'], ['gr*/*'], ['x', 'GROQ/*']])
    expect(coversProvider(patterns, 'groq'), patterns.join()).toBe(true);
  for (const patterns of [[], ['groq/llama'], ['llama*'], ['openai/*'], ['groq/l*'], ['**/x']])
    expect(coversProvider(patterns, 'groq'), patterns.join()).toBe(false);
});
