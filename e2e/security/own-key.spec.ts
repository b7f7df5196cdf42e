/** Row SP9 in the real browser: a page's own key is ignored, until the person lets its site bring one. */
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { CANARY_KEY, expect, openaiAt, test } from '../fixtures.ts';

const OWN = 'sk-own-key-of-the-page-0123456789';

/** The opened row of a site in the Sites screen. */
async function rowOf(options: Page, host: string): Promise<Locator> {
  await options.goto(options.url().replace(/#.*$|$/, '#/sites'));
  const row = options.locator('details.site', { hasText: host });
  if (!(await row.evaluate((details: HTMLDetailsElement) => details.open)))
    await row.locator('summary').first().click();
  return row;
}

async function letItUseItsOwn(options: Page, host: string): Promise<void> {
  const row = await rowOf(options, host);
  const own = row.getByRole('switch', { name: 'Use the site’s own key' });
  await expect(own).not.toBeChecked();
  await own.click();
  await expect(own).toBeChecked();
  await expect(row.getByText('Saved')).toBeVisible();
}

test('a page’s own key is ignored by default, and used for its call where its site may', async ({
  site,
  page,
  configure,
  options,
  upstream,
}) => {
  const { origin } = await site();
  await page.goto(origin);
  const ask = () =>
    page.evaluate(async (key) => {
      const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify({ model: 'openai/plain', messages: [{ role: 'user', content: 'A' }] }),
      });
      return response.status;
    }, OWN);
  const [grant] = openaiAt(upstream, origin).sites!;
  await configure({ ...openaiAt(upstream), sites: [grant!] });
  for (const sent of [CANARY_KEY, OWN]) {
    if (sent === OWN) await letItUseItsOwn(options, new URL(origin).host);
    upstream.clear();
    expect(await ask()).toBe(200);
    const chats = upstream.received.filter(({ method }) => method === 'POST');
    expect(chats.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${sent}`]);
  }
  // Nothing that is kept knows it.
  const kept = await options.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('gatehouse');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('not opened'));
    });
    const stores = [...database.objectStoreNames];
    const transaction = database.transaction(stores);
    const values = stores.map(
      (name) =>
        new Promise((resolve) => {
          const request = transaction.objectStore(name).getAll();
          request.onsuccess = () => resolve(request.result);
        }),
    );
    const session = await chrome.storage.session.get();
    return JSON.stringify([await Promise.all(values), session]);
  });
  expect(kept).toContain('openai');
  expect(kept).not.toContain(OWN);
});

test('a site may use the keys that the person chooses for it', async ({
  site,
  page,
  configure,
  options,
  upstream,
}) => {
  const { origin } = await site();
  const host = new URL(origin).host;
  await page.goto(origin);
  const bundle = openaiAt(upstream, origin);
  const [work] = bundle.keys!;
  const HOME = 'sk-home-of-the-person-0123456789';
  await configure({
    ...bundle,
    keys: [
      { ...work!, label: 'work' },
      { ...work!, label: 'home', secret: HOME },
    ],
  });
  const ask = () =>
    page.evaluate(async () => {
      const post = () =>
        fetch('https://gatehouse.invalid/v1/chat/completions', {
          method: 'POST',
          body: '{"model":"openai/plain","messages":[{"role":"user","content":"A"}]}',
        });
      const listed = (await (await fetch('https://gatehouse.invalid/v1/models')).json()) as {
        data: { id: string }[];
      };
      const statuses = [(await post()).status, (await post()).status];
      return { statuses, lists: listed.data.some(({ id }) => id.startsWith('openai/')) };
    });
  const sent = () =>
    upstream.received
      .filter(({ method }) => method === 'POST')
      .map(({ headers }) => headers.authorization);
  expect(await ask()).toEqual({ statuses: [200, 200], lists: true });
  expect(new Set(sent())).toEqual(new Set([`Bearer ${CANARY_KEY}`, `Bearer ${HOME}`]));

  const row = await rowOf(options, host);
  await row.getByRole('checkbox', { name: /^All of them/ }).uncheck();
  await row.getByRole('checkbox', { name: /openai\/work/ }).uncheck();
  await expect(row.getByRole('checkbox', { name: /openai\/work/ })).not.toBeChecked();
  upstream.clear();
  expect(await ask()).toEqual({ statuses: [200, 200], lists: true });
  expect(sent()).toEqual([`Bearer ${HOME}`, `Bearer ${HOME}`]);

  await row.getByRole('checkbox', { name: /openai\/home/ }).uncheck();
  await expect(row).toContainText('It may use none');
  upstream.clear();
  const refused = await ask();
  expect(refused.lists).toBe(false);
  expect(refused.statuses.every((status) => status >= 400)).toBe(true);
  expect(sent()).toEqual([]);
  const { violations } = await new AxeBuilder({ page: options }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
});
