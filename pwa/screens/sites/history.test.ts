import { describe, expect, test } from 'vitest';
import { isUseOf, type SiteView } from '../../../core/index.ts';
import { isForgotten } from './history.ts';

const DAY = 24 * 3_600_000;
const NOW = Date.UTC(2026, 11, 1);
const site = (more: Partial<SiteView> = {}): SiteView => ({
  origin: 'https://notes.example.com',
  decision: 'allow',
  scopes: ['chat'],
  models: ['*'],
  today: { requests: 0, inputTokens: 0, outputTokens: 0 },
  ...more,
});

test.each<[string, string, boolean]>([
  ['https://notes.example.com', 'https://notes.example.com', true],
  ['https://notes.example.com', 'https://notes.example.com:8443', false],
  ['https://notes.example.com', 'http://notes.example.com', false],
  ['https://*.example.com', 'https://notes.example.com', true],
  ['https://*.example.com', 'https://a.b.example.com', true],
  ['https://*.example.com', 'https://example.com', false],
  ['https://*.example.com', 'https://example.com.evil.test', false],
  ['https://*.example.com', 'gatehouse', false],
])('of %s is the use by %s: %s', (origin, user, expected) => {
  expect(isUseOf({ origin }, user)).toBe(expected);
});

describe('a site is forgotten', () => {
  test.each<[string, Partial<SiteView>, boolean]>([
    ['that was used 31 days ago', { lastUsedAt: NOW - 31 * DAY }, true],
    ['that was used 29 days ago', { lastUsedAt: NOW - 29 * DAY }, false],
    ['that was allowed yesterday and never used', { createdAt: NOW - DAY }, false],
    ['that was allowed long ago and never used', { createdAt: NOW - 99 * DAY }, true],
    ['that is refused', { decision: 'deny', lastUsedAt: 1 }, false],
  ])('one %s', (_what, more, expected) => {
    expect(isForgotten(site(more), NOW)).toBe(expected);
  });
});
