/** Threats 1 and 2: who was never allowed spends nothing, and shows one window at most. */
import type { Page } from '@playwright/test';
import { expect, openaiAt, test } from '../fixtures.ts';

/** Starts calls and does not wait for them: their outcomes are read by `outcomes`. */
async function startCalls(page: Page, count: number): Promise<void> {
  await page.evaluate((many) => {
    const call = async () => {
      const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'openai/m1', messages: [{ role: 'user', content: 'Hi' }] }),
      });
      const body = await response.json();
      return `${response.status} ${body.error?.code ?? 'answered'}`;
    };
    Object.assign(globalThis, { calls: Array.from({ length: many }, call) });
  }, count);
}

const outcomes = (page: Page): Promise<string[]> =>
  page.evaluate(() => Promise.all((globalThis as unknown as { calls: Promise<string>[] }).calls));

const count = (all: string[]) =>
  Object.fromEntries(
    [...new Set(all)].sort().map((one) => [one, all.filter((other) => other === one).length]),
  );

test('100 calls of a site never allowed: one window, no upstream byte', async ({
  gatehouse,
  configure,
  consent,
  site,
  page,
  upstream,
}) => {
  await configure(openaiAt(upstream));
  const app = await site();
  await page.goto(app.url);
  const opened: string[] = [];
  gatehouse.context.on('page', (opening) => opened.push(opening.url()));
  await startCalls(page, 100);
  await expect.poll(() => gatehouse.consentWindows().length).toBe(1);
  await page.waitForTimeout(1500);
  expect(gatehouse.consentWindows()).toHaveLength(1);
  expect(upstream.received).toEqual([]);

  await consent('deny');
  expect(count(await outcomes(page))).toEqual({
    '403 user_rejected': 32,
    '409 consent_pending': 68,
  });
  expect(opened).toHaveLength(1);
  expect(upstream.received.concat(upstream.preflights)).toEqual([]);
  test.info().annotations.push({ type: 'figure', description: '100 calls, 1 window, 0 upstream' });
});

test('200 calls of 20 sites: one window in all, the rest are refused', async ({
  gatehouse,
  configure,
  context,
  site,
  upstream,
}) => {
  test.setTimeout(120_000);
  await configure(openaiAt(upstream));
  const opened: string[] = [];
  const note = (opening: Page) => opened.push(opening.url());
  const pages: Page[] = [];
  for (let count = 0; count < 20; count++) {
    const page = await context.newPage();
    await page.goto((await site()).url);
    pages.push(page);
  }
  context.on('page', note);
  await Promise.all(pages.map((page) => startCalls(page, 10)));
  await expect.poll(() => gatehouse.consentWindows().length).toBe(1);
  // Four questions wait at most, and closing the window says no to them: all else was told at once
  // to come again.
  await gatehouse.consent('close');
  const all = count((await Promise.all(pages.map(outcomes))).flat());
  expect(all).toEqual({ '403 user_rejected': 40, '409 consent_pending': 160 });
  expect(opened).toHaveLength(1);
  expect(upstream.received.concat(upstream.preflights)).toEqual([]);
  context.off('page', note);
  await Promise.all(pages.map((page) => page.close()));
  test.info().annotations.push({ type: 'figure', description: '200 calls of 20 sites, 1 window' });
});

test('calls that wait are all answered by one yes', async ({
  gatehouse,
  configure,
  consent,
  site,
  page,
  upstream,
}) => {
  await configure(openaiAt(upstream));
  const app = await site();
  await page.goto(app.url);
  await startCalls(page, 5);
  await expect.poll(() => gatehouse.consentWindows().length).toBe(1);
  expect(upstream.received).toEqual([]);
  await consent('session');
  expect(count(await outcomes(page))).toEqual({ '200 answered': 5 });
  expect(gatehouse.consentWindows()).toEqual([]);
});

test('a yes holds to the limit and the time that the person chose', async ({
  configure,
  site,
  page,
  context,
  upstream,
  gatehouse,
}) => {
  await configure(openaiAt(upstream));
  const app = await site();
  await page.goto(app.url);
  const opening = context.waitForEvent('page', {
    predicate: (candidate) => candidate.url().includes('consent'),
  });
  await startCalls(page, 1);
  const window = await opening;
  const spend = window.getByLabel('Spend up to');
  await expect(spend).toHaveValue('1');
  await spend.selectOption('$0.10');
  await window.getByLabel('For 30 days').check();
  await window.waitForTimeout(700);
  await window.getByRole('button', { name: 'Allow', exact: true }).click();
  expect(count(await outcomes(page))).toEqual({ '200 answered': 1 });
  const sites = await context.newPage();
  await sites.goto(gatehouse.url('extension/options/index.html#/sites'));
  await sites.locator('summary', { hasText: app.origin.replace('http://', '') }).click();
  await expect(sites.getByLabel('Dollars a day')).toHaveValue('0.1');
  await expect(sites.getByText(/^Ends /)).toBeVisible();
  await sites.close();
});

test('closing the window is a no, and the next call may ask again', async ({
  configure,
  consent,
  site,
  page,
  upstream,
}) => {
  await configure(openaiAt(upstream));
  const app = await site();
  await page.goto(app.url);
  await startCalls(page, 1);
  await consent('close');
  expect(await outcomes(page)).toEqual(['403 user_rejected']);
  await startCalls(page, 1);
  await consent('once');
  expect(await outcomes(page)).toEqual(['200 answered']);
  expect(upstream.received).toHaveLength(1);
});

test('`once` is one call', async ({ configure, consent, gatehouse, site, page, upstream }) => {
  await configure(openaiAt(upstream));
  const app = await site();
  await page.goto(app.url);
  await startCalls(page, 1);
  await consent('once');
  expect(await outcomes(page)).toEqual(['200 answered']);
  await startCalls(page, 1);
  await expect.poll(() => gatehouse.consentWindows().length).toBe(1);
  await consent('deny');
  expect(await outcomes(page)).toEqual(['403 user_rejected']);
  expect(upstream.received).toHaveLength(1);
});

test('a denied site is refused without a window', async ({
  configure,
  gatehouse,
  site,
  page,
  upstream,
}) => {
  const app = await site();
  await configure({
    ...openaiAt(upstream),
    sites: [{ origin: app.origin, decision: 'deny', scopes: ['chat'], models: ['*'] }],
  });
  await page.goto(app.url);
  await startCalls(page, 3);
  expect(count(await outcomes(page))).toEqual({ '403 origin_not_authorized': 3 });
  expect(gatehouse.consentWindows()).toEqual([]);
  expect(upstream.received).toEqual([]);
});

test('what a site may not do: read or write the configuration, or the details of health', async ({
  allow,
  site,
  page,
}) => {
  const app = await site();
  await allow(app.origin);
  await page.goto(app.url);
  const statuses = await page.evaluate(async () => {
    const ask = async (method: string, path: string) => {
      const body = method === 'PUT' ? '{"format":"gatehouse-bundle","version":1}' : undefined;
      const response = await fetch(`https://gatehouse.invalid${path}`, { method, body });
      return response.status;
    };
    return [
      await ask('GET', '/api/bundle'),
      await ask('PUT', '/api/bundle'),
      await ask('PUT', '/api/bundle?mode=replace'),
      await ask('GET', '/health/detailed'),
      await ask('GET', '/status'),
      await ask('GET', '/health'),
    ];
  });
  expect(statuses).toEqual([403, 403, 403, 403, 403, 200]);
});
