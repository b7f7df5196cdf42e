/** What became of requests, as a person looks it up. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { CANARY_KEY, expect, openaiAt, test } from '../fixtures.ts';

const call = (page: Page, model: string) =>
  page.evaluate(async (asked) => {
    const answer = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: asked,
        stream: true,
        messages: [{ role: 'user', content: 'the canary of a prompt' }],
      }),
    });
    return [answer.status, await answer.text()];
  }, model);

test('a request is found, opened by keyboard as a timeline, copied without a key, and all are deleted', async ({
  gatehouse,
  context,
  configure,
  upstream,
  site,
  page,
}) => {
  const { origin, url } = await site({ csp: null });
  await configure({
    ...openaiAt(upstream, origin),
    models: [
      {
        id: 'turbo',
        routes: [
          { provider: 'openai', model: 'status-500' },
          { provider: 'openai', model: 'steady' },
        ],
      },
    ],
  });
  await page.goto(url);
  const screen = await context.newPage();
  await screen.goto(gatehouse.url('extension/options/index.html#/logs'));
  // What other tests of this browser left.
  const clear = screen.getByRole('button', { name: 'Delete all' });
  await expect(screen.getByText(/No request in the last 7 days|requests?$/).first()).toBeVisible();
  if (await clear.isEnabled()) await clear.click();
  await expect(screen.getByText('No request in the last 7 days.')).toBeVisible();

  await call(page, 'turbo');
  await call(page, 'openai/status-400');
  // It follows without being asked.
  const rows = screen.locator('button.row');
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(1)).toContainText('turbo → openai/steady');
  await expect(rows.nth(1)).toContainText('answered by try 2');
  await expect(rows.nth(0)).toContainText('failed, 400');

  await screen.getByRole('combobox', { name: 'Outcome' }).selectOption('fell-back');
  await expect(rows).toHaveCount(1);
  await screen.getByRole('searchbox').fill('nothing like it');
  await expect(screen.getByText('No request is like that.')).toBeVisible();
  await screen.getByRole('button', { name: 'Show all' }).click();
  await rows.nth(0).focus();
  await screen.keyboard.press('ArrowDown');
  await expect(rows.nth(1)).toBeFocused();
  await screen.keyboard.press('Enter');
  const dialog = screen.getByRole('dialog', { name: 'turbo' });
  const tries = dialog
    .getByRole('list', { name: 'What was tried, in order' })
    .getByRole('listitem');
  await expect(tries).toHaveCount(2);
  await expect(tries.nth(0)).toContainText(/failed, 500/);
  await expect(tries.nth(1)).toContainText(/asked at .* as the one before it failed/);
  await expect(tries.nth(1)).toContainText(/first content after/);
  const curl = dialog.getByRole('region', { name: 'curl command' });
  await expect(curl).toContainText('$API_KEY');
  const { violations } = await new AxeBuilder({ page: screen }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
  const text = await screen.content();
  expect(text).not.toContain(CANARY_KEY);
  expect(text).not.toContain('canary of a prompt');
  if (process.env.SHOTS)
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [360, 1280]) {
        await screen.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await screen.setViewportSize({ width, height: 900 });
        await screen.waitForTimeout(200);
        await screen.screenshot({ path: `${process.env.SHOTS}/log-${colorScheme}-${width}.png` });
      }
  await screen.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);

  const write = screen.getByRole('switch', { name: 'Write requests down' });
  await write.click();
  await expect(screen.getByText('It is off: nothing new is kept.')).toBeVisible();
  await call(page, 'openai/steady');
  await write.click();
  await expect(screen.getByText('Switched off, nothing new is kept.')).toBeVisible();
  await call(page, 'turbo');
  await expect(rows).toHaveCount(3);
  await clear.click();
  await expect(screen.getByText('No request in the last 7 days.')).toBeVisible();
  await screen.close();
});

test('a log of thousands keeps few rows in the page, and a new request comes on top', async ({
  gatehouse,
  context,
  configure,
  upstream,
  options,
}) => {
  await configure(openaiAt(upstream));
  await options.evaluate(async () => {
    const open = indexedDB.open('gatehouse');
    const database = await new Promise<IDBDatabase>((resolve) => {
      open.onsuccess = () => resolve(open.result);
    });
    const store = database.transaction('requests', 'readwrite').objectStore('requests');
    store.clear();
    for (let index = 0; index < 3000; index += 1) {
      const startedAt = Date.now() - index * 60_000;
      const failed = index % 7 === 0;
      store.put({
        ...{ id: `old-${index}`, origin: 'https://notes.example.com', asked: 'groq/llama-3.3-70b' },
        ...{
          endpoint: '/v1/chat/completions',
          startedAt,
          updatedAt: startedAt,
          endMs: 900 + index,
        },
        ...{
          outcome: failed ? 'failed' : 'answered',
          ...(failed && { status: 503 }),
          attempts: [],
        },
      });
    }
    await new Promise((resolve) => (store.transaction.oncomplete = resolve));
    database.close();
  });
  const page = await context.newPage();
  await page.goto(gatehouse.url('extension/options/index.html#/logs'));
  await expect(page.getByText('3,000 requests')).toBeVisible();
  const rows = page.locator('button.row');
  expect(await rows.count()).toBeLessThan(60);
  await page.locator('main').evaluate((main) => (main.scrollTop = main.scrollHeight));
  await expect.poll(async () => rows.last().textContent()).toContain('llama');
  expect(await rows.count()).toBeLessThan(60);
  await page.locator('main').evaluate((main) => (main.scrollTop = 0));
  await call(options, 'openai/steady');
  await expect(rows.first()).toContainText('openai/steady');
  if (process.env.SHOTS)
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [360, 1280]) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height: 900 });
        await page.waitForTimeout(300);
        await page.screenshot({ path: `${process.env.SHOTS}/logs-${colorScheme}-${width}.png` });
      }
  await page.getByRole('button', { name: 'Delete all' }).click();
  await page.close();
});
