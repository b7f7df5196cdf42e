import { describe, expect, it } from 'vitest';
import { bytes, compact, count, usd } from './numbers.ts';
import { ago, lasting } from './time.ts';

const at = (text: string) => new Date(text).getTime();

describe('times in words', () => {
  const now = at('2026-11-20T15:00:00');
  it.each([
    ['2026-11-20T14:59:30', 'just now'],
    ['2026-11-20T14:55:00', '5 min ago'],
    ['2026-11-20T12:00:00', '3 h ago'],
    ['2026-11-20T01:00:00', 'today'],
    ['2026-11-19T23:50:00', 'yesterday'],
    ['2026-11-12T10:00:00', 'on 12 Nov'],
    ['2025-11-12T10:00:00', 'on 12 Nov 2025'],
  ])('%s is %s', (then, words) => {
    expect(ago(at(then), now)).toBe(words);
  });

  it('names how long something takes', () => {
    expect(lasting(4_230)).toBe('4.2 s');
    expect(lasting(72_900)).toBe('1 min 12 s');
  });
});

describe('numbers in words', () => {
  it('shortens large ones', () => {
    expect([812, 8_234, 131_072, 1_260_000].map(compact)).toEqual(['812', '8.2k', '131k', '1.3M']);
  });

  it('never shows a small sum as nothing', () => {
    expect([0, 0.0004, 0.613, 12].map(usd)).toEqual(['$0.00', '< $0.01', '$0.61', '$12.00']);
  });

  it('counts', () => {
    expect([count(1, 'key'), count(1_200, 'model')]).toEqual(['1 key', '1,200 models']);
  });

  it('names sizes', () => {
    expect([512, 12_400, 3_400_000].map(bytes)).toEqual(['512 B', '12 kB', '3.4 MB']);
  });
});
