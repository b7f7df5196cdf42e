import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SiteRecord } from '../storage/records.ts';
import { createTestPorts, type TestPorts } from '../testing/ports.ts';
import { createBudgets, type Budgets, type Hold, type Need } from './budget.ts';

const KEY = 'https://notes.example.com';
/** A dollar a million tokens, in and out. */
const PRICE = { input: 1, output: 1 };

const siteWith = (limits: SiteRecord['limits']): SiteRecord => ({
  origin: KEY,
  decision: 'allow',
  scopes: ['chat'],
  models: ['*'],
  limits,
});
const needOf = (input: number, named?: number, change: Partial<Need> = {}): Need => ({
  input,
  output: { answers: 1, ...(named !== undefined && { named }) },
  price: PRICE,
  ...change,
});
const tokens = (count: number) => ({ tokens: count, usd: count / 1_000_000 });

function setUp(limits: SiteRecord['limits'], ports: TestPorts = createTestPorts()) {
  const site = siteWith(limits);
  const budgets = createBudgets(ports);
  const reserve = (need: Need) => budgets.reserve(KEY, site, need);
  const add = (count: number) => budgets.add(KEY, site, tokens(count));
  const used = async () => (await budgets.view(KEY, site)).map((budget) => budget.used);
  return { ports, site, budgets, reserve, add, used };
}

/** What was allowed of calls that came at once. */
async function allowedOf(calls: Promise<Hold>[]): Promise<Hold[]> {
  const settled = await Promise.allSettled(calls);
  for (const one of settled)
    if (one.status === 'rejected')
      expect(one.reason).toMatchObject({ code: 'site_budget_exceeded' });
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

describe('a budget under calls that come at once', () => {
  test('500 calls against half a dollar are let through as far as it holds, and no further', async () => {
    const { reserve, add, used } = setUp({ usdPerDay: 0.5 });
    const holds = await allowedOf(Array.from({ length: 500 }, () => reserve(needOf(1_000, 9_000))));
    expect(holds).toHaveLength(50);
    for (const hold of holds) {
      await hold.persist();
      await add(10_000);
      hold.release();
    }
    expect((await used())[0]).toBeCloseTo(0.5, 9);
    await expect(reserve(needOf(1, 1))).rejects.toMatchObject({ status: 429 });
  });

  test('is never exceeded, whatever the calls ask for, use, and how they end; also across deaths', async () => {
    const callOf = fc.record({
      input: fc.integer({ min: 1, max: 400 }),
      named: fc.option(fc.integer({ min: 1, max: 4_000 }), { nil: undefined }),
      /** Which part of what it held it used. */
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      end: fc.constantFrom('settled', 'failed', 'died'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(callOf, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
        async (rounds) => {
          const ports = createTestPorts();
          const limit = 10_000;
          let really = 0;
          for (const calls of rounds) {
            // Each round is another worker: the last one is gone with all that it held.
            const { reserve, budgets, site, used } = setUp({ tokensPerDay: limit }, ports);
            await Promise.all(
              calls.map(async ({ input, named, share, end }) => {
                const hold = await reserve(needOf(input, named)).catch(() => undefined);
                if (hold === undefined) return;
                await hold.persist();
                const most = input + (hold.mostOutput ?? 0);
                const uses = end === 'failed' ? 0 : Math.floor(most * share);
                really += uses;
                if (end === 'died') return;
                if (uses > 0) await budgets.add(KEY, site, tokens(uses));
                hold.release();
              }),
            );
            expect(really).toBeLessThanOrEqual(limit);
            expect((await used())[0]).toBeLessThanOrEqual(limit);
          }
          // What was used is not less in the books than in truth.
          const { used } = setUp({ tokensPerDay: limit }, ports);
          expect((await used())[0]).toBeGreaterThanOrEqual(really);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('what a call holds', () => {
  test('is free again when the call used nothing', async () => {
    const { reserve, used } = setUp({ tokensPerDay: 1_000 });
    for (let count = 0; count < 5; count++) {
      const hold = await reserve(needOf(100, 900));
      await hold.persist();
      hold.release();
      hold.release();
    }
    expect(await used()).toEqual([0]);
  });

  test('is charged in full where the worker died after the call was sent', async () => {
    const { reserve, ports } = setUp({ tokensPerDay: 1_000 });
    await (await reserve(needOf(100, 500))).persist();
    const later = setUp({ tokensPerDay: 1_000 }, ports);
    expect(await later.used()).toEqual([600]);
    await expect(later.reserve(needOf(100, 500))).rejects.toMatchObject({
      code: 'site_budget_exceeded',
    });
    // Once, not at each start.
    await later.add(1);
    expect(await setUp({ tokensPerDay: 1_000 }, ports).used()).toEqual([601]);
  });

  test('is charged nothing where the worker died before', async () => {
    const { reserve, ports } = setUp({ tokensPerDay: 1_000 });
    await reserve(needOf(100, 500));
    expect(await setUp({ tokensPerDay: 1_000 }, ports).used()).toEqual([0]);
  });

  test('makes others wait a little, and what is used until the period ends', async () => {
    const { reserve, add, ports } = setUp({ tokensPerDay: 1_000 });
    ports.clock.now = new Date('2026-11-20T18:00').getTime();
    const hold = await reserve(needOf(100, 500));
    await expect(reserve(needOf(100, 500))).rejects.toMatchObject({
      message: expect.stringContaining('run now'),
      retryAfterMs: 5_000,
    });
    await add(600);
    hold.release();
    await expect(reserve(needOf(100, 500))).rejects.toMatchObject({
      message: expect.stringContaining('400 tokens left of its 1000 tokens for today'),
      retryAfterMs: 6 * 3_600_000,
    });
    await add(400);
    await expect(reserve(needOf(1, 1))).rejects.toMatchObject({
      message: `${KEY} has used its 1000 tokens for today. Resets at 00:00; or raise it under Sites.`,
    });
  });
});

describe('the length of an answer', () => {
  test.each([
    // limits, what the caller named, what the model gives; how long it may be
    [{}, undefined, 8_000, undefined],
    [{}, 500, 8_000, 500],
    [{ maxTokens: 300 }, undefined, 8_000, 300],
    [{ maxTokens: 300 }, 500, 8_000, 300],
    [{ maxTokens: 300 }, 200, 8_000, 200],
    // Half of what the input leaves.
    [{ tokensPerDay: 10_100 }, undefined, 8_000, 5_000],
    [{ tokensPerDay: 10_100 }, 9_000, 8_000, 9_000],
    [{ tokensPerDay: 10_100, maxTokens: 40 }, undefined, 8_000, 40],
    [{ tokensPerDay: 1_000_000 }, undefined, 8_000, 8_000],
    [{ tokensPerDay: 1_000_000 }, undefined, undefined, 16_384],
    [{ usdPerDay: 0.0101 }, undefined, 8_000, 5_000],
    // The least that is worth a call.
    [{ tokensPerDay: 400 }, undefined, 8_000, 256],
  ])('under %j, with %s named: %s -> %s', async (limits, named, most, expected) => {
    const { reserve } = setUp(limits);
    const output = { answers: 1, ...(named && { named }), ...(most && { most }) };
    const { mostOutput } = await reserve(needOf(100, undefined, { output }));
    expect(mostOutput).toBe(expected);
  });

  test('is shared by the answers that are wanted', async () => {
    const { reserve } = setUp({ tokensPerDay: 10_100 });
    const { mostOutput } = await reserve(needOf(100, undefined, { output: { answers: 5 } }));
    expect(mostOutput).toBe(1_000);
  });

  test('is no matter where the answer costs nothing', async () => {
    const { reserve } = setUp({ usdPerDay: 0 });
    const free = { price: { input: 0, output: 0 } };
    expect((await reserve(needOf(100, undefined, free))).mostOutput).toBeUndefined();
  });
});

test('a limit of money refuses what no one knows the price of, a limit of tokens does not', async () => {
  const unknown = needOf(10, 10, { price: undefined });
  await expect(setUp({ usdPerMonth: 5 }).reserve(unknown)).rejects.toMatchObject({
    code: 'scope_denied',
    message: expect.stringContaining('no one knows the price'),
  });
  await expect(setUp({ tokensPerDay: 5_000 }).reserve(unknown)).resolves.toBeDefined();
});

test('so many calls run at once and no more, however they end', async () => {
  const { reserve } = setUp({ concurrentRequests: 3 });
  const holds = await allowedOf(Array.from({ length: 10 }, () => reserve(needOf(1))));
  expect(holds).toHaveLength(3);
  holds[0]!.release();
  expect(await allowedOf(Array.from({ length: 10 }, () => reserve(needOf(1))))).toHaveLength(1);
});

test('each period begins anew by itself', async () => {
  const limits = { tokensPerDay: 100, tokensPerWeek: 1_000, tokensPerMonth: 10_000 };
  const { ports, add, used } = setUp(limits);
  ports.clock.now = new Date('2026-11-20T12:00').getTime(); // a Friday
  await add(100);
  for (const [time, expected] of [
    ['2026-11-20T23:59', [100, 100, 100]],
    ['2026-11-21T00:00', [0, 100, 100]],
    ['2026-11-23T00:00', [0, 0, 100]],
    ['2026-12-01T00:00', [0, 0, 0]],
  ] as const) {
    ports.clock.now = new Date(time).getTime();
    expect(await used(), time).toEqual(expected);
  }
});

test('what is used is kept over a restart, for each site by itself', async () => {
  const { add, ports, site } = setUp({ tokensPerDay: 100 });
  await Promise.all(Array.from({ length: 30 }, () => add(3)));
  const later: Budgets = createBudgets(ports);
  expect(await later.view(KEY, site)).toMatchObject([{ used: 90, limit: 100, period: 'day' }]);
  expect(await later.view('https://other.example', site)).toMatchObject([{ used: 0 }]);
});

test('the person is told once a period that four fifths are used', async () => {
  const { add, ports } = setUp({ tokensPerDay: 100 });
  const told = () => ports.changes.filter(({ topic }) => topic === 'budgets').length;
  await add(79);
  expect(told()).toBe(0);
  await add(1);
  await add(20);
  expect(told()).toBe(1);
  ports.clock.now += 24 * 3_600_000;
  await add(90);
  expect(told()).toBe(2);
});
