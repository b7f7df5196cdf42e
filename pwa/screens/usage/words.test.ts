import { describe, expect, it, test } from 'vitest';
import type { UsageRecord } from '../../../core/index.ts';
import { toCsv } from './csv.ts';
import type { Total } from './totals.ts';
import { axisWords, costWords, priceWords, troubleWords } from './words.ts';

const TOTAL: Total = {
  ...{ requests: 5, errors: 0, attempts: 5, failedAttempts: 0 },
  ...{ input: 10, output: 5, cached: 0, partial: false, estimated: false },
};

describe('the words of usage', () => {
  test.each([
    [{ ...TOTAL }, '—'],
    [{ ...TOTAL, usd: 0 }, '$0.00'],
    [{ ...TOTAL, usd: 0.613 }, '$0.61'],
    [{ ...TOTAL, usd: 0.613, partial: true }, '$0.61+'],
  ])('%j costs %s', (total, words) => expect(costWords(total)).toBe(words));

  test.each([
    [{ ...TOTAL }, undefined],
    [{ ...TOTAL, errors: 2, failedAttempts: 2 }, '2 failed'],
    [{ ...TOTAL, attempts: 7, failedAttempts: 2 }, '2 of 7 tries failed'],
    [{ ...TOTAL, requests: 0, attempts: 1, failedAttempts: 1 }, '1 of 1 try failed'],
  ])('%j has the trouble %s', (total, words) => expect(troubleWords(total)).toBe(words));

  it('dates a price, and tells free from unknown', () => {
    const price = { input: 2.5, output: 10 };
    expect(priceWords({ price, priceDate: '2026-07-02' })).toBe(
      '$2.50 in, $10.00 out a million tokens, 2 Jul 2026',
    );
    expect(priceWords({ price: { input: 0, output: 0 } })).toBe('free');
    expect(priceWords({})).toBe('price unknown');
  });

  it('names small costs of the axis as they are', () => {
    expect([0, 0.0005, 0.5].map((value) => axisWords(value, 'usd'))).toEqual([
      '$0.00',
      '$0.0005',
      '$0.50',
    ]);
  });
});

describe('the file', () => {
  const row: UsageRecord = {
    id: '1',
    day: '2026-11-20',
    origin: 'https://a.example',
    provider: 'groq',
    model: 'say "hi", you',
    key: 'k1',
    requests: 2,
    errors: 0,
    inputTokens: 10,
    outputTokens: 3,
    cachedTokens: 0,
    reasoningTokens: 0,
    toolCalls: 0,
    usd: 0.25,
  };

  it('quotes what holds commas and quotes, and leaves unknown numbers empty', () => {
    const [head, line] = toCsv([row], () => 'main').split('\r\n');
    expect(head).toMatch(/^day,site,provider,model,key,requests,.*,usd$/);
    expect(line).toBe(
      '2026-11-20,https://a.example,groq,"say ""hi"", you",main,2,0,,,10,3,0,0,0,,,0.25',
    );
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1'])(
    'gives a spreadsheet no formula: %j',
    (model) => {
      const line = toCsv([{ ...row, model }]).split('\r\n')[1]!;
      expect(line.split(',')[3]).toMatch(/^"?'/);
    },
  );
});
