import { expect, it } from 'vitest';
import type { ModelView } from '../../../core/index.ts';
import { filterModels, groupByProvider } from './model-list.ts';

const model = (id: string, change: Partial<ModelView> = {}): ModelView => ({
  id,
  name: id,
  provider: id.split('/')[0]!,
  providerName: id.split('/')[0]!.toUpperCase(),
  logical: false,
  usable: true,
  ...change,
});
const models = [
  model('groq/llama-3.3-70b-versatile'),
  model('openrouter/meta-llama/llama-3.3-70b:free'),
  model('groq/qwen-3'),
  model('turbo', { logical: true, provider: '', providerName: '' }),
];

it('finds by fragments in any order', () => {
  expect(filterModels(models, '70B groq').map(({ id }) => id)).toEqual([
    'groq/llama-3.3-70b-versatile',
  ]);
  expect(filterModels(models, ' ')).toHaveLength(4);
});

it('groups by provider, with the models of your own first', () => {
  expect(groupByProvider(models).map(({ name, models }) => [name, models.length])).toEqual([
    ['Your own', 1],
    ['GROQ', 2],
    ['OPENROUTER', 1],
  ]);
});
