/** Row T6: what cannot be read is told, kept, and deleted only by the person. */
import { readFile } from 'node:fs/promises';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { CANARY_KEY, expect, test } from '../fixtures.ts';

/** Writes past all checks, as a fault or another version would. */
const write = (page: Page, store: string, record: object, key?: string) =>
  page.evaluate(
    ([name, value, at]) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('gatehouse');
        opening.onerror = () => reject(new Error('It does not open.'));
        opening.onsuccess = () => {
          const database = opening.result;
          const transaction = database.transaction(name, 'readwrite');
          transaction.objectStore(name).put(value, at);
          transaction.oncomplete = () => (database.close(), resolve());
          transaction.onabort = () => reject(new Error('It was not written.'));
        };
      }),
    [store, record, key] as const,
  );

test('a spoiled record is told with its reason, copied without secrets, deleted when confirmed; the rest works', async ({
  pwa,
  configurePwa,
}) => {
  await configurePwa({ providers: [{ id: 'fine', baseUrl: 'https://fine.example/v1' }] });
  const bar = pwa.getByRole('status').filter({ hasText: 'cannot be read' });
  await expect(bar).toHaveCount(0);
  const spoiled = { id: 'spoiled', baseUrl: 7, headers: { authorization: CANARY_KEY } };
  await write(pwa, 'providers', spoiled);
  await write(pwa, 'settings', { theme: 'dark', idleTimeoutMs: 'soon' }, 'settings');
  await pwa.reload();
  await expect(bar).toContainText('2 saved entries cannot be read and are not used.');
  await expect(pwa.locator('html')).toHaveAttribute('data-theme', 'dark');

  await bar.getByRole('button', { name: 'What to do' }).press('Enter');
  await expect(pwa.getByRole('heading', { level: 1 })).toHaveText('Entries that cannot be read');
  await expect(bar).toHaveCount(0);
  const entry = pwa.getByRole('region', { name: 'Provider spoiled' });
  await expect(entry).toContainText('baseUrl: ');
  for (const colorScheme of ['light', 'dark'] as const) {
    await pwa.emulateMedia({ reducedMotion: 'reduce' });
    await pwa.evaluate((theme) => (document.documentElement.dataset.theme = theme), colorScheme);
    const { violations } = await new AxeBuilder({ page: pwa }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    if (process.env.SHOTS)
      for (const width of [360, 1280]) {
        await pwa.setViewportSize({ width, height: 700 });
        await pwa.screenshot({ path: `${process.env.SHOTS}/aside-${colorScheme}-${width}.png` });
      }
  }

  const downloading = pwa.waitForEvent('download');
  await pwa.getByRole('button', { name: 'Save a copy of Provider spoiled' }).click();
  const copy = await readFile(await (await downloading).path(), 'utf8');
  expect(JSON.parse(copy)).toMatchObject({ key: 'spoiled', record: { id: 'spoiled', baseUrl: 7 } });
  expect(copy).not.toContain(CANARY_KEY);
  expect(await pwa.content()).not.toContain(CANARY_KEY);

  const dialog = pwa.getByRole('dialog');
  await pwa.getByRole('button', { name: 'Delete Provider spoiled' }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(entry, 'Cancel keeps it').toBeVisible();
  await pwa.getByRole('button', { name: 'Delete Provider spoiled' }).click();
  await expect(dialog).toContainText('It goes for good.');
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(entry).toHaveCount(0);
  await pwa.getByRole('button', { name: 'Delete Settings' }).click();
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(pwa.getByText('Everything that is saved can be read.')).toBeVisible();

  await pwa.evaluate(() => (location.hash = '#/keys'));
  await expect(
    pwa
      .getByText('fine.example')
      .or(pwa.getByText('fine', { exact: true }))
      .first(),
  ).toBeVisible();
  await pwa.reload();
  await expect(pwa.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(bar).toHaveCount(0);
});
