import { describe, expect, it } from 'vitest';
import { CATALOG } from '../providers/catalog.ts';
import type { CatalogModel } from '../storage/records.ts';
import { toListed, toLogical } from './listed-model.ts';

const row = (id: string) => CATALOG.find((one) => one.id === id)!;
const parts = (...listed: CatalogModel[]) => ({
  registry: {
    list: async () => [],
    find: async (id: string) => CATALOG.find((one) => one.id === id.toLowerCase()),
    all: () => Promise.reject(new Error('not asked here')),
  },
  catalogue: {
    list: async () => ({ models: [], failed: [] }),
    cached: async () => listed,
    isKnown: async () => true,
    refresh: async () => {},
    learn: async () => {},
  },
});
const logical = (change = {}, route = {}) => ({
  id: 'turbo',
  routes: [{ provider: 'openai', model: 'gpt-4.1', ...route }],
  ...change,
});

describe('the window that /v1/models tells (E5)', () => {
  it('is said under three names, with the longest answer beside it', () => {
    expect(toListed(row('openai'), { id: 'gpt-4.1' }, {})).toEqual({
      id: 'openai/gpt-4.1',
      object: 'model',
      created: 0,
      owned_by: 'openai',
      context_window: 1047576,
      context_length: 1047576,
      limit: { context: 1047576, output: 32768 },
    });
  });

  it('of a provider’s model is what it lists, our row, the setting, 128,000', () => {
    const window = (model: CatalogModel, settings = {}) =>
      toListed(row('openai'), model, settings).context_window;
    const setting = { defaultContextWindow: 7 };
    expect(window({ id: 'gpt-4.1', contextWindow: 5 }, setting)).toBe(5);
    expect(window({ id: 'gpt-4.1' }, setting)).toBe(1047576);
    expect(window({ id: 'new' }, setting)).toBe(7);
    expect(window({ id: 'new' })).toBe(128_000);
  });

  it('of a logical model is that of its first route, what the person wrote, the setting, 128,000', async () => {
    const window = async (
      model: ReturnType<typeof logical>,
      listed: CatalogModel[] = [],
      settings = {},
    ) => (await toLogical(model, parts(...listed), settings)).context_window;
    const wrote = { contextWindow: 4 };
    expect(
      await window(logical(wrote, { contextWindow: 3 }), [{ id: 'gpt-4.1', contextWindow: 1 }]),
    ).toBe(1);
    expect(await window(logical(wrote, { contextWindow: 3 }))).toBe(1047576);
    const unknown = { model: 'x' };
    expect(await window(logical(wrote, { ...unknown, contextWindow: 3 }))).toBe(3);
    expect(await window(logical(wrote, unknown))).toBe(4);
    expect(await window(logical({}, unknown), [], { defaultContextWindow: 5 })).toBe(5);
    expect(await window(logical({}, { provider: 'gone', model: 'x' }))).toBe(128_000);
  });
});
