import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectKeys } from '../providers/key-detection.ts';
import { CATALOG } from '../providers/catalog.ts';
import { maskSecret } from './mask.ts';
import { identityOf, isDue, isGood, readOAuth, toOAuthText } from './oauth.ts';
import { toSecret } from './secret.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const SECONDS = NOW / 1000;
const WHOLE = {
  type: 'oauth',
  access_token: 'access-0123456789-abcdefgh',
  expires_at: SECONDS + 3600,
  refresh_token: 'refresh-0123456789-abcdefgh',
  token_url: 'https://auth.example.com/oauth/token',
  client_id: 'client-1',
  client_secret: 'client-secret-0123456789',
  scope: 'models chat',
} as const;

const regular = (value: unknown, now: number | undefined = NOW) =>
  toOAuthText(JSON.stringify(value), now);
const textOf = (value: unknown) => {
  const read = regular(value);
  if (read === undefined || 'fault' in read) throw new Error(read?.fault ?? 'no JSON object');
  return read.text;
};

describe('an OAuth credential', () => {
  it('is one JSON text in one regular form, whatever its order, spaces and extra fields', () => {
    const { type, ...rest } = WHOLE;
    const loose = JSON.stringify({ token_type: 'Bearer', ...rest, type, x: 1 }, undefined, 2);
    expect(toOAuthText(loose, NOW)).toEqual({ text: textOf(WHOLE) });
    expect(JSON.parse(textOf(WHOLE))).toEqual(WHOLE);
    expect(toSecret(` ${loose}\n`, 'bearer', NOW)).toBe(textOf(WHOLE));
    expect(toSecret(loose, 'header', NOW)).toBe(textOf(WHOLE));
    expect(readOAuth(textOf(WHOLE))).toEqual(WHOLE);
  });

  it.each([
    [SECONDS + 60, SECONDS + 60],
    [NOW + 60_000, SECONDS + 60],
    [String(SECONDS + 60), SECONDS + 60],
    ['2026-11-20T12:01:00Z', SECONDS + 60],
    ['soon', undefined],
    [-1, undefined],
    [null, undefined],
    [{}, undefined],
    [Infinity, undefined],
  ])('with expires_at %j ends at %j', (expires_at, end) => {
    expect(JSON.parse(textOf({ ...WHOLE, expires_at }))).toEqual({
      ...WHOLE,
      expires_at: end,
    });
  });

  it('with expires_in alone ends so much later than it was saved', () => {
    const { access_token } = WHOLE;
    const text = textOf({ access_token, expires_in: '3599' });
    expect(readOAuth(text)).toMatchObject({ expires_at: SECONDS + 3599, expires_in: 3599 });
    const later = toOAuthText(JSON.stringify({ access_token, expires_in: 3599 }), NOW + 5000);
    expect(later && 'text' in later && identityOf(later.text)).toBe(identityOf(text));
    expect(identityOf('sk-plain')).toBe('sk-plain');
  });

  it('is due a minute before its end, a short-lived one at half its life, one without an end never', () => {
    const end = SECONDS + 3600;
    const at = (seconds: number) => isDue({ type: 'oauth', expires_at: end }, seconds * 1000);
    expect([at(end - 61), at(end - 60), at(end + 1)]).toEqual([false, true, true]);
    const short = (seconds: number) =>
      isDue({ type: 'oauth', expires_at: end, expires_in: 20 }, seconds * 1000);
    expect([short(end - 11), short(end - 10)]).toEqual([false, true]);
    expect(isDue({ type: 'oauth' }, NOW * 2)).toBe(false);
    const good = (seconds: number) =>
      isGood({ type: 'oauth', access_token: 'a', expires_at: end }, seconds * 1000);
    expect([good(end - 1), good(end)]).toEqual([true, false]);
    expect(isGood({ type: 'oauth' }, NOW)).toBe(false);
  });

  const FAULTS: [object, string][] = [
    [{ type: 'oauth' }, 'access_token is missing'],
    [{ ...WHOLE, type: 'service_account' }, 'type must be "oauth"'],
    [{ ...WHOLE, token_url: undefined }, 'token_url is missing'],
    [{ ...WHOLE, access_token: 'two words' }, 'access_token must be a text'],
    [{ ...WHOLE, access_token: 5 }, 'access_token must be a text'],
    [{ ...WHOLE, refresh_token: 'a\r\nb' }, 'refresh_token must be a text'],
    [{ ...WHOLE, client_secret: ['x'] }, 'client_secret must be a text'],
    ...[
      'http://auth.example.com/token',
      'https://10.0.0.1/token',
      'https://192.168.1.1/token',
      'https://169.254.169.254/latest/meta-data',
      'https://[fe80::1]/token',
      'https://[::ffff:10.0.0.1]/token',
      'https://2130706433/token',
      'https://user:hunter2@auth.example.com/token',
      'https://@auth.example.com/token',
      'https://router.local/token',
      'https://10.0.0.1.nip.io/token',
      'https://auth.example.com/token#x',
      'ftp://auth.example.com/token',
      'javascript:alert(1)',
      'auth.example.com/token',
      '//auth.example.com/token',
      'https:\\\\auth.example.com',
      'chrome-extension://abc/token',
    ].map((token_url) => [{ ...WHOLE, token_url }, 'token_url must be'] satisfies [object, string]),
  ];
  it.each(FAULTS)('with a fault is refused in words that quote no value: %j', (value, fault) => {
    const read = regular(value);
    expect(read && 'fault' in read && read.fault).toContain(fault);
    for (const field of Object.values(value))
      if (typeof field === 'string' && field !== 'oauth')
        expect(JSON.stringify(read)).not.toContain(field);
    expect(() => toSecret(JSON.stringify(value), 'bearer', NOW, 'keys[0].secret')).toThrow(fault);
  });

  it.each([
    'https://auth.example.com/oauth/token/',
    'https://auth.example.com/oauth/token?tenant=1&p=a%20b',
    'http://127.0.0.1:8080/token',
    'http://localhost/token',
    'http://[::1]:1/token',
  ])('may have %s for its token_url', (token_url) => {
    expect(JSON.parse(textOf({ ...WHOLE, token_url }))).toMatchObject({ token_url });
  });

  it('is no reading of anything else', () => {
    for (const text of ['sk-1', '[]', '{', '"x"', 'null', '']) {
      expect(toOAuthText(text, NOW)).toBeUndefined();
      expect(readOAuth(text)).toBeUndefined();
    }
    // A service account's file is none, where one is wanted.
    expect(toSecret('{"client_email":"a@b"}', 'google-service-account', NOW)).toContain('@');
    fc.assert(
      fc.property(fc.json(), (text) => {
        toOAuthText(text, NOW);
        readOAuth(text);
        maskSecret(text);
      }),
    );
  });

  it('shows a mask of its token and nothing else of it', () => {
    const young = { ...WHOLE, access_token: undefined };
    expect(maskSecret(textOf(WHOLE))).toBe('acce…efgh');
    expect(maskSecret(textOf(young))).toBe('refr…efgh');
    expect(maskSecret('{"access_token":"abcdefghijklmnopqrstuvwxyz"}')).toBe('…');
  });

  it('is found whole in pasted text, and its provider is asked for', () => {
    const [found, ...others] = detectKeys(JSON.stringify(WHOLE, undefined, 2), CATALOG);
    expect(others).toEqual([]);
    expect(found).toEqual({ secret: textOf(WHOLE), preview: 'acce…efgh', providers: [] });
    const wrong = { ...WHOLE, token_url: 'http://auth.example.com' };
    const [faulty] = detectKeys(JSON.stringify(wrong), CATALOG);
    expect(faulty).toMatchObject({ preview: 'acce…efgh', providers: [] });
    const odd = JSON.stringify({ ...WHOLE, access_token: { a: 1 } });
    expect(detectKeys(odd, CATALOG)).toMatchObject([{ providers: [] }]);
    // Without a refresh token it is a key like any other.
    expect(detectKeys('{"groq_key":"gsk_0123456789abcdefABCDEF"}', CATALOG)).toMatchObject([
      { providers: ['groq'] },
    ]);
  });
});
