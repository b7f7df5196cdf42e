import { expect, it } from 'vitest';
import { isSupportedPage, siteStatus } from './site-status.ts';

const origin = 'https://notes.example.com';
const now = new Date('2026-11-20T12:00:00').getTime();
const then = new Date('2026-11-12T12:00:00').getTime();

it('says that a site never asked', () => {
  expect(siteStatus(origin, undefined)).toEqual({
    state: 'unasked',
    sentence: "notes.example.com hasn't asked.",
  });
});

it('says what is allowed and for how long', () => {
  expect(siteStatus(origin, { decision: 'allow' }).sentence).toBe('Allowed.');
  expect(
    siteStatus(origin, { decision: 'allow', session: true, limits: { usdPerDay: 1 } }).sentence,
  ).toBe('Allowed, until you close the browser, up to $1.00 a day.');
});

it('says what its profile allows, and that it has none', () => {
  const site = { decision: 'allow', limits: { usdPerDay: 9 } } as const;
  const held = { id: 'work', name: 'Work', limits: { usdPerDay: 2 } };
  expect(siteStatus(origin, { ...site, held }).sentence).toBe(
    'Allowed, with Work, up to $2.00 a day.',
  );
  expect(siteStatus(origin, { ...site, held: { id: 'w', name: 'W' } }).sentence).toBe(
    'Allowed, with W.',
  );
  expect(siteStatus(origin, { ...site, lacksProfile: true })).toEqual({
    state: 'refused',
    sentence: 'Its profile is not there or can not be read, so it may do nothing.',
  });
});

it('names the rule that covers a page', () => {
  const rule = { origin: 'https://*.example.com' };
  expect(siteStatus(origin, { ...rule, decision: 'allow' }).sentence).toBe(
    'Allowed, as all of *.example.com.',
  );
  expect(siteStatus(origin, { ...rule, decision: 'deny' }).sentence).toBe(
    'You refused all of *.example.com.',
  );
});

it('says when it was refused', () => {
  expect(siteStatus(origin, { decision: 'deny', createdAt: then }, now)).toEqual({
    state: 'refused',
    sentence: 'You refused this site on 12 Nov.',
  });
  expect(siteStatus(origin, { decision: 'deny' }).sentence).toBe('You refused this site.');
});

it.each(['chrome://settings', 'file:///etc/hosts', 'about:blank', 'chrome-extension://abc/x.html'])(
  'does not work on %s',
  (url) => expect(isSupportedPage(url)).toBe(false),
);

it('works on web pages', () => {
  expect(isSupportedPage('http://localhost:4174/x')).toBe(true);
  expect(isSupportedPage(undefined)).toBe(false);
});
