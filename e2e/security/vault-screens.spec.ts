/** The vault as a person meets it: the first choice of a lock, a new vault key, damage and repair. */
import type { Page } from '@playwright/test';
import { expect, openaiAt, openPwa, test } from '../fixtures.ts';
import { putBundle } from '../gatehouse.ts';
import { expectAccessible } from './accessible.ts';
import { ask, PASSWORD, SLOW, ways } from './vault-page.ts';
import { addAuthenticator } from './authenticator.ts';

async function type(page: Page, label: string, text: string): Promise<void> {
  await page.getByRole('textbox', { name: label, exact: true }).fill(text);
}

/** Changes what is stored, as a failing disk might. */
async function damage(
  page: Page,
  what: 'header' | 'slot' | 'key' | 'both' | 'copy' | 'record',
): Promise<void> {
  await page.evaluate(async (store) => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('gatehouse');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('not opened'));
    });
    const transaction = database.transaction(
      ['vault', 'slots', 'keys', 'state', 'providers'],
      'readwrite',
    );
    if (store === 'header' || store === 'both') transaction.objectStore('vault').clear();
    if (store === 'both') transaction.objectStore('state').clear();
    if (store === 'copy') transaction.objectStore('state').put('spoiled', 'vault backup');
    if (store === 'record') {
      transaction.objectStore('vault').put({ id: 'vault', v: 'spoiled' });
      transaction.objectStore('keys').put({ id: 'spoiled', provider: 'openai', label: 7 });
      transaction.objectStore('providers').put({ id: 'spoiled', baseUrl: 7 });
    }
    if (store === 'slot') transaction.objectStore('slots').clear();
    if (store === 'key') {
      const keys = transaction.objectStore('keys');
      keys.openCursor().onsuccess = ({ target }) => {
        const cursor = (target as IDBRequest<IDBCursorWithValue>).result;
        const record = cursor.value as { sealed: { ct: Uint8Array } };
        record.sealed.ct[3]! ^= 1;
        cursor.update(record);
      };
    }
    await new Promise((done) => (transaction.oncomplete = done));
    database.close();
  }, what);
}

test('the first choice is a passkey where there can be one; the password has words for its strength', async ({
  plainBrowser,
  pwaOrigin,
  upstream,
}) => {
  test.setTimeout(180_000);
  const context = await plainBrowser.newContext();
  const page = await openPwa(context, pwaOrigin);
  await addAuthenticator(page);
  await putBundle(page, openaiAt(upstream));
  await page.goto(`${pwaOrigin}/#/welcome`);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('radio', { name: /^Passkey/ })).toBeChecked();
  await expect(page.getByRole('button', { name: 'Set up the passkey' })).toBeVisible();
  await expectAccessible(page);

  await page.getByRole('radio', { name: /^No password/ }).check();
  await expect(page.getByRole('button', { name: 'Continue' })).toBeVisible();
  await page.getByRole('radio', { name: /^Password/ }).check();
  await type(page, 'New password', 'password1');
  await expect(page.getByText('would guess it within a minute')).toBeVisible(SLOW);
  await page.getByRole('button', { name: 'Suggest six words' }).click();
  const words = (await page.locator('p.mono').textContent())!.trim();
  expect(words.split(' ')).toHaveLength(6);
  await type(page, 'New password', words);
  await expect(page.getByText('in more than ten thousand years')).toBeVisible();
  await type(page, 'New password again', 'something else');
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByText('The two are not the same.')).toBeVisible();
  await expectAccessible(page);
  await type(page, 'New password again', words);
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByRole('button', { name: 'Make a recovery code' }).click(SLOW);
  await expect(page.getByText(/^(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}$/)).toBeVisible(SLOW);
  expect((await ask(page)).status, 'the key that was there needs no second typing').toBe(200);

  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Ready' })).toBeVisible();
  await page.goto(`${pwaOrigin}/#/settings`);
  await expect(ways(page)).toHaveCount(2);
  await context.close();
});

test('a new vault key keeps the ways that were shown, drops the others, and the events are listed', async ({
  plainBrowser,
  pwaOrigin,
  upstream,
}) => {
  test.setTimeout(180_000);
  const context = await plainBrowser.newContext();
  const page = await openPwa(context, pwaOrigin);
  await addAuthenticator(page);
  await putBundle(page, openaiAt(upstream));
  await page.goto(`${pwaOrigin}/#/settings`);
  await page.getByRole('button', { name: 'Set a password' }).click();
  await type(page, 'New password', PASSWORD);
  await type(page, 'New password again', PASSWORD);
  await page.keyboard.press('Enter');
  for (const add of ['Add a passkey', 'Make a recovery code']) {
    await page.getByRole('button', { name: add }).click(SLOW);
    await type(page, 'Password', PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^(Set up the passkey|Make a code)$/ }).click(SLOW);
  }
  await page.getByRole('button', { name: 'I’ve kept it' }).click(SLOW);
  await expect(ways(page)).toHaveCount(3);

  await page.getByRole('button', { name: 'Give the vault a new key…' }).click();
  await expectAccessible(page);
  await type(page, 'Password or recovery code', PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Keep with a passkey' }).click(SLOW);
  await expect(page.getByText('or it goes: Recovery code.')).toBeVisible(SLOW);
  await page.getByRole('button', { name: 'Make a new key and drop the rest' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0, SLOW);
  await expect(ways(page)).toHaveText([/Password/, /Passkey/]);
  expect((await ask(page)).status).toBe(200);

  await page.keyboard.press('Alt+Shift+L');
  await page.getByRole('button', { name: 'Unlock with a passkey' }).click();
  await expect(page.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
  expect((await ask(page)).status).toBe(200);
  await page.getByText('When it was locked and unlocked').click();
  const events = page.getByRole('group').getByRole('listitem');
  await expect(events.nth(0)).toHaveText(/Unlocked$/);
  await expect(events.nth(1)).toHaveText(/Locked by you$/);
  await expectAccessible(page);
  await context.close();
});

for (const what of ['header', 'slot', 'key'] as const)
  test(`damage is found at the start and repaired from the second copy: ${what}`, async ({
    plainBrowser,
    pwaOrigin,
    upstream,
  }) => {
    test.setTimeout(120_000);
    const context = await plainBrowser.newContext();
    const page = await openPwa(context, pwaOrigin);
    await putBundle(page, openaiAt(upstream));
    await page.goto(`${pwaOrigin}/#/settings`);
    if (what === 'slot') {
      await page.getByRole('button', { name: 'Set a password' }).click();
      await type(page, 'New password', PASSWORD);
      await type(page, 'New password again', PASSWORD);
      await page.keyboard.press('Enter');
      await expect(page.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
    }
    await damage(page, what);
    await page.reload();
    await page.getByRole('button', { name: 'Restore them' }).click(SLOW);
    if (what === 'header') await expectAccessible(page);
    if (what === 'slot') await type(page, 'Password', PASSWORD);
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    await expect(page.getByText('Your saved keys are damaged')).toHaveCount(0, SLOW);
    if (what === 'slot') {
      await page.getByRole('button', { name: 'Lock now' }).click();
      await type(page, 'Password', PASSWORD);
      await page.keyboard.press('Enter');
      await expect(page.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
    }
    expect((await ask(page)).status).toBe(200);
    expect(upstream.received.at(-1)?.headers.authorization).toContain('Bearer sk-canary');
    await context.close();
  });

test('a damaged record of the vault is told once, by the bar that repairs it', async ({
  plainBrowser,
  pwaOrigin,
  upstream,
}) => {
  test.setTimeout(120_000);
  const context = await plainBrowser.newContext();
  const page = await openPwa(context, pwaOrigin);
  await putBundle(page, openaiAt(upstream));
  await damage(page, 'record');
  await page.reload();
  // Beside it, an entry that no repair brings back: the other bar counts that one alone.
  await expect(page.getByText('1 saved entry cannot be read and is not used.')).toBeVisible(SLOW);
  const bar = page.getByRole('alert').filter({ hasText: 'Your saved keys are damaged.' });
  await expect(bar).not.toContainText('Invalid');
  await bar.getByRole('button', { name: 'Restore them' }).click(SLOW);
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(bar).toHaveCount(0, SLOW);
  expect((await ask(page)).status).toBe(200);
  await context.close();
});

test('where the second copy alone is damaged, a new one is made from the keys', async ({
  plainBrowser,
  pwaOrigin,
  upstream,
}) => {
  test.setTimeout(120_000);
  const context = await plainBrowser.newContext();
  const page = await openPwa(context, pwaOrigin);
  await putBundle(page, openaiAt(upstream));
  await damage(page, 'copy');
  await page.reload();
  const bar = page.getByRole('alert').filter({ hasText: 'The second copy of your saved keys' });
  await bar.getByRole('button', { name: 'Make a new one' }).click(SLOW);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Make a new copy' }).click();
  await expect(bar).toHaveCount(0, SLOW);
  await damage(page, 'header');
  await page.reload();
  await page.getByRole('button', { name: 'Restore them' }).click(SLOW);
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(page.getByText('Your saved keys are damaged')).toHaveCount(0, SLOW);
  expect((await ask(page)).status).toBe(200);
  await context.close();
});

test('where nothing is left to restore, keys are erased only after a typed yes', async ({
  plainBrowser,
  pwaOrigin,
  upstream,
}) => {
  test.setTimeout(120_000);
  const context = await plainBrowser.newContext();
  const page = await openPwa(context, pwaOrigin);
  await putBundle(page, openaiAt(upstream));
  await damage(page, 'both');
  await page.goto(`${pwaOrigin}/#/keys`);
  await page.reload();
  await page.getByRole('button', { name: 'What to do' }).click(SLOW);
  await page.getByRole('button', { name: 'Erase the keys instead…' }).click();
  await page.getByRole('button', { name: 'Erase the keys', exact: true }).click();
  await expect(page.getByText('Type “erase” first.')).toBeVisible();
  await type(page, 'Type “erase” to go on', 'erase');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Erase the keys', exact: true }).click();
  await expect(page.getByText('Your saved keys are damaged')).toHaveCount(0, SLOW);
  await putBundle(page, openaiAt(upstream));
  expect((await ask(page)).status).toBe(200);
  await context.close();
});

test('the toolbar shows the lock: a grey icon and a title, and a shortcut locks', async ({
  launch,
  upstream,
}) => {
  test.setTimeout(120_000);
  const gatehouse = await launch();
  const { context, options } = gatehouse;
  await gatehouse.configure(openaiAt(upstream));
  await options.goto(gatehouse.url('extension/options/index.html#/settings'));
  const worker = context.serviceWorkers()[0]!;
  await worker.evaluate(() => {
    const holder = globalThis as { shown?: string[] };
    holder.shown = [];
    const native = chrome.action.setIcon.bind(chrome.action);
    chrome.action.setIcon = (details: chrome.action.TabIconDetails) => {
      const image = Object.values(details.imageData ?? {})[0] as ImageData | undefined;
      const colours = image ? [...image.data] : [];
      const isGrey = colours.every((value, at) => at % 4 === 3 || value === colours[at - (at % 4)]);
      const isDrawn = colours.some((value, at) => at % 4 === 3 && value > 0);
      holder.shown?.push(image ? (isGrey && isDrawn ? 'grey' : 'wrong') : 'coloured');
      return native(details);
    };
  });
  const shown = () => worker.evaluate(() => (globalThis as { shown?: string[] }).shown?.at(-1));
  const title = () => worker.evaluate(() => chrome.action.getTitle({}));
  await options.getByRole('button', { name: 'Set a password' }).click();
  await type(options, 'New password', PASSWORD);
  await type(options, 'New password again', PASSWORD);
  await options.keyboard.press('Enter');
  await expect(options.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);

  expect(
    (await worker.evaluate(() => chrome.commands.getAll())).map(({ name, shortcut }) => [
      name,
      shortcut,
    ]),
  ).toContainEqual(['lock', 'Alt+Shift+L']);
  await worker.evaluate(() => {
    const { onCommand } = chrome.commands as unknown as {
      onCommand: { dispatch(command: string): void };
    };
    onCommand.dispatch('lock');
  });
  await expect(options.getByRole('dialog', { name: 'Gatehouse is locked' })).toBeVisible(SLOW);
  await expect.poll(title).toBe('Gatehouse is locked');
  await expect.poll(shown).toBe('grey');
  await type(options, 'Password', PASSWORD);
  await options.keyboard.press('Enter');
  await expect.poll(title, SLOW).toBe('Gatehouse');
  await expect.poll(shown).toBe('coloured');
});
