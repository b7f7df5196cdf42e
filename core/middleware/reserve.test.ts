import { expect, test } from 'vitest';
import type { Need } from '../permissions/budget.ts';
import type { SiteRecord } from '../storage/records.ts';
import { providerAt } from '../testing/parts.ts';
import { createReserve } from './reserve.ts';

const KEY = 'https://app.example';
const PRICES: Record<string, { input: number; output: number; cacheWrite?: number }> = {
  cheap: { input: 1, output: 2 },
  dear: { input: 3, output: 10, cacheWrite: 4 },
};
const target = (model: string) => ({ provider: providerAt('https://box.example'), model });

/** What is held for a call to these models, under these limits. */
async function reserved(limits: SiteRecord['limits'], models: string[]) {
  const needs: Need[] = [];
  const reserve = createReserve(
    {
      async reserve(_key, _site, need) {
        needs.push(need);
        return { persist: async () => {}, release: () => {} };
      },
    },
    async (_provider, model) => PRICES[model],
  );
  const site: SiteRecord = {
    origin: KEY,
    decision: 'allow',
    scopes: ['chat'],
    models: ['*'],
    ...(limits && { limits }),
  };
  const { targets } = await reserve({ models: ['*'], site, key: KEY }, models.map(target), () => ({
    input: 100,
    output: { answers: 1 },
  }));
  return { models: targets.map(({ model }) => model), need: needs[0] };
}

test('a site without limits holds nothing', async () => {
  expect(await reserved(undefined, ['cheap', 'new'])).toEqual({
    models: ['cheap', 'new'],
    need: undefined,
  });
});

test('the dearest of the routes is what is held, with what its cache takes', async () => {
  const { need } = await reserved({ usdPerDay: 1 }, ['cheap', 'dear']);
  expect(need).toMatchObject({ input: 100, price: { input: 4, output: 10 } });
});

test('money leaves out routes of unknown price, unless there is no other', async () => {
  expect((await reserved({ usdPerWeek: 1 }, ['new', 'cheap'])).models).toEqual(['cheap']);
  const none = await reserved({ usdPerMonth: 1 }, ['new']);
  expect(none.models).toEqual(['new']);
  expect(none.need?.price).toBeUndefined();
});

test('tokens leave out none', async () => {
  const { models, need } = await reserved({ tokensPerDay: 1 }, ['new', 'cheap']);
  expect(models).toEqual(['new', 'cheap']);
  expect(need?.price).toBeUndefined();
});
