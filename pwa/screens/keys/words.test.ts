import { describe, expect, it } from 'vitest';
import type { Cooldown, KeyView, ProviderView } from '../../../core/index.ts';
import {
  checkWords,
  cooldownAdvice,
  cooldownWords,
  keyWords,
  onDeviceWords,
  providerWords,
  tokenWords,
  toPatterns,
  toProviderId,
} from './words.ts';

const key = (change: Partial<KeyView> = {}): KeyView => ({
  id: 'k',
  provider: 'groq',
  label: 'main',
  preview: 'gsk_…9fQ2',
  enabled: true,
  weight: 1,
  createdAt: 0,
  ...change,
});
const provider = (change: Partial<ProviderView> = {}): ProviderView => ({
  id: 'groq',
  name: 'Groq',
  format: 'openai-chat',
  baseUrl: 'https://api.groq.com/openai/v1',
  auth: { scheme: 'bearer' },
  headers: {},
  needsKey: true,
  local: false,
  builtIn: false,
  custom: false,
  overridden: false,
  enabled: true,
  keys: [],
  ...change,
});
const invalid = { state: 'invalid', at: 0, message: 'invalid x-api-key' } as const;
const valid = { state: 'valid', at: 0, models: 14 } as const;

describe('what a key and a provider are said to be', () => {
  it('quotes the provider where it refused', () => {
    expect(checkWords(invalid)).toEqual({ kind: 'danger', text: 'refused: invalid x-api-key' });
  });

  it('counts the models of a key that works', () => {
    expect(keyWords(key({ check: valid }), 30_000).text).toBe('works · 14 models · just now');
  });

  it('says of an unreachable check only that the key is saved', () => {
    expect(checkWords({ state: 'unknown', at: 0 }).text).toBe('saved, not checked');
  });

  it('names a refused key among good ones', () => {
    const keys = [key({ check: valid }), key({ id: 'k2', check: invalid })];
    expect(providerWords(provider({ keys }))).toEqual({ kind: 'warn', text: '1 key refused' });
    expect(providerWords(provider({ keys: [key({ check: invalid })] })).kind).toBe('danger');
  });

  it('does not ask for a key where none is needed', () => {
    expect(providerWords(provider({ local: true })).text).toBe('needs no key');
    expect(providerWords(provider()).text).toBe('no key');
    expect(providerWords(provider({ keys: [key({ enabled: false })] })).text).toBe(
      'all keys switched off',
    );
  });
});

describe('what rests', () => {
  const now = new Date(2026, 10, 20, 14, 0).getTime();
  const cooldown: Cooldown = {
    ...{ scope: 'key', provider: 'groq', keyId: 'k', state: 'cooling', status: 429 },
    ...{ code: 'rate_limited', message: 'Slow down.', since: now, failures: 1 },
    until: now + 5 * 60_000,
  };
  it.each<[Partial<Cooldown>, string]>([
    [{}, 'resting until 14:05: 429, Slow down.'],
    [{ until: now + 3 * 86_400_000 }, 'resting until 23 Nov 14:00: 429, Slow down.'],
    [
      { state: 'failing', failures: 3, status: 500, message: 'Oops.' },
      'asked last until 14:05, after 3 failures in a row: 500, Oops.',
    ],
    [
      { state: 'aside', until: undefined, status: 401, message: 'No such key.' },
      'set aside just now, as it was refused: 401, No such key.',
    ],
  ])('%j is %s', (change, text) => {
    expect(cooldownWords({ ...cooldown, ...change }, now).text).toBe(text);
  });

  it('says what to do about a key that was refused', () => {
    expect(cooldownAdvice({ ...cooldown, state: 'aside' })).toMatch(
      /^It is asked only .* Replace it/,
    );
  });

  it('names how quick a checked key was, and what it has left', () => {
    const check = { ...valid, latencyMs: 212.4, remaining: { requests: 998, tokens: 6000 } };
    expect(keyWords(key({ check }), 30_000).text).toBe(
      'works · 14 models · 212 ms · 998 requests left · 6k tokens left · just now',
    );
  });

  it('reads patterns however they are put', () => {
    expect(toPatterns(' llama-*,\nqwen-3  qwen-3\n')).toEqual(['llama-*', 'qwen-3']);
  });
});

it('makes an id of a name, and another where it is taken', () => {
  expect(toProviderId('My Box!', [])).toBe('my-box');
  expect(toProviderId('Büro-Server', [])).toBe('bu-ro-server');
  expect(toProviderId('groq', ['groq', 'groq-2'])).toBe('groq-3');
  expect(toProviderId('日本', [])).toBe('server');
});

describe('what the browser’s own model is said to be', () => {
  it.each([
    ['unavailable', undefined, 'does not run on this device'],
    ['downloadable', undefined, 'not downloaded yet'],
    ['downloading', undefined, 'downloading'],
    ['downloading', 0.416, 'downloading · 42%'],
    ['available', undefined, 'ready'],
  ] as const)('%s, %s of it: %s', (state, share, words) => {
    expect(onDeviceWords(state, share).status).toBe(words);
  });
});

describe('what an OAuth credential is said to be', () => {
  const at = new Date(2026, 10, 20, 12).getTime();
  it.each([
    [undefined, undefined],
    [{ renews: true, until: at + 7_500_000 }, 'renews itself · its token holds until 14:05'],
    [{ renews: true, until: at - 1 }, 'renews itself · its next use gets a new token'],
    [{ renews: true }, 'renews itself · its token holds until it is refused'],
    [
      { renews: true, until: at + 1000, refused: 'invalid_grant' },
      'connect again where it came from, then replace it here',
    ],
    [
      { renews: false, until: at + 7_500_000 },
      'does not renew itself · its token holds until 14:05',
    ],
    [
      { renews: false, until: at },
      'its token has expired: connect again where it came from, then replace it here',
    ],
  ])('%j: %s', (token, text) => {
    expect(tokenWords(key({ ...(token && { token }) }), at)?.text).toBe(text);
  });

  it('says nothing twice', () => {
    const token = { renews: true, refused: 'invalid_grant' };
    expect(tokenWords(key({ token, check: invalid }), at)).toBeUndefined();
  });
});
