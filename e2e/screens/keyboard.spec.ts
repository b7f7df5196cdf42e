/** Keys and consent by keyboard alone. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, openaiAt, test } from '../fixtures.ts';

const THEMES = ['light', 'dark'] as const;
const GROQ_KEY = 'gsk_SCREENSabcdefghijklmnopqrstuvwxyz0123456789ABCDEFG9fQ2';

async function expectNoViolations(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
  expect(found, what).toEqual([]);
}

test('a key is pasted, recognised, saved, deleted and brought back by keyboard alone', async ({
  gatehouse,
  context,
  configure,
}) => {
  await configure({ providers: [{ id: 'groq', baseUrl: 'http://127.0.0.1:9/v1' }] });
  const page = await context.newPage();
  await page.goto(gatehouse.url('extension/options/index.html#/keys'));
  const box = page.getByRole('textbox', { name: /paste api keys/i });
  await box.focus();
  await page.keyboard.insertText(`GROQ_API_KEY=${GROQ_KEY}`);
  await page.keyboard.press('Enter');
  const found = page.getByRole('list', { name: 'Keys that were found' });
  await expect(found).toContainText('Groq');
  await expect(page.locator('body')).not.toContainText(GROQ_KEY);
  await expect(box).toHaveValue('');

  await page.getByRole('button', { name: 'Save 1 key' }).focus();
  await page.keyboard.press('Enter');
  const keys = page.getByRole('list', { name: 'Keys for Groq' });
  await expect(keys.getByRole('listitem')).toHaveCount(1);

  await keys.getByRole('button', { name: /^actions for groq key/i }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Delete' }).focus();
  await page.keyboard.press('Enter');
  await expect(keys).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).focus();
  await page.keyboard.press('Enter');
  await expect(keys.getByRole('listitem')).toHaveCount(1);
  await expect(keys.getByRole('switch')).toBeChecked();
  await page.close();
});

test('the consent window is read first, clean for axe, and takes no key that was held', async ({
  gatehouse,
  context,
  configure,
  upstream,
  site,
  page,
}) => {
  await configure(openaiAt(upstream));
  const { url } = await site({ csp: null });
  await page.goto(url);
  const opened = context.waitForEvent('page', {
    predicate: (candidate) => candidate.url().includes('extension/consent/'),
  });
  const status = page.evaluate(async () => {
    const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'mock/echo', messages: [{ role: 'user', content: 'hi' }] }),
    });
    return response.status;
  });
  const consent = await opened;
  const heading = consent.getByRole('heading', { level: 1 });
  await expect(heading).toBeFocused();
  await expect(heading).toContainText('wants to use AI models with your keys.');
  const allow = consent.getByRole('button', { name: 'Allow', exact: true });
  await allow.focus();
  // A key that was down when the window came only repeats, and presses nothing.
  await consent.keyboard.down('Enter');
  await consent.waitForTimeout(700);
  await consent.keyboard.down('Enter');
  await consent.keyboard.up('Enter');
  // A click that a script makes is none.
  await allow.evaluate((button: HTMLElement) => button.click());
  await consent.waitForTimeout(200);
  expect(consent.isClosed()).toBe(false);
  for (const colorScheme of THEMES) {
    await consent.emulateMedia({ colorScheme });
    await expect(allow).toHaveAttribute('aria-disabled', 'false');
    await consent.waitForTimeout(200);
    await expectNoViolations(consent, `consent ${colorScheme}`);
  }
  await consent.getByRole('radio', { name: 'Only this once' }).check();
  await allow.focus();
  // The window may be gone before the key is up.
  await consent.keyboard.press('Enter').catch(() => undefined);
  expect(await status).toBe(200);
  await expect.poll(() => consent.isClosed()).toBe(true);
  void gatehouse;
});
