/** The lock (K1, K3-K5): what a locked vault gives out, and what opens it. */
import type { Page } from '@playwright/test';
import { CANARY_KEY, expect, openaiAt, openPwa, test } from '../fixtures.ts';
import { putBundle } from '../gatehouse.ts';
import { expectAccessible } from './accessible.ts';
import { PASSWORD, SLOW } from './vault-page.ts';

async function setPassword(page: Page, password = PASSWORD): Promise<void> {
  await page.getByRole('button', { name: 'Set a password' }).click();
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('New password again').fill(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
}

async function unlock(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: /^Password/ }).fill(text);
  await page.keyboard.press('Enter');
}

/** Starts a chat in a web page; what came of it is read by `answerOf`. */
async function startCall(page: Page): Promise<void> {
  await page.evaluate(() => {
    const holder = globalThis as { answer?: Promise<{ status: number; text: string }> };
    holder.answer = fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'openai/m1', messages: [{ role: 'user', content: 'Hi' }] }),
    }).then(async (response) => ({ status: response.status, text: await response.text() }));
  });
}
const answerOf = (page: Page) =>
  page.evaluate(
    () => (globalThis as { answer?: Promise<{ status: number; text: string }> }).answer,
  );

test('a call of a granted site waits for the unlock, also with the worker killed in between', async ({
  launch,
  site,
  upstream,
}) => {
  test.setTimeout(180_000);
  const gatehouse = await launch();
  const { context, options } = gatehouse;
  const app = await site();
  await gatehouse.configure(openaiAt(upstream, app.origin));
  await options.goto(gatehouse.url('extension/options/index.html#/settings'));
  await setPassword(options);

  const page = await context.newPage();
  await page.goto(app.url);
  await startCall(page);
  expect(await answerOf(page)).toMatchObject({ status: 200 });
  await gatehouse.stopWorker();
  await startCall(page);
  expect(await answerOf(page), 'the unlock outlives the worker').toMatchObject({ status: 200 });

  await options.bringToFront();
  await expectAccessible(options);
  await options.getByRole('button', { name: 'Lock now' }).click();
  const dialog = options.getByRole('dialog', { name: 'Gatehouse is locked' });
  await expect(dialog).toContainText('You locked it at');
  await expectAccessible(options);
  await options.keyboard.press('Escape');
  await gatehouse.stopWorker();

  const before = upstream.received.length;
  const opened = context.waitForEvent('page', SLOW);
  await startCall(page);
  const window = await opened;
  await expect(window.getByRole('heading', { level: 1 })).toContainText('Unlock to continue');
  expect(upstream.received).toHaveLength(before);
  await expectAccessible(window);

  await unlock(window, 'wrong');
  await expect(window.getByRole('alert')).toContainText('does not open', SLOW);
  expect(upstream.received).toHaveLength(before);
  await unlock(window, PASSWORD);
  expect(await answerOf(page)).toMatchObject({ status: 200 });
  expect(upstream.received.at(-1)?.headers.authorization).toBe(`Bearer ${CANARY_KEY}`);
  await expect.poll(() => window.isClosed()).toBe(true);
  await expect(options.getByText('Gatehouse is locked.')).toBeHidden();
});

test('“Not now” answers vault_locked, and the popup unlocks', async ({
  launch,
  site,
  upstream,
}) => {
  test.setTimeout(180_000);
  const gatehouse = await launch();
  const { context, options } = gatehouse;
  const app = await site();
  await gatehouse.configure(openaiAt(upstream, app.origin));
  await options.goto(gatehouse.url('extension/options/index.html#/settings'));
  await setPassword(options);
  await options.getByRole('button', { name: 'Lock now' }).click();
  await options.goto('about:blank');

  const page = await context.newPage();
  await page.goto(app.url);
  const opened = context.waitForEvent('page', SLOW);
  await startCall(page);
  await (await opened).getByRole('button', { name: 'Not now' }).click();
  const refused = await answerOf(page);
  expect(refused?.status).toBe(401);
  expect(refused?.text).toContain('vault_locked');
  await startCall(page);
  expect((await answerOf(page))?.text, 'not asked again at once').toContain('vault_locked');
  expect(upstream.received.filter(({ method }) => method === 'POST')).toEqual([]);

  const popup = await context.newPage();
  await popup.goto(gatehouse.url('extension/popup/index.html'));
  await expect(popup.getByRole('textbox', { name: 'Password' })).toBeFocused();
  await expectAccessible(popup);
  await unlock(popup, PASSWORD);
  await expect(popup.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
  await startCall(page);
  expect(await answerOf(page)).toMatchObject({ status: 200 });
});

test('the PWA: a password, a recovery code, the lock, and back to no password', async ({
  plainBrowser,
  pwaOrigin,
  upstream,
}) => {
  test.setTimeout(180_000);
  const context = await plainBrowser.newContext();
  const page = await openPwa(context, pwaOrigin);
  await putBundle(page, openaiAt(upstream));
  await page.goto(`${pwaOrigin}/#/settings`);
  await setPassword(page);

  await page.getByRole('button', { name: 'Make a recovery code' }).click();
  await unlock(page, PASSWORD);
  await page.getByRole('button', { name: 'Make a code' }).click(SLOW);
  const shown = page.getByText(/^(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}$/);
  await expect(shown).toBeVisible(SLOW);
  const code = (await shown.textContent()) ?? '';
  await page.getByRole('button', { name: 'I’ve kept it' }).click();

  await startCall(page);
  expect(await answerOf(page)).toMatchObject({ status: 200 });
  const session = await context.newCDPSession(page);
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
  await startCall(page);
  expect(await answerOf(page), 'pages hand the key to the next worker').toMatchObject({
    status: 200,
  });

  await page.getByRole('button', { name: 'Lock now' }).click();
  await expect(page.getByRole('dialog', { name: 'Gatehouse is locked' })).toBeVisible();
  await session.send('ServiceWorker.stopAllWorkers');
  await startCall(page);
  expect((await answerOf(page))?.text).toContain('vault_locked');
  const stored = await slotsOf(page);
  await unlock(page, 'wrong');
  await expect(page.getByRole('alert')).toContainText('does not open', SLOW);
  expect(await slotsOf(page), 'a wrong password changes nothing').toBe(stored);
  await unlock(page, code.toLowerCase());
  await expect(page.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
  await startCall(page);
  expect(await answerOf(page)).toMatchObject({ status: 200 });

  await page.getByRole('button', { name: 'Use no password…' }).click();
  await unlock(page, PASSWORD);
  await page.getByRole('button', { name: 'Use no password', exact: true }).click(SLOW);
  await expect(page.getByRole('button', { name: 'Set a password' })).toBeVisible(SLOW);
  await startCall(page);
  expect(await answerOf(page)).toMatchObject({ status: 200 });
  await context.close();
});

/** Every slot, to the byte. */
const slotsOf = (page: Page) =>
  page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('gatehouse');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('not opened'));
    });
    const slots = await new Promise<unknown[]>((resolve) => {
      const request = database.transaction('slots').objectStore('slots').getAll();
      request.onsuccess = () => resolve(request.result as unknown[]);
    });
    database.close();
    return JSON.stringify(slots, (_name, value: unknown) =>
      value instanceof Uint8Array ? [...value] : value,
    );
  });
