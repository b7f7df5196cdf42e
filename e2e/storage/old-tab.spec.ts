/** Threat 19: an older tab that holds the database is told of, waited for, and does no harm. */
import { expect, test } from '../fixtures.ts';
import type { Page } from '@playwright/test';
import { holdVersion1 } from './old-tab.ts';

const SLOW = { timeout: 60_000 };
const HELD = 'Another tab holds an older version of Gatehouse. Close it, or reload it, to go on.';

/** In both themes and at both widths, where someone wants to look. */
async function shoot(page: Page, name: string): Promise<void> {
  if (!process.env.SHOTS) return;
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of name === 'popup' ? [360] : [360, 1280]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 600 });
      await page.screenshot({ path: `${process.env.SHOTS}/${name}-${colorScheme}-${width}.png` });
    }
}

const askModels = (page: Page) =>
  page.evaluate(async () => {
    const response = await fetch('https://gatehouse.invalid/v1/models');
    return { status: response.status, text: await response.text() };
  });

test('the PWA says that an older tab holds the database, and goes on when that is closed', async ({
  plainBrowser,
  pwaOrigin,
}) => {
  test.setTimeout(180_000);
  const context = await plainBrowser.newContext();
  const old = await context.newPage();
  // A file of this origin that runs no script of ours.
  await old.goto(`${pwaOrigin}/version.json`);
  await holdVersion1(old);
  const page = await context.newPage();
  await page.goto(pwaOrigin);
  const bar = page.getByRole('alert').filter({ hasText: HELD });
  await expect(bar).toBeVisible(SLOW);
  await shoot(page, 'blocked');
  const late = await context.newPage();
  await late.goto(`${pwaOrigin}/#/models`);
  await expect(late.getByText(HELD), 'also for who waits behind another').toBeVisible(SLOW);

  await old.close();
  await expect(bar).toBeHidden(SLOW);
  await expect(late.getByText(HELD)).toBeHidden(SLOW);
  await expect(late.getByText('kept').first()).toBeVisible(SLOW);
  await context.close();
});

test('the extension’s popup and pages say it, a site’s call waits, and all goes on when it is closed', async ({
  launch,
  site,
}) => {
  test.setTimeout(180_000);
  const { context, options, url, configure, stopWorker } = await launch();
  const app = await site();
  await configure({});
  await options.goto(url('manifest.json'));
  await stopWorker();
  await holdVersion1(options);

  const popup = await context.newPage();
  await popup.goto(url('extension/popup/index.html'));
  await expect(popup.getByRole('alert')).toHaveText(HELD, SLOW);
  await shoot(popup, 'popup');
  const screen = await context.newPage();
  await screen.goto(url('extension/options/index.html#/models'));
  await expect(screen.getByText(HELD)).toBeVisible(SLOW);
  const page = await context.newPage();
  await page.goto(app.url);
  const call = askModels(page);

  const window = context.waitForEvent('page', { ...SLOW });
  await options.close();
  await expect(popup.getByText(HELD)).toBeHidden(SLOW);
  await expect(screen.getByText(HELD)).toBeHidden(SLOW);
  await expect(screen.getByText('kept').first()).toBeVisible(SLOW);
  await expect((await window).getByRole('heading', { level: 1 })).toBeVisible(SLOW);
  await (await window).close();
  expect((await call).status).toBe(403);
});

test('a tab that is the older one lets go, and says that it is to be loaded anew', async ({
  pwa,
}) => {
  // It holds the database: a screen has read from it.
  await expect
    .poll(() => pwa.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)))
    .toContain('gatehouse');
  const newer = await pwa.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const opening = indexedDB.open('gatehouse', 99);
        opening.onsuccess = () => {
          opening.result.close();
          resolve('opened');
        };
        opening.onblocked = () => resolve('blocked');
      }),
  );
  expect(newer).toBe('opened');
  const bar = pwa.getByRole('alert').filter({ hasText: 'Gatehouse was updated in another tab.' });
  await expect(bar).toBeVisible();
  await shoot(pwa, 'superseded');
  await Promise.all([
    pwa.waitForEvent('load'),
    bar.getByRole('button', { name: 'Reload' }).click(),
  ]);
});
