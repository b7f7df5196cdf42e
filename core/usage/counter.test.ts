import { describe, expect, it } from 'vitest';
import {
  addAttempt,
  addCall,
  toDay,
  toSummary,
  type AttemptUsage,
  type CallUsage,
} from './counter.ts';

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
const ATTEMPT = {
  provider: 'p',
  model: 'm',
  usage: { input: 10, output: 4, cachedInput: 3, reasoning: 2 },
  failed: false,
  usd: 0.5,
} satisfies AttemptUsage & { usd: number };
const CALL: CallUsage = {
  caller: { kind: 'first-party' },
  attempts: [ATTEMPT],
  toolCalls: 1,
  failed: false,
};
const one = addCall(addAttempt(EMPTY, ATTEMPT), CALL);

describe('usage', () => {
  it('adds up all that calls and their attempts used', () => {
    const lost = { ...ATTEMPT, failed: true, usage: undefined, usd: undefined };
    const twice = addCall(addAttempt(addAttempt(one, lost), ATTEMPT), { ...CALL, failed: true });
    expect(twice).toMatchObject({
      requests: 2,
      errors: 1,
      attempts: 3,
      failedAttempts: 1,
      inputTokens: 20,
      outputTokens: 8,
      cachedTokens: 6,
      reasoningTokens: 4,
      toolCalls: 2,
      unpriced: 0,
      usd: 1,
    });
  });

  it('invents no price where none is known, and says so', () => {
    const unpriced = addAttempt(EMPTY, { ...ATTEMPT, usd: undefined });
    expect(unpriced).not.toHaveProperty('usd');
    expect(unpriced.unpriced).toBe(1);
  });

  it('tells what is a guess', () => {
    expect(addAttempt(one, { ...ATTEMPT, estimated: true }).estimated).toBe(1);
  });

  it('goes on with a record of before attempts were counted', () => {
    const old = { ...EMPTY, requests: 5, errors: 2 };
    expect(addAttempt(old, ATTEMPT)).toMatchObject({ attempts: 6, failedAttempts: 2 });
  });

  it('tells questions with one system message from those with more', () => {
    const add = (systemMessages: number) => addCall(EMPTY, { ...CALL, systemMessages });
    expect([0, 1, 2, 3].map(add).map(({ queries, inferences }) => [queries, inferences])).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
  });

  it('takes the day of the person’s own clock', () => {
    expect(toDay(new Date(2026, 0, 5, 23, 59).getTime())).toBe('2026-01-05');
    expect(toDay(new Date(2026, 0, 6, 0, 1).getTime())).toBe('2026-01-06');
  });

  it('is summed by site, the busiest first', () => {
    const other = { ...addCall(addAttempt(one, ATTEMPT), CALL), origin: 'https://b.example' };
    const summary = toSummary('2026-11-20', [one, { ...one, model: 'n' }, other, other]);
    expect(summary).toMatchObject({ requests: 6, inputTokens: 60, usd: 3 });
    expect(summary.bySite.map(({ origin, requests }) => [origin, requests])).toEqual([
      ['https://b.example', 4],
      ['https://app.example', 2],
    ]);
  });
});
