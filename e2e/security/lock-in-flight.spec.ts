/** Row K4: a lock, by whoever, ends nothing that is under way. */
import type { Page } from '@playwright/test';
import { expect, openaiAt, openPwa, test } from '../fixtures.ts';
import { putBundle } from '../gatehouse.ts';
import { PASSWORD, SLOW } from './vault-page.ts';

async function setPassword(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Set a password' }).click();
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('New password again').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Lock now' })).toBeVisible(SLOW);
}

/** Begins a stream and comes back at its first bytes; `rest` waits for its end. */
async function begin(page: Page, model: string) {
  await page.evaluate(async (name) => {
    const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({
        model: name,
        stream: true,
        messages: [{ role: 'user', content: Array(60).fill('word').join(' ') }],
      }),
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const first = await reader.read();
    (globalThis as { rest?: Promise<string> }).rest = (async () => {
      let text = first.value ?? '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return text;
        text += value;
      }
    })();
  }, model);
  return { rest: () => page.evaluate(() => (globalThis as { rest?: Promise<string> }).rest!) };
}

/** How many of the words came, and whether the stream came to its own end. */
const wholeness = (text: string) => ({
  ended: text.trimEnd().endsWith('data: [DONE]'),
  failed: text.includes('"error"'),
});

test('the extension: a stream goes on over the system’s lock, and the next call waits', async ({
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
  const { rest } = await begin(page, 'openai/slow-200-60');
  await context
    .serviceWorkers()[0]!
    .evaluate(() =>
      (chrome.idle.onStateChanged as unknown as { dispatch(state: string): void }).dispatch(
        'locked',
      ),
    );
  await expect(options.getByText('Gatehouse is locked.')).toBeVisible(SLOW);
  expect(wholeness(await rest())).toEqual({ ended: true, failed: false });

  const window = context.waitForEvent('page', SLOW);
  const next = begin(page, 'openai/slow-200-60');
  await expect((await window).getByRole('heading', { level: 1 })).toContainText('Unlock');
  await (await window).close();
  await next;
});

test('the PWA: a stream goes on over a lock in another tab', async ({
  plainBrowser,
  pwaOrigin,
  upstream,
}) => {
  test.setTimeout(180_000);
  const context = await plainBrowser.newContext();
  const other = await openPwa(context, pwaOrigin);
  await putBundle(other, openaiAt(upstream));
  await other.goto(`${pwaOrigin}/#/settings`);
  await setPassword(other);
  const page = await openPwa(context, pwaOrigin);
  const { rest } = await begin(page, 'openai/slow-200-60');
  await other.getByRole('button', { name: 'Lock now' }).click();
  await expect(page.getByText('Gatehouse is locked.')).toBeVisible(SLOW);
  expect(wholeness(await rest())).toEqual({ ended: true, failed: false });
  await context.close();
});
