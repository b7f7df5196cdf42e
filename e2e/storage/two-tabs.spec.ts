/** Row O7: two tabs that edit the same thing overwrite nothing without a word. */
import { expect, openPwa, test } from '../fixtures.ts';
import { putBundle } from '../gatehouse.ts';

const SLOW = { timeout: 30_000 };

test('a model and a provider that another tab changed meanwhile are told of before they are saved', async ({
  plainBrowser,
  pwaOrigin,
}) => {
  test.setTimeout(120_000);
  const context = await plainBrowser.newContext();
  const first = await openPwa(context, pwaOrigin);
  await putBundle(first, {
    providers: [
      { id: 'box', name: 'Box', format: 'openai-chat', baseUrl: 'https://box.example/v1' },
    ],
    models: [{ id: 'turbo', routes: [{ provider: 'box', model: 'x' }] }],
  });
  const second = await openPwa(context, pwaOrigin);
  for (const page of [first, second]) {
    await page.goto(`${pwaOrigin}/#/models`);
    await page.getByRole('button', { name: 'Actions for turbo' }).click(SLOW);
    await page.getByRole('menuitem', { name: 'Edit…' }).click();
  }
  await first.getByLabel('Takes at most so many tokens').fill('1000');
  await first.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(first.getByRole('dialog')).toHaveCount(0);
  await second.getByLabel('Takes at most so many tokens').fill('2000');
  await second.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(second.getByRole('alert')).toContainText('changed in another tab meanwhile');
  const stored = () =>
    second.evaluate(async () => {
      const response = await fetch('https://gatehouse.invalid/api/bundle?sections=models');
      return (await response.json()).models[0].contextWindow as number;
    });
  expect(await stored()).toBe(1000);
  await second.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(second.getByRole('dialog')).toHaveCount(0);
  expect(await stored()).toBe(2000);
  await context.close();
});

test('settings and a site that two tabs change are put together', async ({
  plainBrowser,
  pwaOrigin,
}) => {
  test.setTimeout(120_000);
  const context = await plainBrowser.newContext();
  const first = await openPwa(context, pwaOrigin);
  await putBundle(first, {
    sites: [{ origin: 'https://app.example', decision: 'allow', scopes: ['chat'], models: ['*'] }],
  });
  const second = await openPwa(context, pwaOrigin);
  const stored = () =>
    first.evaluate(async () => {
      const url = 'https://gatehouse.invalid/api/bundle?sections=settings,sites';
      const { settings, sites } = await (await fetch(url)).json();
      return {
        theme: settings.theme as unknown,
        sendWithEnter: settings.sendWithEnter as unknown,
        limits: sites[0].limits as unknown,
      };
    });
  for (const page of [first, second]) await page.goto(`${pwaOrigin}/#/settings`);
  await first.getByLabel('Theme').selectOption('dark');
  await second.getByLabel('Send with Enter').click();
  await expect.poll(stored).toMatchObject({ theme: 'dark', sendWithEnter: false });

  for (const page of [first, second]) {
    await page.goto(`${pwaOrigin}/#/sites`);
    await page.locator('summary').filter({ hasText: 'app.example' }).click(SLOW);
  }
  await first.getByLabel('Dollars a day').fill('2');
  await first.keyboard.press('Enter');
  await expect.poll(stored).toMatchObject({ limits: { usdPerDay: 2 } });
  await expect(second.getByLabel('Dollars a day'), 'the other tab hears of it').toHaveValue('2');
  await second.getByLabel('Requests a minute').fill('30');
  await second.keyboard.press('Enter');
  await expect.poll(stored).toMatchObject({ limits: { usdPerDay: 2, requestsPerMinute: 30 } });
  await context.close();
});
