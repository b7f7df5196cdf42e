import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouterError } from '../errors.ts';
import { toPathBelow } from './below.ts';

const OPENAI = 'https://api.openai.com/v1';
const GROQ = 'https://api.groq.com/openai/v1';
const ROOT = 'https://api.deepseek.com';

describe('a path below a provider’s base URL', () => {
  it.each([
    [OPENAI, '/files', '/files'],
    [OPENAI, '/v1/files', '/files'],
    [OPENAI, '/v1/v1/files', '/v1/files'],
    [OPENAI, '/v1', '/v1'],
    [OPENAI, '/v1/', '/'],
    [GROQ, '/openai/v1/models', '/models'],
    [GROQ, '/v1/models', '/models'],
    [GROQ, '/models', '/models'],
    [ROOT, '/v1/chat/completions', '/v1/chat/completions'],
    [OPENAI, '/models/ft:gpt%2Fa', '/models/ft:gpt%2Fa'],
    [OPENAI, '/files/a%20b', '/files/a%20b'],
    [OPENAI, '/files/100%25', '/files/100%25'],
    [OPENAI, '/files/.hidden', '/files/.hidden'],
    [OPENAI, '/files/a..b', '/files/a..b'],
    [OPENAI, '//evil.example/x', '//evil.example/x'],
    [OPENAI, '/@evil.example/x', '/@evil.example/x'],
  ])('%s and %s is %s', (base, path, below) => {
    expect(toPathBelow(base, path, '')).toBe(below);
    const url = new URL(base + below);
    expect(url.href.startsWith(base)).toBe(true);
  });

  it.each([
    '/..%2f..%2fadmin',
    '/%2e%2e%2fadmin',
    '/%252e%252e%252fadmin',
    '/a%5c..%5cb',
    '/..;/admin',
    '/%2e%2e;a/admin',
    '/files/%00',
    '/files/%0d%0ahost:%20evil',
    `/${'a'.repeat(9000)}`,
  ])('%s is refused', (path) => {
    expect(() => toPathBelow(OPENAI, path, '')).toThrow(RouterError);
  });

  it('stays there whatever is asked for', () => {
    const piece = fc.constantFrom(
      ...[
        '..',
        '.',
        '%2e',
        '%2E',
        '%2f',
        '/',
        '\\',
        '%5c',
        '@',
        ':',
        '//',
        'v1',
        'a',
        ';',
        '%25',
        '#',
        '?',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        // As the router has it: the pathname of a URL.
        const path = new URL(`https://gatehouse.invalid/${pieces.join('')}`).pathname;
        let below: string;
        try {
          below = toPathBelow(GROQ, path, '');
        } catch {
          return;
        }
        const { origin, pathname } = new URL(GROQ + below);
        expect(origin).toBe('https://api.groq.com');
        expect(pathname.startsWith('/openai/v1/')).toBe(true);
        expect(decodeURIComponent(pathname).split('/')).not.toContain('..');
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the query, less a key', () => {
    expect(toPathBelow(OPENAI, '/files', '?limit=2&after=a%20b')).toBe(
      '/files?limit=2&after=a%20b',
    );
    expect(toPathBelow(OPENAI, '/files', '?key=k&alt=sse&API-Key=k&access_token=t')).toBe(
      '/files?alt=sse',
    );
    expect(toPathBelow(OPENAI, '/files', '?key=k')).toBe('/files');
  });
});
