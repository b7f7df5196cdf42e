import { describe, expect, test } from 'vitest';
import type { ModelView } from '../../../core/index.ts';
import { createModelSearch, type Found } from './model-search.ts';

const model = (id: string, more: Partial<ModelView> = {}): ModelView => ({
  id,
  name: id.slice(id.indexOf('/') + 1),
  provider: id.split('/')[0] ?? '',
  providerName: (id.split('/')[0] ?? '').toUpperCase(),
  logical: false,
  usable: true,
  ...more,
});
const models = [
  model('groq/llama-3.3-70b'),
  model('groq/qwen-3'),
  model('mistral/large-llama-like'),
  model('turbo', { logical: true, providerName: 'My models' }),
  model('openai/gpt-9', { usable: false }),
];
const shown = ({ rows }: Found) =>
  rows.map((row) => (row.kind === 'heading' ? `# ${row.text}` : row.model.id));

describe('the model picker', () => {
  const search = createModelSearch(models);

  test('shows favourites, recent ones, own ones, then each provider’s', () => {
    const found = search('', {
      favouriteModels: ['groq/qwen-3'],
      recentModels: ['groq/qwen-3', 'turbo'],
    });
    expect(shown(found)).toEqual([
      '# Favourites',
      'groq/qwen-3',
      '# Recent',
      'turbo',
      '# My models',
      'turbo',
      '# GROQ',
      'groq/llama-3.3-70b',
      'groq/qwen-3',
      '# MISTRAL',
      'mistral/large-llama-like',
    ]);
  });

  test('counts what needs a key instead of showing it', () => {
    expect(search('gpt', {})).toEqual({ rows: [], withoutKey: 1, unreachable: 0 });
  });

  test('counts what a web page cannot reach', () => {
    const inPage = createModelSearch(models, new Set(['mistral']));
    expect(inPage('llama', {})).toMatchObject({ unreachable: 1 });
    expect(shown(inPage('llama', {}))).toEqual(['# Models', 'groq/llama-3.3-70b']);
  });

  test('finds by fragments in any order, the beginning of a name first', () => {
    expect(shown(search('llama', {}))).toEqual([
      '# Models',
      'groq/llama-3.3-70b',
      'mistral/large-llama-like',
    ]);
    expect(shown(search('70b groq', {}))).toEqual(['# Models', 'groq/llama-3.3-70b']);
    expect(shown(search('zzz', {}))).toEqual([]);
  });

  test('hides what the person hid, but not from a search', () => {
    expect(shown(search('', { hiddenModels: ['groq/qwen-3'] }))).not.toContain('groq/qwen-3');
    expect(shown(search('qwen', { hiddenModels: ['groq/qwen-3'] }))).toContain('groq/qwen-3');
  });

  test('filters 500 models, and prints what it takes (aim: 16 ms)', () => {
    const many = Array.from({ length: 500 }, (_, i) =>
      model(`provider-${i % 9}/model-${i}-instruct-fp8`),
    );
    const fast = createModelSearch(many);
    fast('warm', {});
    const started = performance.now();
    for (let i = 0; i < 20; i += 1)
      fast(`model ${i}`, { favouriteModels: ['provider-1/model-1-instruct-fp8'] });
    const each = (performance.now() - started) / 20;
    console.info(`filter of 500 models: ${each.toFixed(2)} ms`);
    expect(shown(fast('model-499', {}))).toContain('provider-4/model-499-instruct-fp8');
  });
});
