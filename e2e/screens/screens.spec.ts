/** The extension's own screens, as a person uses them. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { CANARY_KEY, expect, test } from '../fixtures.ts';

const THEMES = ['light', 'dark'] as const;

async function expectNoViolations(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
  expect(found, what).toEqual([]);
}

test('a site is added, revoked and put back', async ({ gatehouse, context, configure }) => {
  await configure({});
  const page = await context.newPage();
  await page.goto(gatehouse.url('extension/options/index.html#/sites'));
  await page.getByRole('button', { name: 'Add a site' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a site' });
  await dialog.getByRole('textbox').fill('http://shop.example');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Not encrypted');
  await dialog.getByRole('textbox').fill('notes.example.com');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const row = page.locator('details.site', { hasText: 'notes.example.com' });
  await expect(row).toContainText('Allowed');
  await row.locator('summary').first().click();
  await row.getByRole('button', { name: 'Revoke' }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row).toContainText('Allowed');
  await page.close();
});

test('a site is added with its subdomains; a suffix that many share is refused', async ({
  gatehouse,
  context,
  configure,
}) => {
  await configure({});
  const page = await context.newPage();
  await page.goto(gatehouse.url('extension/options/index.html#/sites'));
  await page.getByRole('button', { name: 'Add a site' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a site' });
  const address = dialog.getByRole('textbox');
  for (const [typed, words] of [
    ['*.co.uk', 'domain that one owner has'],
    // Only the whole Public Suffix List knows this one.
    ['*.kawasaki.jp', 'Everyone can have a name that ends in kawasaki.jp'],
  ] as const) {
    await address.fill(typed);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(dialog.getByRole('alert')).toContainText(words);
  }
  await address.fill('localhost:5173');
  await expect(dialog.getByText('Anything served on this port')).toBeVisible();
  await address.fill('example.com');
  await dialog.getByLabel('*.example.com').check();
  await expectNoViolations(page, 'the dialog');
  await address.press('Enter');
  const pattern = page.locator('details.site').filter({
    has: page.locator('.who').getByText('*.', { exact: true }),
  });
  await expect(pattern).toContainText('Allowed');
  // Other tests' sites of this browser may stand beside them.
  await expect(page.locator('details.site', { hasText: 'example.com' })).toHaveCount(2);

  await page.getByRole('button', { name: 'Add a site' }).click();
  await address.fill('bad.example.com');
  await dialog.getByLabel('Block').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await pattern.locator('summary').first().click();
  await expect(pattern).toContainText('All subdomains but bad.example.com, which is refused.');
  await page.close();
});

test('a profile is made, given to two sites, changed for both, and not deleted while one has it', async ({
  gatehouse,
  context,
  configure,
}) => {
  await configure({
    sites: [{ origin: 'https://one.example', decision: 'allow' }],
    keys: [{ provider: 'openai', label: 'main', secret: CANARY_KEY }],
  });
  const page = await context.newPage();
  await page.goto(gatehouse.url('extension/options/index.html#/sites'));
  await page.getByRole('button', { name: 'New profile' }).click();
  const dialog = page.getByRole('dialog', { name: 'New profile' });
  await dialog.getByLabel('Name').fill('Cheap models');
  await dialog.getByLabel('Dollars a day').fill('some');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByRole('alert')).toContainText('An amount in dollars');
  await dialog.getByLabel('Dollars a day').fill('0.5');
  await dialog.getByLabel('Models it may use').fill('groq/*\nopenai/gpt-5-mini');
  await expectNoViolations(page, 'the dialog');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const profiles = page.getByRole('region', { name: 'Profiles' });
  await expect(profiles).toContainText(
    'groq/*, openai/gpt-5-mini; all your keys; up to $0.50 a day',
  );
  await expect(profiles).toContainText('No site has it.');

  const one = page.locator('details.site', { hasText: 'one.example' });
  await one.locator('summary').first().click();
  await one.getByLabel('With', { exact: true }).selectOption('Cheap models');
  await expect(one).toContainText('Allowed, with Cheap models, up to $0.50 a day.');
  await expect(one.getByLabel('Dollars a day')).toHaveCount(0);
  await page.getByRole('button', { name: 'Add a site' }).click();
  const adding = page.getByRole('dialog', { name: 'Add a site' });
  await adding.getByRole('textbox').fill('two.example');
  await adding.getByLabel('With', { exact: true }).selectOption('Cheap models');
  await adding.getByRole('button', { name: 'Save' }).click();
  await expect(profiles).toContainText('Used by two.example, one.example.');
  await expect(profiles.getByRole('button', { name: 'Delete Cheap models' })).toBeDisabled();

  await profiles.getByRole('button', { name: 'Change Cheap models' }).click();
  const changing = page.getByRole('dialog', { name: 'Change the profile' });
  await changing.getByLabel('Dollars a day').fill('2');
  await changing.getByRole('button', { name: 'Save' }).click();
  for (const site of ['one.example', 'two.example'])
    await expect(page.locator('details.site', { hasText: site })).toContainText(
      'up to $2.00 a day',
    );
  await expectNoViolations(page, 'the screen');

  for (const site of ['one.example', 'two.example']) {
    const row = page.locator('details.site', { hasText: site });
    if (!(await row.getByLabel('With', { exact: true }).isVisible()))
      await row.locator('summary').first().click();
    await row.getByLabel('With', { exact: true }).selectOption('Its own settings');
    await expect(row.getByLabel('Dollars a day')).toHaveValue('');
  }
  await one.getByLabel('Models it may use').fill('groq/*');
  await one.getByLabel('Models it may use').blur();
  await expect(one).toContainText('Saved');
  await profiles.getByRole('button', { name: 'Delete Cheap models' }).click();
  await expect(profiles).not.toContainText('Cheap models');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(profiles).toContainText('Cheap models');
  await page.close();
});

test('the popup says what the page may do, and revokes with a way back', async ({
  gatehouse,
  context,
  allow,
  site,
  page,
  options,
}) => {
  const { origin, url } = await site();
  await allow(origin);
  await page.goto(url);
  const tab = await options.evaluate(
    async (prefix) =>
      (await chrome.tabs.query({})).find((candidate) => candidate.url?.startsWith(prefix))?.id,
    origin,
  );
  const popup = await context.newPage();
  await popup.setViewportSize({ width: 360, height: 560 });
  await popup.goto(gatehouse.url(`extension/popup/index.html?tab=${tab}`));
  await expect(popup.getByText('Allowed.', { exact: true })).toBeVisible();
  for (const colorScheme of THEMES) {
    await popup.emulateMedia({ colorScheme });
    await expectNoViolations(popup, `popup ${colorScheme}`);
  }
  await popup.getByRole('button', { name: 'Revoke' }).click();
  await expect(popup.getByText("hasn't asked.")).toBeVisible();
  await popup.getByRole('button', { name: 'Undo' }).click();
  await expect(popup.getByText('Allowed.', { exact: true })).toBeVisible();
  expect(await popup.content()).not.toContain(CANARY_KEY);
  await popup.close();
});
