import { describe, expect, it } from 'vitest';
import type { Caller } from '../ports.ts';
import { createTestPorts } from '../testing/ports.ts';
import { createUsageCounter, type CallUsage } from './counter.ts';

const SITE: Caller = {
  kind: 'site',
  origin: 'https://app.example',
  topOrigin: 'https://app.example',
};
const ASKED = { provider: 'p', model: 'm', failed: false, usage: { input: 3, output: 2 } };
const CALL: CallUsage = { caller: SITE, attempts: [ASKED], toolCalls: 0, failed: false };
/** A dollar a token. */
const PRICE = { input: 1e6, output: 1e6 };
const priceOf = (_provider: string, model: string) =>
  Promise.resolve(model === 'unpriced' ? undefined : PRICE);

function setUp() {
  const ports = createTestPorts();
  return { ports, counter: createUsageCounter(ports, priceOf) };
}

describe('the counter', () => {
  it('counts 200 calls that end at once, also over two workers', async () => {
    const { ports, counter } = setUp();
    const counters = [counter, createUsageCounter(ports, priceOf)];
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        counters[index % 2]!.record({
          ...CALL,
          caller: index % 4 === 0 ? { kind: 'first-party' } : SITE,
          attempts: [{ ...ASKED, keyId: `key-${index % 5}` }],
        }),
      ),
    );
    const today = await counter.today();
    expect(today).toMatchObject({ requests: 200, inputTokens: 600, outputTokens: 400, usd: 1000 });
    expect(today.bySite).toEqual([
      { origin: 'https://app.example', requests: 150, inputTokens: 450, outputTokens: 300 },
      { origin: 'gatehouse', requests: 50, inputTokens: 150, outputTokens: 100 },
    ]);
    const rows = await counter.between(today.day, today.day);
    const byKey = Map.groupBy(rows, ({ key }) => key);
    expect(
      [...byKey].map(([key, of]) => [key, of.reduce((sum, row) => sum + row.requests, 0)]).sort(),
    ).toEqual(['key-0', 'key-1', 'key-2', 'key-3', 'key-4'].map((key) => [key, 40]));
  });

  it('counts a call once, and each try of it where it was made', async () => {
    const { counter } = setUp();
    await counter.record({
      ...CALL,
      attempts: [
        { provider: 'p', model: 'm', keyId: 'dead', failed: true },
        { ...ASKED, keyId: 'dead', failed: true },
        { ...ASKED, provider: 'q', keyId: 'live' },
      ],
    });
    const { day } = await counter.today();
    const rows = await counter.between(day, day);
    expect(
      rows.map(({ provider, key, requests, attempts, failedAttempts, inputTokens, usd }) => [
        ...[provider, key, requests, attempts, failedAttempts, inputTokens, usd],
      ]),
    ).toEqual([
      ['p', 'dead', 0, 2, 2, 3, 5],
      ['q', 'live', 1, 1, 0, 3, 5],
    ]);
  });

  it('adds to what an older version stored, and goes on showing it', async () => {
    const { ports, counter } = setUp();
    const { day } = await counter.today();
    const old = {
      id: `${day}|https://app.example|p|m`,
      ...{ day, origin: 'https://app.example', provider: 'p', model: 'm', requests: 7, errors: 1 },
      ...{ inputTokens: 70, outputTokens: 7, cachedTokens: 0, reasoningTokens: 0, toolCalls: 0 },
    };
    await (await ports.openDatabase()).put('usage', old);
    await counter.record(CALL);
    expect(await counter.between(day, day)).toMatchObject([{ requests: 8, inputTokens: 73 }]);
  });

  it('answers for the days that are asked for, the first and the last included', async () => {
    const { ports, counter } = setUp();
    const start = ports.clock.now;
    for (const ago of [0, 1, 2, 3]) {
      ports.clock.now = start - ago * 86_400_000;
      await counter.record(CALL);
    }
    const days = async (from: string, to: string) =>
      (await counter.between(from, to)).map(({ day }) => day);
    expect(await days('2026-11-18', '2026-11-19')).toEqual(['2026-11-18', '2026-11-19']);
    expect(await days('2026-11-20', '2026-11-20')).toEqual(['2026-11-20']);
  });

  it('has no price for a model that nobody prices', async () => {
    const { counter } = setUp();
    await counter.record({ ...CALL, attempts: [{ ...ASKED, model: 'unpriced' }] });
    const [row] = await counter.ever(SITE.origin);
    expect(row).not.toHaveProperty('usd');
    expect(row).toMatchObject({ inputTokens: 3, unpriced: 1 });
  });

  it('keeps the origins apart', async () => {
    const { counter } = setUp();
    await counter.record(CALL);
    await counter.record({ ...CALL, caller: { kind: 'first-party' } });
    expect((await counter.ever(SITE.origin)).map(({ origin }) => origin)).toEqual([SITE.origin]);
    expect(await counter.ever()).toHaveLength(2);
  });

  it('dates the last use of a site that has a grant, and makes no grant of its own', async () => {
    const { ports, counter } = setUp();
    const database = await ports.openDatabase();
    const site = { origin: 'https://app.example', decision: 'allow' as const };
    await database.put('sites', { ...site, scopes: ['chat'], models: ['*'] }, site.origin);
    await counter.record(CALL);
    await counter.record({ ...CALL, caller: { ...SITE, origin: 'https://frame.example' } });
    expect(await database.getAll('sites')).toMatchObject([{ lastUsedAt: ports.clock.now }]);
  });
});
