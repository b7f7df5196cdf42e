/** Row SP9 in the real browser: a page's own key is ignored, until the person lets its site bring one. */
import type { Page } from '@playwright/test';
import { CANARY_KEY, expect, openaiAt, test } from '../fixtures.ts';

const OWN = 'sk-own-key-of-the-page-0123456789';

async function letItUseItsOwn(options: Page, host: string): Promise<void> {
  const before = options.url();
  await options.goto(before.replace(/#.*$|$/, '#/sites'));
  await options.locator('summary', { hasText: host }).first().click();
  const row = options.locator('details', { hasText: host }).first();
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
