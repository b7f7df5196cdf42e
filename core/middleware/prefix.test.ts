import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CATALOG } from '../providers/catalog.ts';
import { mergeProviders } from '../providers/merge.ts';
import { splitModel } from './prefix.ts';

const { byName } = mergeProviders(CATALOG, [
  { id: 'my-box', baseUrl: 'https://box.example/v1' },
  { id: 'my.box', baseUrl: 'https://box.example/v1' },
]);
const nothing = { byName, lists: () => false };
const split = (model: string, lists: Record<string, readonly string[]> = {}) => {
  const found = splitModel(model, {
    byName,
    lists: (provider, id) => lists[provider.id]?.includes(id) ?? false,
  });
  return found && [found.provider.id, found.model];
};

describe('splitModel', () => {
  it.each([
    ['groq/llama-3.3-70b', 'groq', 'llama-3.3-70b'],
    ['GROQ/Llama-3.3-70B', 'groq', 'Llama-3.3-70B'],
    ['grok/grok-4', 'xai', 'grok-4'],
    ['openrouter/meta-llama/llama-3.3-70b:free', 'openrouter', 'meta-llama/llama-3.3-70b:free'],
    ['fireworks/accounts/fireworks/models/kimi', 'fireworks', 'accounts/fireworks/models/kimi'],
    ['my-box/m1', 'my-box', 'm1'],
    ['my.box/a/b/c', 'my.box', 'a/b/c'],
    ['llama.cpp/x', 'llama.cpp', 'x'],
    ['workers-ai/@cf/meta/llama', 'workers-ai', '@cf/meta/llama'],
    ['huggingface/openai/gpt-oss-120b', 'huggingface', 'openai/gpt-oss-120b'],
    ['nvidia/meta/llama-3.3-70b-instruct', 'nvidia', 'meta/llama-3.3-70b-instruct'],
    ['groq/', 'groq', ''],
    ['groq/auto', 'groq', 'auto'],
    ['openrouter/default', 'openrouter', 'default'],
    // whole ids that only look prefixed
    ['groq/compound', 'groq', 'groq/compound'],
    ['groq/compound-mini', 'groq', 'groq/compound-mini'],
    ['nvidia/nemotron-3-super-120b-a12b', 'nvidia', 'nvidia/nemotron-3-super-120b-a12b'],
    ['openrouter/free', 'openrouter', 'openrouter/free'],
  ])('%s is %s and %s', (model, provider, rest) => {
    expect(split(model)).toEqual([provider, rest]);
  });

  it.each([
    'llama-3.3-70b',
    'accounts/fireworks/models/kimi',
    'meta-llama/Llama-3.3-70B-Instruct-Turbo',
    '@cf/meta/llama',
    'moonshotai/Kimi-K2.6',
    'google/gemma-4',
    '/groq/x',
    'groq',
    'groq:llama',
    'groqq/llama',
    '',
    '/',
    '//',
  ])('%j has no prefix', (model) => {
    expect(split(model)).toBeUndefined();
  });

  it('believes the provider’s own list about what is a whole id', () => {
    expect(split('deepseek/deepseek-v9', { deepseek: ['deepseek/deepseek-v9'] })).toEqual([
      'deepseek',
      'deepseek/deepseek-v9',
    ]);
    expect(split('nvidia/nemo', { nvidia: ['nemo'] })).toEqual(['nvidia', 'nemo']);
  });

  it('loses nothing of a prefixed id, whatever the model is called', () => {
    const plain = [...byName].filter(([, { provider }]) => !provider.quirks?.idsHaveOwner);
    fc.assert(
      fc.property(
        fc.constantFrom(...plain),
        fc.string({ minLength: 1 }),
        ([name, entry], model) => {
          // A provider's name inside of the rest would be a longer prefix of another kind.
          fc.pre(
            !model.includes('/') && !entry.provider.quirks?.wholeIds?.includes(`${name}/${model}`),
          );
          expect(splitModel(`${name}/${model}`, nothing)).toEqual({
            provider: entry.provider,
            model,
          });
        },
      ),
    );
  });
});
