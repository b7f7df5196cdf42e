import { describe, expect, it, test } from 'vitest';
import type { LogicalModelRecord } from '../../../core/index.ts';
import { fallbackChoices, fromDraft, moved, newRoute, toDraft, type Draft } from './draft.ts';

const PROVIDERS = ['groq', 'openrouter'];
const FULL: LogicalModelRecord = {
  id: 'turbo',
  routes: [
    {
      ...{ provider: 'groq', model: 'llama', timeoutMs: 2500, contextWindow: 8192 },
      ...{ wire: 'openai-chat', when: { hasImages: false, promptTokensOver: 10 } },
    },
    { provider: 'openrouter', model: 'vendor/model:free' },
  ],
  fallbacks: ['slow'],
  contextWindow: 131_072,
  hedgeAfterMs: 1500,
  continuePartial: true,
  toolEnforcement: { enabled: true, maxRetries: 2 },
};
const SMALL: LogicalModelRecord = { id: 's', routes: [{ provider: 'groq', model: 'm' }] };

describe('a draft', () => {
  it.each([FULL, SMALL])('comes back as the model that it was made of', (model) => {
    expect(fromDraft(toDraft(model), PROVIDERS, model)).toEqual({ model });
  });

  const draft = (change: Partial<Draft>): Draft => ({ ...toDraft(SMALL), ...change });
  test.each<[string, Draft]>([
    ['id', draft({ id: '  ' })],
    ['routes', draft({ routes: [] })],
    ['routes[0].model', draft({ routes: [newRoute('llama')] })],
    ['routes[0].model', draft({ routes: [newRoute('groq/')] })],
    ['routes[0].model', draft({ routes: [newRoute('nobody/llama')] })],
    ['routes[0].timeoutMs', draft({ routes: [{ ...newRoute('groq/m'), timeout: 'soon' }] })],
    [
      'routes[0].when.promptTokensUnder',
      draft({ routes: [{ ...newRoute('groq/m'), over: '9', under: '9' }] }),
    ],
    ['hedgeAfterMs', draft({ hedge: true, hedgeAfter: '' })],
    ['contextWindow', draft({ contextWindow: '-4' })],
  ])('says at %s what is wrong', (path, wrong) => {
    const made = fromDraft(wrong, PROVIDERS);
    expect('errors' in made && Object.keys(made.errors)).toEqual([path]);
  });
});

it('moves one of a list up and down, and loses none', () => {
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  expect(moved(['a', 'b', 'c'], 1, 1)).toEqual(['a', 'b', 'c']);
});

it('knows which of the others lead back', () => {
  const models = [
    { ...SMALL, id: 'a' },
    { ...SMALL, id: 'b', fallbacks: ['a'] },
    { ...SMALL, id: 'c', fallbacks: ['b'] },
    { ...SMALL, id: 'd' },
  ];
  expect(fallbackChoices('a', models)).toEqual([
    { id: 'b', cycle: true },
    { id: 'c', cycle: true },
    { id: 'd', cycle: false },
  ]);
});
