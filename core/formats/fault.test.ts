import { describe, expect, it } from 'vitest';
import { readFault, waitIn } from './fault.ts';

const NOW = Date.UTC(2026, 10, 21, 4);
const DAY = 86_400_000;
const GOOGLE = {
  error: { code: 429, message: 'Quota.', details: [{ '@type': 'x.RetryInfo', retryDelay: '17s' }] },
};

describe('how long to wait', () => {
  const rows: [string, Record<string, string>, unknown, number | undefined][] = [
    ['retry-after in seconds', { 'retry-after': '7' }, {}, 7000],
    ['retry-after in days', { 'retry-after': '604800' }, {}, 7 * DAY],
    [
      'retry-after as a date',
      { 'retry-after': new Date(NOW + 3 * DAY).toUTCString() },
      {},
      3 * DAY,
    ],
    ['retry-after-ms before it', { 'retry-after-ms': '250', 'retry-after': '1' }, {}, 250],
    ['a duration of OpenAI', { 'x-ratelimit-reset-tokens': '6m0s' }, {}, 360_000],
    ['milliseconds', { 'x-ratelimit-reset-requests': '12ms' }, {}, 12],
    [
      'the limit that is used up, not the other',
      {
        'x-ratelimit-remaining-requests': '10',
        'x-ratelimit-reset-requests': '24h0m0s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '7.66s',
      },
      {},
      7660,
    ],
    [
      'nothing where no limit is used up',
      { 'x-ratelimit-remaining-requests': '10', 'x-ratelimit-reset-requests': '24h' },
      {},
      undefined,
    ],
    [
      'a date of Anthropic',
      {
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2026-11-21T04:01:00Z',
      },
      {},
      60_000,
    ],
    ['seconds since the epoch', { 'x-ratelimit-reset': String(NOW / 1000 + 5) }, {}, 5000],
    ['milliseconds since the epoch', { 'x-ratelimit-reset': String(NOW + 5000) }, {}, 5000],
    ['Google’s retryDelay', {}, GOOGLE, 17_000],
    ['words', {}, { error: { message: 'Please try again in 5.289s. See' } }, 5289],
    ['words of hours', {}, { error: { message: 'Try again in 1h2m3s' } }, 3_723_000],
    ['words of days', {}, { error: { message: 'Please retry after 2 days' } }, 2 * DAY],
    [
      'a date in words',
      {},
      { error: { message: 'Your limit resets at 2026-11-25T04:00:00Z.' } },
      4 * DAY,
    ],
    ['nothing', {}, { error: { message: 'Slow down.' } }, undefined],
  ];
  it.each(rows)('is read from %s', (_name, headers, body, expected) => {
    const all = new Headers({ date: new Date(NOW).toUTCString(), ...headers });
    expect(readFault(429, all, body).retryAfterMs).toBe(expected);
  });

  it('is read from the words of a fault in a stream', () => {
    expect(waitIn('Rate limit reached. Please try again in 1m30s.')).toBe(90_000);
  });
});
