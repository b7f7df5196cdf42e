/** Which key rests, why and until when; and what the person can do about it. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { CANARY_KEY, expect, openaiAt, test } from '../fixtures.ts';

const call = (page: Page, model: string) =>
  page.evaluate(async (asked) => {
    const answer = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: asked, messages: [{ role: 'user', content: 'hi' }] }),
    });
    return answer.status;
  }, model);

test('a key that rests says for which model, why and until when, and is asked again after a reset', async ({
  gatehouse,
  context,
  configure,
  upstream,
  options,
}) => {
  await configure(openaiAt(upstream));
  const page = await context.newPage();
  await page.goto(gatehouse.url('extension/options/index.html#/keys'));
  const row = page.getByRole('list', { name: 'Keys for OpenAI' }).getByRole('listitem').first();
  await expect(row).toContainText('main');

  expect(await call(options, 'openai/status-429-after-7200')).toBe(429);
  const resting = page.getByRole('list', { name: 'What rests of OpenAI key main' });
  await expect(resting).toContainText(/status-429-after-7200\s+resting until .*\d\d:\d\d: 429/);
  const asked = () => upstream.received.filter(({ path }) => /completions/.test(path)).length;
  const before = asked();
  await call(options, 'openai/status-429-after-7200');
  expect(asked(), 'it is not asked while it rests').toBe(before);

  const reset = page.getByRole('button', { name: 'Reset OpenAI key main' });
  await reset.focus();
  await page.keyboard.press('Enter');
  await expect(resting).toHaveCount(0);
  await call(options, 'openai/status-429-after-7200');
  expect(asked(), 'it is asked again after the reset').toBe(before + 1);
  await expect(resting).toBeVisible();

  await reset.click();
  await expect(resting).toHaveCount(0);
  await call(options, 'openai/quotes-key');
  await expect(resting).toContainText('set aside just now, as it was refused: 401');
  await expect(page.getByText('Replace it, or reset it once it is valid again.')).toBeVisible();
  expect(await page.content()).not.toContain(CANARY_KEY);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    if (process.env.SHOTS)
      for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        await resting.scrollIntoViewIfNeeded();
        await page.waitForTimeout(200);
        await page.screenshot({ path: `${process.env.SHOTS}/cool-${colorScheme}-${width}.png` });
      }
  }
  // A check that finds it good ends all of it.
  await page.getByRole('button', { name: 'Check all keys' }).click();
  await expect(page.getByText('1 of 1 key works.').first()).toBeVisible();
  await expect(resting).toHaveCount(0);
  await expect(row).toContainText(/works · .* · \d+ ms/);
  await page.close();
});

test('a key can be kept for some models only', async ({
  gatehouse,
  context,
  configure,
  upstream,
  options,
}) => {
  await configure(openaiAt(upstream));
  const page = await context.newPage();
  await page.goto(gatehouse.url('extension/options/index.html#/keys'));
  await page.getByRole('button', { name: /^Actions for OpenAI key main/ }).click();
  await page.getByRole('menuitem', { name: 'Name, weight and models…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Name, weight and models' });
  await dialog.getByRole('textbox', { name: 'Only for these models' }).fill('steady\nllama-*');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('list', { name: 'Keys for OpenAI' })).toContainText(
    'for steady, llama-*',
  );
  expect(await call(options, 'openai/steady')).toBe(200);
  expect(await call(options, 'openai/other')).toBe(401);
  await page.close();
});
