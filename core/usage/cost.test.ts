import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { costOf } from './cost.ts';

const PRICE = { input: 2, output: 8, cacheRead: 0.5, cacheWrite: 2.5 };
const PLAIN = { input: 2, output: 8 };

describe('the cost of a call', () => {
  test.each([
    ['input and output', { input: 1000, output: 500 }, PRICE, 0.002 + 0.004],
    ['what was read from a cache', { input: 1000, output: 0, cachedInput: 400 }, PRICE, 0.0014],
    ['what was written to one', { input: 1000, output: 0, cacheWrite: 400 }, PRICE, 0.0022],
    [
      'a cache that has no price of its own',
      { input: 1000, output: 0, cachedInput: 400 },
      PLAIN,
      0.002,
    ],
    ['the provider’s own word', { input: 1000, output: 500, costUsd: 0.25 }, PRICE, 0.25],
    ['a free model', { input: 1000, output: 500 }, { input: 0, output: 0 }, 0],
  ])('counts %s', (_what, usage, price, usd) => {
    expect(costOf(usage, price)).toBeCloseTo(usd, 12);
  });

  it('is unknown where no price or no count is', () => {
    expect(costOf({ input: 1, output: 1 }, undefined)).toBeUndefined();
    expect(costOf(undefined, PRICE)).toBeUndefined();
  });

  it('is never below nothing, nor above all tokens at the dearest price, whatever a provider counts', () => {
    const tokens = fc.nat({ max: 10_000_000 });
    fc.assert(
      fc.property(tokens, tokens, tokens, tokens, (input, output, cachedInput, cacheWrite) => {
        const cost = costOf({ input, output, cachedInput, cacheWrite }, PRICE)!;
        expect(cost).toBeGreaterThanOrEqual(0);
        expect(cost).toBeLessThanOrEqual((input * 2.5 + output * 8) / 1_000_000 + 1e-9);
      }),
    );
  });
});
