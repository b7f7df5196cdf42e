/** The sample site does what the README promises. */
import { expect, test as base } from '../fixtures.ts';
import { SAMPLE } from '../gatehouse.ts';
import { serveFolder } from '../../scripts/serve.mjs';

const test = base.extend<{ sample: string }>({
  sample: async ({}, use) => {
    const server = await serveFolder(SAMPLE);
    await use(server.url);
    await server.close();
  },
});

test('asks for permission, then streams an answer', async ({
  configure,
  consent,
  page,
  sample,
}) => {
  await configure({});
  await page.goto(sample);
  await expect(page.getByRole('status')).toHaveText('Gatehouse is here');
  await expect(page.getByText('Gatehouse is not in this browser')).toBeHidden();
  await page.getByLabel('Your question').fill('One two three four five.');
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(page.getByRole('article')).toContainText('asks for your permission');
  await consent('session');
  await expect(page.getByRole('article')).toContainText('One two three four five.');
  await expect(page.getByRole('article')).toContainText(/Done after/);
});

test('takes a no, and asks again', async ({ configure, consent, page, sample }) => {
  await configure({});
  await page.goto(sample);
  await page.getByRole('button', { name: 'Ask' }).click();
  await consent('deny');
  await expect(page.getByRole('article')).toContainText('You did not allow this site');
  await page.getByRole('button', { name: 'Ask' }).click();
  await consent('once');
  await expect(page.getByRole('article')).toContainText('What is a gatehouse?');
});

test('stops an answer and keeps its text', async ({ configure, page, sample }) => {
  const origin = new URL(sample).origin;
  await configure({ sites: [{ origin, decision: 'allow', scopes: ['chat'], models: ['*'] }] });
  await page.goto(sample);
  await page.getByLabel('Model').fill('mock/slow');
  await page.getByLabel('Your question').fill('word '.repeat(100));
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(page.getByRole('article')).toContainText('word word');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('article')).toContainText(/Stopped after/);
  await expect(page.getByRole('article')).toContainText('word word');
});

test('shows the code that it runs', async ({ page, sample }) => {
  await page.goto(sample);
  const code = page.getByLabel('All of the code that asks');
  await expect(code).toContainText("baseURL: 'https://gatehouse.invalid/v1'");
  await expect(code).toContainText("import OpenAI from 'openai'");
});

test('without the extension it says what to do, and nothing leaves', async ({
  plainBrowser,
  sample,
}) => {
  const context = await plainBrowser.newContext();
  const page = await context.newPage();
  const hosts = new Set<string>();
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  await page.goto(sample);
  await expect(page.getByRole('status')).toHaveText('Gatehouse is missing');
  await expect(page.getByText('Gatehouse is not in this browser')).toBeVisible();
  await expect(page.getByText('npm start')).toBeVisible();
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(page.getByRole('article')).toContainText('could not be reached');
  // The page's policy stops the call before a request is made.
  expect([...hosts].filter((host) => host !== 'gatehouse.invalid')).toEqual([new URL(sample).host]);
  await context.close();
});
