import { expect, test } from '../fixtures.ts';
import { answers, box, log, say, settled } from './chat-page.ts';

test('offline it opens, reads history, chats with the echo model and edits settings', async ({
  pwa,
}) => {
  await say(pwa, 'written while there was a network');
  // Before an answer there is no Stop button yet, whose absence would look like the end.
  await expect(answers(pwa).last()).toContainText('written while there was a network');
  await settled(pwa);
  await pwa.context().setOffline(true);

  await pwa.reload();
  await expect(log(pwa)).toContainText('written while there was a network');
  await say(pwa, 'written without one');
  await expect(answers(pwa).last()).toContainText('written without one');
  await expect(answers(pwa).last()).toContainText('mock');

  for (const name of ['Keys', 'Models', 'Sites', 'Settings']) {
    await pwa.getByRole('link', { name, exact: true }).click();
    await expect(pwa.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(pwa).toHaveTitle(`${name} · Gatehouse`);
  }
  await pwa.getByRole('link', { name: 'Chat', exact: true }).click();
  await expect(box(pwa)).toBeVisible();
});

test('it can be installed: a manifest with icons, and a worker that answers offline', async ({
  pwa,
}) => {
  const client = await pwa.context().newCDPSession(pwa);
  const { errors, url } = await client.send('Page.getAppManifest');
  expect(url).toMatch(/manifest\.webmanifest$/);
  expect(errors).toEqual([]);
  const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});

test('its pages alone reach the router on its own origin', async ({ pwa, pwaOrigin }) => {
  const status = (path: string) =>
    pwa.evaluate(async (url) => (await fetch(url)).status, `${pwaOrigin}${path}`);
  expect(await status('/v1/models')).toBe(200);
  expect(await status('/ping')).toBe(200);
  expect(await status('/v1/nothing')).toBe(404);
  // A navigation, which any site can cause, never gets there.
  const response = await pwa.goto(`${pwaOrigin}/v1/models`);
  expect(response?.status()).toBe(404);
});
