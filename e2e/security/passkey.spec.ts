/** Passkeys as a way to open the vault (K1), with an authenticator that Chromium pretends. */
import type { Page } from '@playwright/test';
import { expect, openaiAt, openPwa, test } from '../fixtures.ts';
import { putBundle } from '../gatehouse.ts';
import { addAuthenticator } from './authenticator.ts';
import { expectAccessible } from './accessible.ts';
import { ask, PASSWORD, SLOW, ways } from './vault-page.ts';

async function addPasskey(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('button', { name: 'Set up the passkey' }).click();
}

async function lock(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Lock now' }).click();
  await expect(page.getByRole('dialog', { name: 'Gatehouse is locked' })).toBeVisible();
}

test('extension: registers, unlocks in options, popup and consent window, is renamed and removed', async ({
  launch,
  site,
  upstream,
}) => {
  test.setTimeout(180_000);
  const gatehouse = await launch();
  const { context, options } = gatehouse;
  const app = await site();
  await gatehouse.configure(openaiAt(upstream, app.origin));
  const authenticator = await addAuthenticator(options);
  const settings = gatehouse.url('extension/options/index.html#/settings');
  await options.goto(settings);
  // The browser asks for a passkey in a page that has the focus, and the welcome has it.
  await options.bringToFront();

  await addPasskey(options);
  await expect(ways(options)).toHaveText([/Passkey “This device”/]);
  expect(await authenticator.count()).toBe(1);
  await expect(options.getByRole('button', { name: /^Remove Passkey/ })).toHaveCount(0);
  await expectAccessible(options);

  await lock(options);
  expect((await ask(options)).text).toContain('vault_locked');
  await expectAccessible(options);
  await options.getByRole('button', { name: 'Unlock with a passkey' }).click();
  await expect(options.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
  expect((await ask(options)).status).toBe(200);

  // The popup's page in the same tab: an authenticator belongs to a tab.
  await lock(options);
  await options.goto(gatehouse.url('extension/popup/index.html'));
  await options.getByRole('button', { name: 'Unlock with a passkey' }).click();
  await expect(options.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);

  // A site's call waits, and the consent page unlocks.
  await options.getByRole('button', { name: 'Lock now' }).click();
  const page = await context.newPage();
  await page.goto(app.url);
  const opened = context.waitForEvent('page', SLOW);
  const call = ask(page);
  const window = await opened;
  await expect(window.getByRole('button', { name: 'Unlock with a passkey' })).toBeFocused(SLOW);
  await options.goto(gatehouse.url('extension/consent/index.html'));
  await options.bringToFront();
  await options.getByRole('button', { name: 'Unlock with a passkey' }).click();
  expect(await call).toMatchObject({ status: 200 });

  await options.goto(settings);
  await options.getByRole('button', { name: /^Rename Passkey/ }).click();
  await options.getByRole('textbox', { name: 'Name' }).fill('Left hand');
  await options.getByRole('button', { name: 'Rename', exact: true }).click();
  await expect(ways(options)).toHaveText([/Passkey “Left hand”/]);

  await options.getByRole('button', { name: 'Set a password' }).click();
  await options.getByRole('button', { name: 'Continue with a passkey' }).click();
  await options.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await options.getByLabel('New password again').fill(PASSWORD);
  await options.keyboard.press('Enter');
  await expect(ways(options)).toHaveCount(2, SLOW);

  await options.getByRole('button', { name: 'Remove Passkey “Left hand”' }).click();
  await options.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await options.keyboard.press('Enter');
  await options.getByRole('button', { name: 'Remove', exact: true }).click(SLOW);
  await expect(ways(options)).toHaveText([/^ ?Password since/]);
  await lock(options);
  await expect(options.getByRole('button', { name: 'Unlock with a passkey' })).toHaveCount(0);
  await options.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await options.keyboard.press('Enter');
  await expect(options.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
  expect((await ask(options)).status).toBe(200);
});

test('PWA: a passkey is refused where it can lock nothing, and one that can opens the vault', async ({
  plainBrowser,
  pwaOrigin,
  upstream,
}) => {
  test.setTimeout(120_000);
  const context = await plainBrowser.newContext();
  const page = await openPwa(context, pwaOrigin);
  await putBundle(page, openaiAt(upstream));
  await page.goto(`${pwaOrigin}/#/settings`);
  const signsOnly = await addAuthenticator(page, { prf: false });
  await addPasskey(page);
  await expect(
    page.getByRole('alert').filter({ hasText: 'it lacks what is called PRF' }),
  ).toBeVisible(SLOW);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('No password.')).toBeVisible();
  await signsOnly.remove();

  const authenticator = await addAuthenticator(page);
  await addPasskey(page);
  await expect(ways(page)).toHaveText([/Passkey “This device”/]);
  await page.getByRole('button', { name: 'Make a recovery code' }).click();
  await page.getByRole('button', { name: 'Continue with a passkey' }).click();
  await page.getByRole('button', { name: 'Make a code' }).click();
  const shown = page.getByText(/^(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}$/);
  const code = (await shown.textContent()) ?? '';
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as file' }).click();
  const file = await (await saved).createReadStream();
  const chunks: Buffer[] = [];
  for await (const chunk of file) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toContain(code);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'I’ve kept it' }).click();

  await lock(page);
  await page.getByRole('button', { name: 'Unlock with a passkey' }).click();
  await expect(page.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
  expect((await ask(page)).status).toBe(200);

  await lock(page);
  await page.getByRole('button', { name: 'Use the recovery code instead' }).click();
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(code);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
  expect((await ask(page)).status).toBe(200);

  await lock(page);
  await authenticator.setVerified(false);
  await page.getByRole('button', { name: 'Unlock with a passkey' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'No passkey was given' })).toBeVisible(
    SLOW,
  );
  expect((await ask(page)).text).toContain('vault_locked');
  await context.close();
});

test('PWA at an address of numbers: no passkey is offered, and it says why', async ({
  plainBrowser,
  pwaOrigin,
}) => {
  const context = await plainBrowser.newContext();
  const page = await openPwa(context, pwaOrigin.replace('localhost', '127.0.0.1'));
  await page.goto(`${pwaOrigin.replace('localhost', '127.0.0.1')}/#/settings`);
  await expect(page.getByText('this one is a number: 127.0.0.1')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Add a passkey' })).toHaveCount(0);
  await context.close();
});
