import { describe, expect, it } from 'vitest';
import { CATALOG } from './catalog.ts';
import { mergeProviders } from './merge.ts';

const merged = (...records: Parameters<typeof mergeProviders>[1]) =>
  mergeProviders(CATALOG, records);
const one = (id: string, ...records: Parameters<typeof mergeProviders>[1]) =>
  merged(...records).byName.get(id);

describe('mergeProviders', () => {
  it('is the rows where nothing is stored, the built-in one last', () => {
    const set = merged();
    expect(set.enabled.map((provider) => provider.id)).toEqual(CATALOG.map((row) => row.id));
    expect(set.enabled.at(-1)?.builtIn).toBe(true);
  });

  it('changes the address of a known row and keeps the rest', () => {
    const entry = one('openai', { id: 'openai', baseUrl: 'http://127.0.0.1:9100/v1/' });
    expect(entry?.provider).toMatchObject({
      baseUrl: 'http://127.0.0.1:9100/v1',
      auth: { scheme: 'bearer' },
      local: true,
      quirks: { maxTokensField: 'max_completion_tokens' },
    });
    expect(entry?.provider.keyOptional).toBeUndefined();
    expect(entry?.baseUrlChanged).toBe(true);
  });

  it('forgets where lists are and how keys are checked when the address is another', () => {
    const there = one('github-models', {
      id: 'github-models',
      baseUrl: 'https://proxy.example/v1',
    });
    expect(there?.provider.quirks).not.toHaveProperty('modelsPath');
    expect(there?.provider.quirks).not.toHaveProperty('keyCheck');
    const account =
      'https://api.cloudflare.com/client/v4/accounts/0123456789abcdef0123456789abcdef/ai/v1';
    const filled = one('workers-ai', { id: 'workers-ai', baseUrl: account });
    expect(filled?.baseUrlChanged).toBe(false);
    expect(filled?.provider.quirks?.modelsPath).toBe(
      CATALOG.find((row) => row.id === 'workers-ai')?.quirks?.modelsPath,
    );
  });

  it('makes a provider of one’s own with the usual auth of its format', () => {
    expect(
      one('my-box', { id: 'my-box', baseUrl: 'https://a.example/v1' })?.provider,
    ).toMatchObject({
      name: 'my-box',
      format: 'openai-chat',
      auth: { scheme: 'bearer' },
    });
    expect(
      one('claude', { id: 'claude', format: 'anthropic-messages', baseUrl: 'https://a.example' })
        ?.provider.auth,
    ).toEqual({ scheme: 'header', name: 'x-api-key' });
  });

  it('needs no key on this computer unless its auth is said', () => {
    const baseUrl = 'http://127.0.0.1:9101/v1';
    expect(one('box', { id: 'box', baseUrl })?.provider.keyOptional).toBe(true);
    expect(
      one('box', { id: 'box', baseUrl, auth: { scheme: 'bearer' } })?.provider.keyOptional,
    ).toBeUndefined();
  });

  it('takes the person’s headers instead of the row’s, in one spelling', () => {
    expect(one('openrouter', { id: 'openrouter' })?.provider.headers).toEqual({
      'x-title': 'Gatehouse',
    });
    expect(
      one('openrouter', { id: 'openrouter', headers: { 'X-Title': 'Mine' } })?.provider.headers,
    ).toEqual({ 'x-title': 'Mine' });
  });

  it('finds by alias, and by id in any case', () => {
    const set = merged();
    expect(set.byName.get('grok')?.provider.id).toBe('xai');
    expect(set.byName.get('llamacpp')?.provider.id).toBe('llama.cpp');
  });

  it('puts the person’s order first', () => {
    const set = merged({ id: 'groq', order: 1 }, { id: 'mistral', order: 0 });
    expect(set.enabled.slice(0, 3).map((provider) => provider.id)).toEqual([
      'mistral',
      'groq',
      'openai',
    ]);
  });

  it('keeps a provider that is switched off out of the list, but knows its name', () => {
    const set = merged({ id: 'groq', enabled: false });
    expect(set.enabled.map((provider) => provider.id)).not.toContain('groq');
    expect(set.byName.get('groq')?.enabled).toBe(false);
  });

  it.each([
    [{ id: 'openai', baseUrl: 'http://192.168.1.1/v1' }, /public internet/],
    [{ id: 'openai', baseUrl: 'http://evil.example/v1' }, /https/],
    [{ id: 'box', baseUrl: 'https://169.254.169.254/v1' }, /public internet/],
    [{ id: 'box' }, /base URL/],
    [{ id: 'box', baseUrl: 'https://a.example', headers: { authorization: 'x' } }, /authorization/],
    [{ id: 'grok', baseUrl: 'https://a.example' }, /another name/],
    [{ id: 'mock', baseUrl: 'https://a.example' }, /built-in/],
  ])('sets %j aside and loads the rest', (record, reason) => {
    const set = merged(record, { id: 'good', baseUrl: 'https://b.example/v1' });
    expect(set.setAside).toEqual([{ id: record.id, reason: expect.stringMatching(reason) }]);
    expect(set.byName.has('good')).toBe(true);
    // A known row is off then: never called at the row's own address, which the person changed.
    expect(set.enabled.map(({ id }) => id)).not.toContain(record.id);
    if (record.id === 'openai') expect(set.byName.get('openai')?.enabled).toBe(false);
  });
});
