/** Row E13, threats 7 and 9: a provider's own interface, for those only that were let in. */
import { CANARY_KEY, expect, openaiAt, test } from '../fixtures.ts';
import type { Page } from '@playwright/test';
import { findSecrets } from './seen-by-page.ts';

interface Init {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Calls below the virtual origin and tells what came back. */
function call(page: Page, path: string, init: Init = {}) {
  return page.evaluate(
    async ([url, options]) => {
      const response = await fetch(url, { credentials: 'include', ...options });
      const headers = Object.fromEntries(response.headers);
      return { status: response.status, headers, text: await response.text() };
    },
    [`https://gatehouse.invalid${path}`, init] as const,
  );
}

const siteOf = (origin: string, scopes: string[], models = ['*']) => ({
  origin,
  decision: 'allow',
  scopes,
  models,
});

test('a site that may chat may not pass through, and is not asked', async ({
  site,
  page,
  configure,
  upstream,
  gatehouse,
}) => {
  const app = await site();
  const scopes = ['chat', 'models', 'embeddings', 'images', 'audio', 'jobs', 'mcp'];
  await configure({ ...openaiAt(upstream), sites: [siteOf(app.origin, scopes)] });
  await page.goto(app.url);
  for (const path of ['/openai/files', '/openai/v1/chat/completions', '/OpenAI/files']) {
    const { status, text } = await call(page, path, { method: 'POST', body: '{}' });
    expect([path, status]).toEqual([path, 403]);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'scope_denied' } });
  }
  // The list of models is asked for by the router, at a time of its own.
  expect(upstream.received.filter(({ path }) => path !== '/v1/models')).toEqual([]);
  expect(gatehouse.consentWindows()).toEqual([]);
});

test('the question says plainly what it is', async ({
  site,
  page,
  configure,
  upstream,
  gatehouse,
  consent,
}) => {
  const app = await site();
  await configure(openaiAt(upstream));
  await page.goto(app.url);
  const opened = gatehouse.context.waitForEvent('page', (window) =>
    window.url().includes('/consent/'),
  );
  const answer = call(page, '/openai/files');
  const window = await opened;
  await expect(window.getByText(/OpenAI’s own interface/).first()).toBeVisible();
  await expect(window.getByText('More than chat.', { exact: true })).toBeVisible();
  await consent('session');
  expect((await answer).status).toBe(200);
  expect((await call(page, '/openai/files?limit=1')).status).toBe(200);
  const chat = { model: 'openai/m1', messages: [{ role: 'user', content: 'Hi' }] };
  const init = { method: 'POST', body: JSON.stringify(chat) };
  // What was allowed is this provider's, no other's,
  expect((await call(page, '/anthropic/v1/models')).status).toBe(403);
  // and the interface itself, not the chat.
  expect((await call(page, '/v1/chat/completions', init)).status).toBe(403);
});

test('nothing of the page goes out, and no cookie and no key comes back', async ({
  site,
  page,
  context,
  configure,
  upstream,
}) => {
  const app = await site();
  await configure({ ...openaiAt(upstream), sites: [siteOf(app.origin, ['raw'])] });
  await page.goto(app.url);
  await page.evaluate(() => (document.cookie = 'session=of-the-page'));
  const { status, headers, text } = await call(page, '/openai/echo?key=of-the-page&limit=1', {
    method: 'POST',
    body: 'of a body',
    headers: {
      authorization: 'Bearer of-the-page',
      'x-api-key': 'of-the-page',
      'openai-organization': 'of-the-page',
      'x-forwarded-for': '203.0.113.9',
      'content-type': 'text/plain',
    },
  });
  expect(status).toBe(200);
  const [received] = upstream.received;
  expect(received).toMatchObject({ method: 'POST', path: '/v1/echo?limit=1', body: 'of a body' });
  expect(received!.headers.authorization).toBe(`Bearer ${CANARY_KEY}`);
  expect(JSON.stringify(received!.headers)).not.toContain('of-the-page');
  for (const name of ['cookie', 'referer', 'origin', 'x-forwarded-for'])
    expect(received!.headers).not.toHaveProperty(name);
  expect(JSON.stringify(headers) + text).not.toContain(CANARY_KEY);
  expect(headers).not.toHaveProperty('set-cookie');
  expect(await findSecrets(context, page, [CANARY_KEY])).toEqual([]);
});

test('no path, host or redirect leads elsewhere', async ({ site, page, configure, upstream }) => {
  const app = await site();
  const sites = [siteOf(app.origin, ['raw'])];
  await configure({ ...openaiAt(upstream), sites });
  await page.goto(app.url);
  const paths = [
    '/openai/..%2f..%2fadmin',
    '/openai/%252e%252e%252fadmin',
    '/openai/a%5c..%5cadmin',
    '/openai/../admin',
    '/openai/%2e%2e/admin',
    '/openai/redirect',
    '/nobody/files',
    '/127.0.0.1/files',
    '//203.0.113.9/files',
  ];
  for (const path of paths) {
    const { status } = await call(page, path);
    expect([path, status >= 400]).toEqual([path, true]);
  }
  // Of these only the redirect was asked for, and it was not followed.
  expect(upstream.received.map(({ path }) => path)).toEqual(['/v1/redirect']);
  await call(page, '/openai//203.0.113.9/files');
  expect(upstream.received.every(({ path }) => path.startsWith('/v1/'))).toBe(true);
});

test('a site of some models has none of the interface', async ({
  site,
  page,
  configure,
  upstream,
}) => {
  const app = await site();
  const sites = [siteOf(app.origin, ['chat', 'raw'], ['openai/m1'])];
  await configure({ ...openaiAt(upstream), sites });
  await page.goto(app.url);
  expect((await call(page, '/openai/files')).status).toBe(403);
  expect(upstream.received.filter(({ path }) => path !== '/v1/models')).toEqual([]);
});

test('the sites screen gives a provider’s own interface, and takes it back', async ({
  site,
  page,
  configure,
  upstream,
  gatehouse,
}) => {
  const app = await site();
  await configure({ ...openaiAt(upstream), sites: [siteOf(app.origin, ['chat'])] });
  await page.goto(app.url);
  expect((await call(page, '/openai/files')).status).toBe(403);
  const screens = await gatehouse.context.newPage();
  await screens.goto(`${gatehouse.options.url().split('#')[0]}#/sites`);
  await screens.getByText(new URL(app.origin).host).first().click();
  const box = screens.getByRole('checkbox', { name: /provider’s own interface/ });
  await box.check();
  await expect.poll(async () => (await call(page, '/openai/files')).status).toBe(200);
  await expect(box).toBeChecked();
  await box.uncheck();
  await expect.poll(async () => (await call(page, '/openai/files')).status).toBe(403);
  await screens.getByRole('checkbox', { name: /Chat with models/ }).click();
  await expect(screens.getByText('Nothing would be left. Revoke the site instead.')).toBeVisible();
  await expect(screens.getByRole('checkbox', { name: /Chat with models/ })).toBeChecked();
  await screens.close();
});
