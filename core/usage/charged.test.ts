import { expect, test } from 'vitest';
import type { Caller } from '../ports.ts';
import type { SiteRecord } from '../storage/records.ts';
import { chargeSites } from './charged.ts';
import type { AttemptUsage } from './counter.ts';

const ORIGIN = 'https://a.example.com';
const SITE: Caller = { kind: 'site', origin: ORIGIN, topOrigin: ORIGIN };

async function charged(caller: Caller, attempts: AttemptUsage[], site?: SiteRecord) {
  const added: unknown[] = [];
  let counted = 0;
  const counter = chargeSites({
    counter: {
      record: async () => void counted++,
      today: () => Promise.reject(new Error('not in this test')),
      between: () => Promise.reject(new Error('not in this test')),
      ever: () => Promise.reject(new Error('not in this test')),
    },
    budgets: { add: async (key, _site, used) => void added.push([key, used]) },
    permissions: { find: async () => site },
    priceOf: async (_provider, model) =>
      model === 'priced' ? { input: 1_000_000, output: 2_000_000 } : undefined,
  });
  await counter.record({ caller, attempts, toolCalls: 0, failed: false });
  expect(counted).toBe(1);
  return added;
}

const attempt = (model: string, usage?: AttemptUsage['usage']): AttemptUsage => ({
  provider: 'box',
  model,
  failed: usage === undefined,
  ...(usage && { usage }),
});

test('all that a call was asked of is charged: tokens, and money as far as it is known', async () => {
  const attempts = [
    attempt('priced'),
    attempt('priced', { input: 3, output: 1 }),
    attempt('new', { input: 10, output: 10 }),
    attempt('new', { input: 1, output: 1, costUsd: 0.5 }),
  ];
  expect(await charged(SITE, attempts)).toEqual([[ORIGIN, { tokens: 26, usd: 5.5 }]]);
});

test('a page that a pattern covers is charged to the pattern', async () => {
  const pattern = 'https://*.example.com';
  const site: SiteRecord = { origin: pattern, decision: 'allow', scopes: ['chat'], models: ['*'] };
  expect(await charged(SITE, [attempt('new', { input: 1, output: 1 })], site)).toEqual([
    [pattern, { tokens: 2, usd: 0 }],
  ]);
});

test('our own pages and calls that used nothing are charged to no one', async () => {
  const used = [attempt('priced', { input: 1, output: 1 })];
  expect(await charged({ kind: 'first-party' }, used)).toEqual([]);
  expect(await charged(SITE, [attempt('priced')])).toEqual([]);
});
