/** What was used, as a person reads it. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { CANARY_KEY, expect, openaiAt, test } from '../fixtures.ts';

/** Days that are over, as an older version and this one stored them. */
async function putPast(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const open = indexedDB.open('gatehouse');
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      open.onsuccess = () => resolve(open.result);
      open.onerror = () => reject(open.error!);
    });
    const store = database.transaction('usage', 'readwrite').objectStore('usage');
    const models = [
      ['openai', 'gpt-4o', 0.004],
      ['groq', 'llama-3.3-70b-versatile', 0.0006],
      ['anthropic', 'claude-sonnet-4-5', 0.012],
      ['openrouter', 'deepseek/deepseek-r1:free', 0],
      ['cerebras', 'zai-glm-4.7', undefined],
      ['mistral', 'mistral-large-latest', 0.003],
    ] as const;
    for (let ago = 1; ago < 30; ago += 1) {
      const date = new Date(Date.now() - ago * 86_400_000);
      const day = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
        .toISOString()
        .slice(0, 10);
      models.forEach(([provider, model, price], index) => {
        const requests = ((ago * 7 + index * 5) % 11) + 1;
        const origin = index % 2 === 0 ? 'https://notes.example.com' : 'https://code.example.org';
        store.put({
          ...{ id: [day, origin, provider, model].join('|'), day, origin, provider, model },
          ...{ requests, errors: ago % 6 === 0 ? 1 : 0, inputTokens: requests * 1800 },
          ...{ outputTokens: requests * 420, cachedTokens: requests * 600, reasoningTokens: 0 },
          ...{ toolCalls: 0, ...(price !== undefined && { usd: requests * price }) },
        });
      });
    }
    await new Promise((resolve) => (store.transaction.oncomplete = resolve));
    database.close();
  });
}

async function clearUsage(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const open = indexedDB.open('gatehouse');
    const database = await new Promise<IDBDatabase>((resolve) => {
      open.onsuccess = () => resolve(open.result);
    });
    const store = database.transaction('usage', 'readwrite').objectStore('usage');
    store.clear();
    await new Promise((resolve) => (store.transaction.oncomplete = resolve));
    database.close();
  });
}

const call = (page: Page, model: string) =>
  page.evaluate(async (asked) => {
    const answer = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: asked, messages: [{ role: 'user', content: 'hi' }] }),
    });
    return [answer.status, await answer.text()];
  }, model);

test('a site’s calls appear at its own name, its model and the key, and as a file', async ({
  gatehouse,
  context,
  allow,
  site,
  page,
  options,
}) => {
  await clearUsage(options);
  const { origin, url } = await site({ csp: null });
  await allow(origin);
  await page.goto(url);
  const screen = await context.newPage();
  await screen.goto(gatehouse.url('extension/options/index.html#/usage'));
  await expect(screen.getByText('Nothing was used in the last 7 days.')).toBeVisible();

  for (let index = 0; index < 3; index += 1) await call(page, 'openai/gpt-4o');
  await call(page, 'openai/status-400');
  // It follows without being asked.
  const table = (of: string) =>
    screen.getByRole('table').filter({ has: screen.getByRole('columnheader', { name: of }) });
  await expect(table('Site').getByRole('row').nth(1)).toContainText(origin);
  await expect(table('Site').getByRole('row').nth(1)).toContainText('4');
  await expect(table('Model')).toContainText('openai/gpt-4o');
  await expect(table('Model')).toContainText('$2.50 in, $10.00 out a million tokens');
  await expect(table('Key')).toContainText('OpenAI · main');
  await expect(table('Key')).toContainText('1 failed');
  await screen.getByRole('button', { name: 'Today' }).click();
  await expect(screen.getByRole('button', { name: 'Today' })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  expect(await screen.content()).not.toContain(CANARY_KEY);

  const download = screen.waitForEvent('download');
  await screen.getByRole('button', { name: 'Export CSV' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^gatehouse-usage-.*\.csv$/);
  const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain(`${origin},openai,`);
  await screen.close();
});

test('a month of several providers can be read as pictures and as tables', async ({
  gatehouse,
  context,
  configure,
  upstream,
  options,
}) => {
  await clearUsage(options);
  await configure(openaiAt(upstream));
  await putPast(options);
  const page = await context.newPage();
  await page.goto(gatehouse.url('extension/options/index.html#/usage'));
  await page.getByRole('button', { name: '30 days' }).click();
  await expect(page.getByRole('img', { name: /^Cost by day from .* in all\.$/ })).toBeVisible();
  await expect(page.getByText('and what has no known price')).toBeVisible();
  // Four providers and one colour for the rest, in the picture and in its table.
  await page.getByText('Show as a table').click();
  const table = page
    .getByRole('table')
    .filter({ has: page.getByRole('columnheader', { name: 'Day' }) });
  await expect(table.getByRole('row')).toHaveCount(31);
  await page.getByRole('button', { name: 'Requests', exact: true }).click();
  await expect(table.getByRole('columnheader')).toHaveText([
    'Day',
    ...Array.from({ length: 4 }, () => /./),
    'Others',
  ]);
  await page.getByRole('combobox', { name: 'Site' }).selectOption('https://code.example.org');
  await expect(page.getByText('https://notes.example.com')).toHaveCount(1); // the choice itself
  if (process.env.SHOTS) {
    await page.getByRole('combobox', { name: 'Site' }).selectOption('');
    await page.getByRole('button', { name: 'Cost', exact: true }).click();
    await page.getByText('Show as a table').click();
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [360, 1280]) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height: 1800 });
        await page.waitForTimeout(200);
        await page.screenshot({ path: `${process.env.SHOTS}/usage-${colorScheme}-${width}.png` });
      }
  }
  await clearUsage(options);
  await page.close();
});
