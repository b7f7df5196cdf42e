import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UsageRecord } from '../../../core/index.ts';
import { daysUntil, groupBy, niceTop, OTHERS, stackByDay, totalOf } from './totals.ts';

const record = (change: Partial<UsageRecord> = {}): UsageRecord => ({
  id: '',
  day: '2026-11-20',
  origin: 'https://a.example',
  provider: 'groq',
  model: 'm',
  requests: 1,
  errors: 0,
  inputTokens: 10,
  outputTokens: 2,
  cachedTokens: 0,
  reasoningTokens: 0,
  toolCalls: 0,
  ...change,
});

describe('a total', () => {
  it('has no cost where no price is known, and is partial where some is not', () => {
    const known = record({ usd: 0.5, unpriced: 0 });
    expect(totalOf([record()])).not.toHaveProperty('usd');
    expect(totalOf([known, record({ unpriced: 1 })])).toMatchObject({ usd: 0.5, partial: true });
    expect(totalOf([known])).toMatchObject({ usd: 0.5, partial: false });
  });

  it('takes each call for one try where an older version counted none', () => {
    expect(totalOf([record({ requests: 4, errors: 1 })])).toMatchObject({
      attempts: 4,
      failedAttempts: 1,
    });
  });

  it('of groups is the total of all, however they are grouped', () => {
    const some = fc.record({
      provider: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      day: fc.constantFrom(...daysUntil('2026-11-20', 7)),
      requests: fc.nat(9),
      inputTokens: fc.nat(999),
    });
    fc.assert(
      fc.property(fc.array(some), (changes) => {
        const records = changes.map(record);
        const groups = groupBy(records, ({ provider }) => provider, 'requests');
        const sum = groups.reduce((all, { requests }) => all + requests, 0);
        expect(sum).toBe(totalOf(records).requests);
        const stack = stackByDay(records, daysUntil('2026-11-20', 7), 'tokens');
        const stacked = stack.days.flatMap(({ values }) => values).reduce((a, b) => a + b, 0);
        const { input, output } = totalOf(records);
        expect(stacked).toBe(input + output);
        expect(stack.series.length).toBeLessThanOrEqual(5);
      }),
    );
  });
});

describe('the chart', () => {
  it('gives the four largest a colour and puts the rest together', () => {
    const records = ['a', 'b', 'c', 'd', 'e', 'f'].map((provider, index) =>
      record({ provider, requests: index + 1 }),
    );
    const stack = stackByDay(records, ['2026-11-19', '2026-11-20'], 'requests');
    expect(stack.series).toEqual(['f', 'e', 'd', 'c', OTHERS]);
    expect(stack.days).toEqual([
      { day: '2026-11-19', values: [0, 0, 0, 0, 0] },
      { day: '2026-11-20', values: [6, 5, 4, 3, 3] },
    ]);
    expect(stack.most).toBe(21);
  });

  it('ends its axis at a round number that is not below', () => {
    expect([0, 0.0003, 0.7, 1, 1.1, 21, 4_999, 5_001].map(niceTop)).toEqual([
      1, 0.0005, 1, 1, 2, 50, 5_000, 10_000,
    ]);
  });

  it('has each day once, over months, leap days and changes of the clocks', () => {
    expect(daysUntil('2024-03-01', 3)).toEqual(['2024-02-28', '2024-02-29', '2024-03-01']);
    expect(daysUntil('2026-01-01', 2)).toEqual(['2025-12-31', '2026-01-01']);
    expect(new Set(daysUntil('2026-11-20', 400)).size).toBe(400);
  });
});
