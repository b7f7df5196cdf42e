import { describe, expect, it } from 'vitest';
import type { KeyView, ProviderView } from '../../../core/index.ts';
import { checkWords, keyWords, onDeviceWords, providerWords, toProviderId } from './words.ts';

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
