/** What is on the disk: no secret after the lock, every acknowledged write after a crash, all of it when the disk is full. */
import { chromium, type Page } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/chromium.mjs';
import { CANARY_KEY, expect, openaiAt, openPwa, test } from '../fixtures.ts';
import { putBundle, toBundle } from '../gatehouse.ts';
import { startBrowser } from './browser-process.ts';
import { findOnDisk, withProfile } from './disk.ts';

const SLOW = { timeout: 30_000 };
const PASSWORD = 'canary-password-7f3a91c2-horse';
const PROMPT = 'canary-prompt-2c9e41d7-whale';
/** Stored in plain words: that it is found shows that the search finds what is there. */
const LABEL = 'canary-label-58b1d0aa-raven';

const figure = (description: string) =>
  test.info().annotations.push({ type: 'figure', description });

async function setPassword(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Set a password' }).click();
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('New password again').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
}

const chat = (page: Page) =>
  page.evaluate(
    async (content) =>
      (
        await fetch('https://gatehouse.invalid/v1/chat/completions', {
          method: 'POST',
          body: JSON.stringify({ model: 'openai/m1', messages: [{ role: 'user', content }] }),
        })
      ).status,
    PROMPT,
  );

async function expectNoSecret(profile: string, more: Uint8Array[] = []): Promise<void> {
  expect((await findOnDisk(profile, LABEL)).length, 'the search finds').toBeGreaterThan(0);
  for (const secret of [CANARY_KEY, PASSWORD, PROMPT, ...more])
    expect(await findOnDisk(profile, secret)).toEqual([]);
  figure(`${3 + more.length} canaries, 0 found`);
}

test('the extension’s profile holds no key, password, vault key or prompt after use and lock', async ({
  launch,
  site,
  upstream,
}) => {
  test.setTimeout(120_000);
  await withProfile(async (profile) => {
    const gatehouse = await launch({ profile });
    const { context, options } = gatehouse;
    const app = await site();
    const bundle = openaiAt(upstream, app.origin);
    // Under "no password" first, so that nothing of that time is left either.
    await gatehouse.configure({ ...bundle, keys: [{ ...bundle.keys![0], label: LABEL }] });
    await options.goto(gatehouse.url('extension/options/index.html#/settings'));
    await setPassword(options);
    const page = await context.newPage();
    await page.goto(app.url);
    expect(await chat(page)).toBe(200);
    const worker = context.serviceWorkers()[0]!;
    const key = await worker.evaluate(
      async () =>
        ((await chrome.storage.session.get('vault key'))['vault key'] as { key: number[] }).key,
    );
    expect(key).toHaveLength(32);
    await options.bringToFront();
    await options.getByRole('button', { name: 'Lock now' }).click();
    await expect(options.getByRole('dialog', { name: 'Gatehouse is locked' })).toBeVisible();
    await gatehouse.close();
    await expectNoSecret(profile, [Uint8Array.from(key)]);
  });
});

test('the PWA’s profile holds no key, password or prompt after use and lock', async ({
  pwaOrigin,
  upstream,
}) => {
  test.setTimeout(120_000);
  await withProfile(async (profile) => {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: findChromium(),
      args: CHROMIUM_ARGUMENTS,
    });
    const page = await openPwa(context, pwaOrigin);
    const bundle = openaiAt(upstream);
    await putBundle(page, { ...bundle, keys: [{ ...bundle.keys![0], label: LABEL }] });
    await page.goto(`${pwaOrigin}/#/settings`);
    await setPassword(page);
    expect(await chat(page)).toBe(200);
    await page.getByRole('button', { name: 'Lock now' }).click();
    await expect(page.getByRole('dialog', { name: 'Gatehouse is locked' })).toBeVisible();
    await context.close();
    await expectNoSecret(profile);
  });
});

const toKey = (secret: string) => ({ provider: 'openai', label: secret, secret });

/** PUTs keys one after the other, for ever; each that was acknowledged is told at once. */
async function saveForEver(page: Page, round: number): Promise<void> {
  await page.evaluate(
    ({ envelope, from }) => {
      const told = globalThis as unknown as { saved(secret: string): Promise<void> };
      const run = async () => {
        for (let count = 0; ; count++) {
          const secret = `sk-kept-${from}-${count}-0123456789abcdef`;
          const body = { ...envelope, keys: [{ provider: 'openai', label: secret, secret }] };
          const response = await fetch('https://gatehouse.invalid/api/bundle?mode=merge', {
            method: 'PUT',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          });
          if (response.status === 200) await told.saved(secret);
        }
      };
      void run();
    },
    {
      envelope: { format: 'gatehouse-bundle', version: 1, createdAt: new Date().toISOString() },
      from: round,
    },
  );
}

const SIGKILLS = Number(process.env.SIGKILLS ?? 3);

test(`what was acknowledged survives ${SIGKILLS} SIGKILLs of the browser while it writes`, async ({
  pwaOrigin,
  upstream,
}) => {
  test.setTimeout(60_000 + SIGKILLS * 30_000);
  await withProfile(async (profile) => {
    const saved: string[] = [];
    for (let round = 0; round <= SIGKILLS; round++) {
      const browser = await startBrowser(profile);
      const page = await openPwa(browser.context, pwaOrigin);
      if (round === 0) await putBundle(page, { ...openaiAt(upstream), keys: [] });
      const bundle = toBundle({});
      const { keys } = await page.evaluate(
        async (body) => {
          const response = await fetch('https://gatehouse.invalid/api/bundle?mode=merge&dryRun=1', {
            method: 'PUT',
            headers: { 'content-type': 'application/json' },
            body,
          });
          return (await response.json()) as { keys?: Record<string, unknown[]> };
        },
        JSON.stringify({
          format: bundle.format,
          version: bundle.version,
          createdAt: bundle.createdAt,
          keys: saved.map(toKey),
        }),
      );
      // A key is known by its secret, so each of them was opened.
      expect(keys?.unchanged ?? [], `after the kill of round ${round}`).toHaveLength(saved.length);
      expect([keys?.add ?? [], keys?.overwrite ?? []]).toEqual([[], []]);
      await expect(page.getByText('Your saved keys are damaged')).toHaveCount(0);
      if (round < SIGKILLS) {
        await page.exposeFunction('saved', (secret: string) => saved.push(secret));
        await saveForEver(page, round);
        const before = saved.length;
        await expect.poll(() => saved.length, SLOW).toBeGreaterThan(before + 2);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
      }
      await browser.kill();
    }
    expect(saved.length).toBeGreaterThan(SIGKILLS * 2);
    figure(`${SIGKILLS} SIGKILLs, ${saved.length} acknowledged, 0 lost`);
  });
});

/** Room for the app itself and some more. */
const DISK = 24 * 1024 * 1024;

/** Fills what the browser gives to this origin, in ever smaller pieces. */
async function fillDisk(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const opening = indexedDB.open('junk');
    opening.onupgradeneeded = () =>
      opening.result.createObjectStore('junk', { autoIncrement: true });
    await new Promise((done) => (opening.onsuccess = done));
    const write = (bytes: number) =>
      new Promise<boolean>((done) => {
        const transaction = opening.result.transaction('junk', 'readwrite');
        transaction.oncomplete = () => done(true);
        transaction.onabort = () => done(false);
        const junk = crypto.getRandomValues(new Uint8Array(Math.min(bytes, 65_536)));
        const value = Array.from({ length: Math.ceil(bytes / junk.length) }, () => junk.slice());
        transaction.objectStore('junk').add(value);
      });
    for (const bytes of [1_048_576, 65_536, 4_096, 256]) while (await write(bytes));
    opening.result.close();
  });
}

test('a full disk: a clear error, and what was there stays and works', async ({
  plainBrowser,
  pwaOrigin,
  upstream,
}) => {
  test.setTimeout(120_000);
  const context = await plainBrowser.newContext();
  const first = await context.newPage();
  const session = await context.newCDPSession(first);
  await session.send('Storage.overrideQuotaForOrigin', { origin: pwaOrigin, quotaSize: DISK });
  const page = await openPwa(context, pwaOrigin);
  await putBundle(page, openaiAt(upstream));
  await fillDisk(page);
  const save = (secret: string) =>
    page.evaluate(async (key) => {
      const response = await fetch('https://gatehouse.invalid/api/bundle?mode=merge', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          format: 'gatehouse-bundle',
          version: 1,
          createdAt: new Date().toISOString(),
          keys: [key],
        }),
      });
      return { status: response.status, text: await response.text() };
    }, toKey(secret));
  const refused = await save('sk-too-much-0123456789abcdef');
  expect(refused.text).toContain('storage_full');
  expect(refused.text).toContain('Nothing was changed');
  expect(refused.text).not.toContain('sk-too-much-0123456789abcdef');
  expect(await chat(page), 'the key that was there').toBe(200);

  await page.goto(`${pwaOrigin}/#/settings`);
  await page.getByRole('button', { name: 'Set a password' }).click();
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('New password again').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByText('The disk has no room left')).toBeVisible(SLOW);
  expect(await chat(page), 'still without a password').toBe(200);

  await page.evaluate(
    () => new Promise((done) => (indexedDB.deleteDatabase('junk').onsuccess = done)),
  );
  await page.keyboard.press('Escape');
  await setPassword(page);
  expect((await save('sk-after-0123456789abcdefgh')).status).toBe(200);
  expect(await chat(page)).toBe(200);
  await context.close();
});
