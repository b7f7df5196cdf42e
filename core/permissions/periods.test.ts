import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endOf, PERIODS, startOf } from './periods.ts';

const zone = process.env.TZ;
beforeAll(() => void (process.env.TZ = 'Europe/Berlin'));
afterAll(() => void (process.env.TZ = zone));

const show = (time: number) => {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
};

describe('the period of a time, in Berlin', () => {
  test.each([
    // Friday, and the Sunday and Monday of its week.
    ['2026-11-20T13:14', 'day', '2026-11-20 00:00', '2026-11-21 00:00'],
    ['2026-11-20T13:14', 'week', '2026-11-16 00:00', '2026-11-23 00:00'],
    ['2026-11-22T23:59', 'week', '2026-11-16 00:00', '2026-11-23 00:00'],
    ['2026-11-23T00:00', 'week', '2026-11-23 00:00', '2026-11-30 00:00'],
    ['2026-12-31T23:59', 'month', '2026-12-01 00:00', '2027-01-01 00:00'],
    ['2028-02-29T12:00', 'month', '2028-02-01 00:00', '2028-03-01 00:00'],
    // The clock goes forward, and back.
    ['2026-03-29T12:00', 'day', '2026-03-29 00:00', '2026-03-30 00:00'],
    ['2026-10-25T12:00', 'day', '2026-10-25 00:00', '2026-10-26 00:00'],
    ['2026-10-25T12:00', 'week', '2026-10-19 00:00', '2026-10-26 00:00'],
  ] as const)('%s: its %s is from %s to %s', (time, period, from, to) => {
    const at = new Date(time).getTime();
    expect(show(startOf(period, at))).toBe(from);
    expect(show(endOf(period, at))).toBe(to);
  });

  test('day of 23 hours and of 25', () => {
    const hours = (day: string) => {
      const at = new Date(`${day}T12:00`).getTime();
      return (endOf('day', at) - startOf('day', at)) / 3_600_000;
    };
    expect(['2026-03-29', '2026-10-25', '2026-11-20'].map(hours)).toEqual([23, 25, 24]);
  });

  test('its end begins the next one', () => {
    for (const period of PERIODS)
      for (let hour = 0; hour < 24 * 400; hour += 7) {
        const end = endOf(period, Date.UTC(2026, 0, 1) + hour * 3_600_000);
        expect(startOf(period, end)).toBe(end);
        expect(startOf(period, end - 1)).toBeLessThan(end);
      }
  });
});
