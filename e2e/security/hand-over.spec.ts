/**
 * Row X6: what is set up goes from the extension to the app and back, in one browser. It starts in a
 * page of Gatehouse's own, and the other side is asked with the difference before its eyes.
 */
import type { Locator, Page } from '@playwright/test';
import { CANARY_KEY, expect, openaiAt, openPwa, test } from '../fixtures.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { expectAccessible } from './accessible.ts';

const PWA_KEY = 'sk-canary-of-the-app-81d2c3b4a5968778-only-here';
const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

/** The app's page at its screen, in the browser with the extension. */
async function openApp(gatehouse: Gatehouse, pwaOrigin: string): Promise<Page> {
  const app = await openPwa(gatehouse.context, pwaOrigin);
  // Before a script of the app listens.
  await app.addInitScript(() => {
    const heard: string[] = [];
    Object.assign(globalThis, { heard });
    addEventListener('gatehouse:hand-over', (event) => {
      const { detail } = event as CustomEvent<{ said: unknown; reply(value: unknown): void }>;
      const { said, reply } = detail;
      heard.push(JSON.stringify(said));
      detail.reply = (value) => {
        heard.push(JSON.stringify(value));
        reply(value);
      };
    });
  });
  await app.reload();
  await app.goto(`${pwaOrigin}#/transfer`);
  await expect(section(app, 'To the extension')).toBeVisible();
  return app;
}

/** The extension's page at the same screen. */
async function openOwn({ context, url }: Gatehouse): Promise<Page> {
  const own = await context.newPage();
  await own.goto(url('extension/options/index.html#/transfer'));
  return own;
}

/** Makes the app's configuration by its own worker. */
async function configureApp(app: Page, bundle: object): Promise<void> {
  await app.evaluate(
    async (body) => {
      const answer = await fetch('/api/bundle?mode=replace', { method: 'PUT', body });
      if (!answer.ok) throw new Error(await answer.text());
    },
    JSON.stringify({ format: 'gatehouse-bundle', version: 1, ...bundle }),
  );
}

/** All that a script of the page could see of the events and their answers. */
const overheard = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard.join('\n'));

/** The button takes no press in its first moments: again, until it is taken. */
async function press(part: Locator): Promise<void> {
  const button = part.getByRole('button', { name: /^import \d+ change/i });
  await expect(async () => {
    await button.click({ timeout: 1_000 }).catch(() => undefined);
    await expect(button).toHaveCount(0, { timeout: 300 });
  }).toPass({ timeout: 15_000 });
}

const offerTab = (gatehouse: Gatehouse) =>
  gatehouse.context.waitForEvent('page', {
    predicate: (page) => page.url().includes('#/transfer/'),
    timeout: 15_000,
  });

const exported = (page: Page, base: string) =>
  page.evaluate(async (address) => (await fetch(`${address}/api/bundle`)).json(), base);

/** The extension's keys, as a screen may show them. */
async function keysOf(gatehouse: Gatehouse): Promise<string> {
  const page = await gatehouse.context.newPage();
  await page.goto(gatehouse.url('extension/options/index.html#/keys'));
  await expect(page.getByRole('heading', { name: 'Keys', exact: true })).toBeVisible();
  await page.waitForLoadState('networkidle');
  const text = await page.locator('main').innerText();
  await page.close();
  return text;
}

test.describe.configure({ timeout: 120_000 });

test('with the extension beside it, the app is still its own: its bundle, its chat, no question', async ({
  gatehouse,
  configure,
  pwaOrigin,
}) => {
  await configure({});
  const app = await openApp(gatehouse, pwaOrigin);
  await configureApp(app, {
    models: [{ id: 'of-the-app', routes: [{ provider: 'mock', model: 'echo' }] }],
  });
  const download = app.waitForEvent('download');
  await section(app, 'Export').getByRole('button', { name: 'Save the file' }).click();
  const stream = await (await download).createReadStream();
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  expect(Buffer.concat(pieces).toString()).toContain('of-the-app');
  await app.goto(`${pwaOrigin}#/chat`);
  await app.getByRole('textbox', { name: /message/i }).fill('Whose words?');
  await app.keyboard.press('Enter');
  await expect(app.getByRole('log')).toContainText('Whose words?');
  await expect(app.getByText(/mock|echo/i).first()).toBeVisible();
  expect(gatehouse.consentWindows()).toEqual([]);
  await app.close();
});

test('app to extension: one press there, one here, and the keys are in the clear nowhere between', async ({
  gatehouse,
  configure,
  pwaOrigin,
  upstream,
}) => {
  await configure({});
  const app = await openApp(gatehouse, pwaOrigin);
  await configureApp(app, {
    ...openaiAt(upstream, 'https://notes.example.com'),
    keys: [{ provider: 'openai', label: 'of the app', secret: PWA_KEY }],
  });
  const opening = offerTab(gatehouse);
  await app.getByRole('button', { name: 'Send to the extension' }).click();
  const tab = await opening;
  const offer = section(tab, 'From the app');
  await expect(offer).toContainText(new URL(pwaOrigin).host);
  await expect(offer).toContainText('Nothing is written before you press');
  // A permission is given by the person, not by a page.
  await expect(offer.getByRole('checkbox', { name: /site permissions/i })).not.toBeChecked();
  await expectAccessible(tab);
  expect(await keysOf(gatehouse)).not.toContain('of the app');
  await press(offer);
  await expect(offer).toContainText('Imported.');
  await expect(app.getByText('The extension has taken it.')).toBeVisible();
  expect(await keysOf(gatehouse)).toContain('of the app');
  const has = await exported(gatehouse.options, 'https://gatehouse.invalid');
  expect(has.providers).toMatchObject([{ id: 'openai', baseUrl: upstream.url }]);
  expect(has.sites).toEqual([]);
  const all = await overheard(app);
  expect(all).toContain('encryptedKeys');
  expect(all).not.toContain(PWA_KEY);
  await Promise.all([app.close(), tab.close()]);
});

test('extension to app: the person names the page, and is asked there', async ({
  gatehouse,
  configure,
  pwaOrigin,
  upstream,
}) => {
  await configure(openaiAt(upstream, 'https://notes.example.com'));
  const app = await openApp(gatehouse, pwaOrigin);
  await configureApp(app, { providers: [], keys: [], models: [], sites: [], settings: {} });
  const own = await openOwn(gatehouse);
  const toApp = section(own, 'To the app');
  await expect(toApp.getByRole('listitem')).toContainText(new URL(pwaOrigin).host);
  await expect(toApp).toContainText('send them only to one that is your own');
  await expectAccessible(own);
  await toApp.getByRole('button', { name: /^send to/i }).click();
  const given = section(app, 'From the extension');
  await expect(given).toContainText('What the extension has');
  await expectAccessible(app);
  expect((await exported(app, '')).providers).toEqual([]);
  await press(given);
  await expect(given).toContainText('Imported.');
  await expect(toApp).toContainText('has taken it.');
  expect((await exported(app, '')).providers).toMatchObject([{ id: 'openai' }]);
  await app.goto(`${pwaOrigin}#/keys`);
  await expect(app.locator('main')).toContainText('main');
  const all = await overheard(app);
  expect(all).toContain('encryptedKeys');
  expect(all).not.toContain(CANARY_KEY);
  await Promise.all([app.close(), own.close()]);
});

test('a no is a no on either side, and changes nothing', async ({
  gatehouse,
  configure,
  pwaOrigin,
  upstream,
}) => {
  await configure(openaiAt(upstream));
  const app = await openApp(gatehouse, pwaOrigin);
  await configureApp(app, {
    providers: [{ id: 'groq', baseUrl: upstream.url }],
    keys: [],
    models: [],
    sites: [],
    settings: {},
  });
  const opening = offerTab(gatehouse);
  await app.getByRole('button', { name: 'Send to the extension' }).click();
  const tab = await opening;
  await section(tab, 'From the app').getByRole('button', { name: 'Don’t take it' }).click();
  await expect(tab.getByText('You did not take it.')).toBeVisible();
  await expect(app.getByText('It was not taken.')).toBeVisible();
  const has = await exported(gatehouse.options, 'https://gatehouse.invalid');
  expect(has.providers).toMatchObject([{ id: 'openai' }]);
  await tab.close();

  const own = await openOwn(gatehouse);
  const toApp = section(own, 'To the app');
  await toApp.getByRole('button', { name: /^send to/i }).click();
  await section(app, 'From the extension').getByRole('button', { name: 'Don’t take it' }).click();
  await expect(toApp).toContainText('has not taken it.');
  // And where the page goes away, that is told.
  await toApp.getByRole('button', { name: /^send to/i }).click();
  await expect(section(app, 'From the extension')).toBeVisible();
  await app.close();
  await expect(toApp.getByRole('alert')).toContainText('The page of the app is gone.');
  await own.close();
});

/** What a page does that is not the app, and says that it is. */
const HOSTILE = `<script>
  const bundle = { format: 'gatehouse-bundle', version: 1,
    providers: [{ id: 'openai', baseUrl: 'https://evil.example/v1' }],
    sites: [{ origin: location.origin, decision: 'allow', scopes: ['chat', 'raw'] }] };
  globalThis.id = 'x'.repeat(32);
  globalThis.heard = [];
  addEventListener('gatehouse:hand-over', (event) => {
    event.preventDefault();
    const { said, reply } = event.detail;
    heard.push(said);
    if (said.name === 'hello') return reply({ value: { offers: id } });
    if (said.name === 'take') return reply({ value: { bundle } });
    if (said.name === 'prepare') return reply({ value: { publicKey: globalThis.publicKey ?? 'none' } });
    reply({ value: { outcome: 'imported' } });
  });
  globalThis.offer = () => fetch('https://gatehouse.invalid/api/transfer', {
    method: 'POST', body: JSON.stringify({ id }) }).then(async (answer) => [answer.status, await answer.json()]);
  dispatchEvent(new Event('gatehouse:request'));
</script>`;

test('a page that says that it is the app gets no key, and changes no address by itself', async ({
  gatehouse,
  context,
  configure,
  site,
  page,
  upstream,
}) => {
  await configure(openaiAt(upstream));
  const evil = await site({ body: HOSTILE, csp: null });
  await page.goto(evil.url);
  // Nothing that a page says makes the extension speak of keys.
  await page.evaluate(() => {
    for (const name of ['hello', 'take', 'prepare', 'give', 'ended'])
      dispatchEvent(
        new CustomEvent('gatehouse:hand-over', {
          detail: { said: { name, asked: {} }, reply() {} },
        }),
      );
  });
  for (const path of ['/api/bundle', '/api/bundle?keys=x', '/api/transfer'])
    expect(
      await page.evaluate(
        async (address) => (await fetch(`https://gatehouse.invalid${address}`)).status,
        path,
      ),
    ).toBeGreaterThanOrEqual(400);
  const opening = offerTab(gatehouse);
  const offer = () =>
    page.evaluate(() => (globalThis as unknown as { offer(): Promise<[number, object]> }).offer());
  expect((await offer())[0]).toBe(202);
  const tab = await opening;
  const shown = section(tab, 'From the app');
  await expect(shown).toContainText(new URL(evil.url).host);
  await expect(shown.getByRole('alert')).toContainText('Calls would go to another server.');
  await expect(shown.getByRole('alert')).toContainText('https://evil.example/v1');
  await expect(shown.getByRole('checkbox', { name: /site permissions/i })).not.toBeChecked();
  // While it is shown there is no other, from anyone.
  const again = await Promise.all(Array.from({ length: 20 }, offer));
  expect(new Set(again.map(([status]) => status))).toEqual(new Set([409]));
  expect(context.pages().filter((each) => each.url().includes('#/transfer/'))).toHaveLength(1);
  const has = await exported(gatehouse.options, 'https://gatehouse.invalid');
  expect(has.providers).toMatchObject([{ id: 'openai', baseUrl: upstream.url }]);
  // A click that a script makes takes nothing, and a press as it comes into sight does neither.
  await shown
    .getByRole('button', { name: /^import \d+ change/i })
    .evaluate((button: HTMLButtonElement) => button.click());
  await tab.waitForTimeout(500);
  await expect(shown).not.toContainText('Enter these keys again');
  // Even where the person takes it: the saved key stays with its old address.
  await press(shown);
  await expect(shown).toContainText('Enter these keys again');
  await tab.close();

  // It is listed by its origin; a public key that is none is refused.
  const own = await openOwn(gatehouse);
  const toApp = section(own, 'To the app');
  await expect(toApp.getByRole('listitem')).toContainText(new URL(evil.url).host);
  await toApp.getByRole('button', { name: /^send to/i }).click();
  await expect(toApp.getByRole('alert')).toContainText('public key');
  const heard = await page.evaluate(() =>
    JSON.stringify((globalThis as unknown as { heard: unknown }).heard),
  );
  expect(heard).not.toContain(CANARY_KEY);
  expect(heard).not.toContain('encryptedKeys');
  await own.close();
});

test('a frame, a sandbox and a page of another origin can not offer or take up an offer', async ({
  gatehouse,
  configure,
  context,
  site,
  page,
}) => {
  await configure({});
  const [outer, inner] = [await site({ csp: null }), await site({ body: HOSTILE, csp: null })];
  await page.goto(outer.url);
  await page.evaluate((address) => {
    const frame = document.createElement('iframe');
    frame.src = address;
    document.body.append(frame);
    const boxed = document.createElement('iframe');
    boxed.sandbox.add('allow-scripts');
    boxed.srcdoc = '<p>boxed</p>';
    document.body.append(boxed);
  }, inner.url);
  await expect.poll(() => page.frames().length).toBe(3);
  for (const frame of page.frames().slice(1)) {
    const status = await frame.evaluate(async () => {
      const answer = await fetch('https://gatehouse.invalid/api/transfer', {
        method: 'POST',
        body: JSON.stringify({ id: 'x'.repeat(32) }),
      });
      return answer.status;
    });
    expect(status).toBe(403);
  }
  // An offer whose page has another origin than the tab was told of is gone.
  const tab = await context.newPage();
  await tab.goto(
    gatehouse.url(
      `extension/options/index.html#/transfer/${'x'.repeat(32)}?from=${encodeURIComponent(inner.url)}`,
    ),
  );
  await expect(section(tab, 'From the app').getByRole('alert')).toContainText('gone');
  await tab.close();
});
