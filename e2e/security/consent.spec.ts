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

const WORK = {
  id: 'work',
  name: 'Work',
  keys: ['openai/main'],
  models: ['openai/m2'],
  limits: { requestsPerMinute: 7 },
};

/** The window that the page's call opens. */
async function askedBy(page: Page): Promise<Page> {
  const opening = page.context().waitForEvent('page', {
    predicate: (candidate) => candidate.url().includes('consent'),
  });
  await startCalls(page, 1);
  const window = await opening;
  await window.getByRole('button', { name: 'Allow', exact: true }).waitFor();
  return window;
}

/** Presses until the window goes: the buttons take nothing in their first moments. */
async function press(window: Page, name: string): Promise<void> {
  const button = window.getByRole('button', { name, exact: true });
  await expect(button).toHaveAttribute('aria-disabled', 'false');
  await button.click();
}

const grantOf = (options: Page, origin: string) =>
  options.evaluate(async (of) => {
    const response = await fetch('https://gatehouse.invalid/api/bundle?sections=sites');
    const { sites } = (await response.json()) as { sites: { origin: string }[] };
    return sites.find((site) => site.origin === of);
  }, origin);

test('a yes holds to all that the person chose behind the fold', async ({
  configure,
  site,
  page,
  upstream,
  options,
}) => {
  await configure(openaiAt(upstream));
  const app = await site();
  await page.goto(app.url);
  const window = await askedBy(page);
  await expect(window.getByLabel('With')).toHaveCount(0);
  await expect(window.getByLabel('Requests a minute')).toBeHidden();
  await expect(async () => {
    await window.getByText('More limits').click();
    await expect(window.getByLabel('Requests a minute')).toBeVisible({ timeout: 500 });
  }).toPass();
  await window.getByLabel('Requests a minute').selectOption('30');
  await window.getByLabel('Requests at once').selectOption('2');
  await window.getByLabel('Tokens a day').selectOption('10k');
  await window.getByLabel('Models').selectOption('Only openai/m1');
  for (const box of await window.getByRole('checkbox').all()) await expect(box).not.toBeChecked();
  await window.getByLabel('make pictures').check();
  await press(window, 'Allow');
  expect(await outcomes(page)).toEqual(['200 answered']);
  expect(await grantOf(options, app.origin)).toMatchObject({
    models: ['openai/m1'],
    scopes: ['chat', 'images'],
    limits: { usdPerDay: 1, requestsPerMinute: 30, concurrentRequests: 2, tokensPerDay: 10_000 },
  });
  const other = await page.evaluate(async () => {
    const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'openai/m3', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    return ((await response.json()) as { error: { code: string } }).error.code;
  });
  expect(other).toBe('scope_denied');
});

test('a yes with a profile holds to what that says, and to what it says later', async ({
  configure,
  site,
  page,
  upstream,
  options,
}) => {
  await configure({ ...openaiAt(upstream), profiles: [WORK] });
  const app = await site();
  await page.goto(app.url);
  const window = await askedBy(page);
  await expect(window.getByLabel('With')).toHaveValue('');
  await window.getByLabel('With').selectOption('Work');
  await expect(window.locator('dd', { hasText: 'only key openai/main' })).toBeVisible();
  await expect(window.getByLabel('Spend up to')).toHaveCount(0);
  await press(window, 'Allow');
  // The person chose what the call may not do.
  expect(await outcomes(page)).toEqual(['403 scope_denied']);
  expect(upstream.received).toEqual([]);
  expect(await grantOf(options, app.origin)).toMatchObject({ profile: 'work' });
  const importing = await options.evaluate(
    async (profile) => {
      const response = await fetch('https://gatehouse.invalid/api/bundle', {
        method: 'PUT',
        body: JSON.stringify({ format: 'gatehouse-bundle', version: 1, profiles: [profile] }),
      });
      return response.status;
    },
    { ...WORK, models: ['openai/*'] },
  );
  expect(importing).toBe(200);
  await startCalls(page, 1);
  expect(await outcomes(page)).toEqual(['200 answered']);
});

test('what was chosen for one site is not chosen for the next', async ({
  configure,
  context,
  site,
  page,
  upstream,
  options,
}) => {
  await configure({ ...openaiAt(upstream), profiles: [{ ...WORK, models: ['*'] }] });
  const [one, two] = [await site(), await site()];
  await page.goto(one.url);
  const window = await askedBy(page);
  const second = await context.newPage();
  await second.goto(two.url);
  await startCalls(second, 1);
  await expect(window.getByText('1 of 2')).toBeVisible();
  await window.bringToFront();
  await expect(async () => {
    await window.getByText('More limits').click();
    await expect(window.getByLabel('make pictures')).toBeVisible({ timeout: 500 });
  }).toPass();
  await window.getByLabel('make pictures').check();
  await window.getByLabel('Requests a minute').selectOption('5');
  await window.getByLabel('With').selectOption('Work');
  await press(window, 'Allow');
  await expect(window.getByText('2 of 2')).toBeVisible();
  await expect(window.getByLabel('With')).toHaveValue('');
  await expect(window.getByLabel('Spend up to')).toHaveValue('1');
  await expect(window.getByLabel('make pictures')).toBeHidden();
  await press(window, 'Allow');
  expect(await outcomes(second)).toEqual(['200 answered']);
  const grant = await grantOf(options, two.origin);
  expect(grant).toMatchObject({ scopes: ['chat'], models: ['*'], limits: { usdPerDay: 1 } });
  expect(grant).not.toHaveProperty('profile');
  await second.close();
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
