import { describe, expect, it } from 'vitest';
import { addCall, toDay, toSummary, type CallUsage } from './counter.ts';

const EMPTY = {
  id: 'd|o|p|m',
  day: '2026-11-20',
  origin: 'https://app.example',
  provider: 'p',
  model: 'm',
  requests: 0,
  errors: 0,
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  reasoningTokens: 0,
  toolCalls: 0,
};
const CALL: CallUsage = {
  caller: { kind: 'first-party' },
  provider: 'p',
  model: 'm',
  usage: { input: 10, output: 4, cachedInput: 3, reasoning: 2, costUsd: 0.5 },
  toolCalls: 1,
  failed: false,
};

describe('usage', () => {
  it('adds up all that a call used', () => {
    const twice = addCall(addCall(EMPTY, CALL), { ...CALL, failed: true });
    expect(twice).toMatchObject({
      requests: 2,
      errors: 1,
      inputTokens: 20,
      outputTokens: 8,
      cachedTokens: 6,
      reasoningTokens: 4,
      toolCalls: 2,
      usd: 1,
    });
  });

  it('invents no price where none is known', () => {
    expect(addCall(EMPTY, { ...CALL, usage: undefined })).not.toHaveProperty('usd');
  });

  it('takes the day of the person’s own clock', () => {
    expect(toDay(new Date(2026, 0, 5, 23, 59).getTime())).toBe('2026-01-05');
    expect(toDay(new Date(2026, 0, 6, 0, 1).getTime())).toBe('2026-01-06');
  });

  it('is summed by site, the busiest first', () => {
    const one = addCall(EMPTY, CALL);
    const other = { ...addCall(addCall(EMPTY, CALL), CALL), origin: 'https://b.example' };
    const summary = toSummary('2026-11-20', [one, { ...one, model: 'n' }, other, other]);
    expect(summary).toMatchObject({ requests: 6, inputTokens: 60, usd: 3 });
    expect(summary.bySite.map(({ origin, requests }) => [origin, requests])).toEqual([
      ['https://b.example', 4],
      ['https://app.example', 2],
    ]);
  });
});
