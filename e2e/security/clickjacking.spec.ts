/** Threat 3: a yes that was not meant is none. Each attack ends with no upstream byte and no grant. */
import type { Page } from '@playwright/test';
import { expect, openaiAt, test } from '../fixtures.ts';
import type { Gatehouse } from '../gatehouse.ts';

/** A call of the page opens the window; its outcome is read later. */
async function openWindow(gatehouse: Gatehouse, page: Page): Promise<Page> {
  const opening = gatehouse.context.waitForEvent('page', {
    predicate: (candidate) => candidate.url().includes('consent'),
  });
  await page.evaluate(() => {
    const call = fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'openai/m1', messages: [{ role: 'user', content: 'Hi' }] }),
    }).then(({ status }) => status);
    Object.assign(globalThis, { call });
  });
  const window = await opening;
  await allow(window).waitFor();
  return window;
}

const outcome = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { call: Promise<number> }).call);
const allow = (window: Page) => window.getByRole('button', { name: 'Allow', exact: true });

/** It is still open, and nobody was let in; the person says no. */
async function expectNoGrant(window: Page, page: Page): Promise<void> {
  await expect(allow(window)).toBeVisible();
  await window.waitForTimeout(700);
  await window.getByRole('button', { name: "Don't allow", exact: true }).click();
  expect(await outcome(page)).toBe(403);
}

test('a click that lands as the window appears is none', async ({
  gatehouse,
  configure,
  site,
  page,
  upstream,
}) => {
  await configure(openaiAt(upstream));
  await page.goto((await site()).url);
  const window = await openWindow(gatehouse, page);
  // As if it had just come to the front: the page chose the moment.
  await window.evaluate(() => dispatchEvent(new Event('focus')));
  await allow(window).click({ force: true });
  await expectNoGrant(window, page);
  expect(upstream.received).toEqual([]);
});

test('a script that clicks, and keys that a script sends, are none', async ({
  gatehouse,
  configure,
  site,
  page,
  upstream,
}) => {
  await configure(openaiAt(upstream));
  await page.goto((await site()).url);
  const window = await openWindow(gatehouse, page);
  await window.waitForTimeout(700);
  await allow(window).evaluate((button: HTMLButtonElement) => {
    button.click();
    button.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    button.focus();
    for (const type of ['keydown', 'keyup'])
      button.dispatchEvent(new KeyboardEvent(type, { code: 'Enter', key: 'Enter', bubbles: true }));
  });
  await expectNoGrant(window, page);
  expect(upstream.received).toEqual([]);
});

test('a key that is held down while the window comes is none, however often it repeats', async ({
  gatehouse,
  configure,
  site,
  page,
  upstream,
}) => {
  await configure(openaiAt(upstream));
  await page.goto((await site()).url);
  const window = await openWindow(gatehouse, page);
  await allow(window).focus();
  for (const code of ['Enter', 'Space']) {
    await window.evaluate(() => dispatchEvent(new Event('focus')));
    await window.keyboard.down(code);
    // Held for longer than the buttons take to arm: each further `down` is a repeat.
    for (let repeats = 0; repeats < 10; repeats++) {
      await window.waitForTimeout(90);
      await window.keyboard.down(code);
    }
    await window.keyboard.up(code);
  }
  await expectNoGrant(window, page);
  expect(upstream.received).toEqual([]);
});

test('a press that begins before the window loses the focus and ends after is none', async ({
  gatehouse,
  configure,
  site,
  page,
  upstream,
}) => {
  await configure(openaiAt(upstream));
  await page.goto((await site()).url);
  const window = await openWindow(gatehouse, page);
  await window.waitForTimeout(700);
  const box = (await allow(window).boundingBox())!;
  await window.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await window.mouse.down();
  // Covered by another window, or moved under the pointer, and back.
  await window.evaluate(() => {
    dispatchEvent(new Event('blur'));
    dispatchEvent(new Event('focus'));
  });
  await window.mouse.up();
  await expectNoGrant(window, page);
  expect(upstream.received).toEqual([]);
});

test('the second half of a double click does not answer the next question', async ({
  gatehouse,
  configure,
  site,
  page,
  context,
  upstream,
}) => {
  await configure(openaiAt(upstream));
  await page.goto((await site()).url);
  const window = await openWindow(gatehouse, page);
  const second = await context.newPage();
  await second.goto((await site()).url);
  await second.evaluate(() => {
    const call = fetch('https://gatehouse.invalid/v1/models').then(({ status }) => status);
    Object.assign(globalThis, { call });
  });
  await expect(window.getByText('1 of 2')).toBeVisible();
  await window.bringToFront();
  await window.waitForTimeout(700);
  await allow(window).dblclick();
  expect(await outcome(page)).toBe(200);
  await expectNoGrant(window, second);
  await second.close();
});

test('a press or a key that lands as the window appears chooses nothing behind the fold either', async ({
  gatehouse,
  configure,
  site,
  page,
  upstream,
}) => {
  await configure({
    ...openaiAt(upstream),
    profiles: [{ id: 'wide', name: 'Wide' }],
  });
  await page.goto((await site()).url);
  const window = await openWindow(gatehouse, page);
  await window.getByLabel('With').waitFor();
  const fold = window.getByText('More limits');
  const isOpen = () => window.locator('details').evaluate((each: HTMLDetailsElement) => each.open);
  // As if it had just come to the front, at each press: the page chose the moment.
  await window.evaluate(() => {
    const front = () => dispatchEvent(new Event('focus'));
    for (const type of ['pointerdown', 'keydown'])
      document.documentElement.addEventListener(type, front, { capture: true, once: false });
    front();
  });
  await fold.click({ force: true });
  expect(await isOpen()).toBe(false);
  await fold.focus();
  for (const key of ['Enter', 'Space']) await window.keyboard.press(key);
  expect(await isOpen()).toBe(false);
  await window.getByLabel('With').click({ force: true });
  await expect(window.getByLabel('With')).toHaveValue('');
  await window.close();
  expect(await outcome(page)).toBe(403);
  expect(upstream.received).toEqual([]);
});

test('choices that a script makes allow nothing, and neither does a key on one of them', async ({
  gatehouse,
  configure,
  site,
  page,
  upstream,
}) => {
  await configure({ ...openaiAt(upstream), profiles: [{ id: 'wide', name: 'Wide' }] });
  await page.goto((await site()).url);
  const window = await openWindow(gatehouse, page);
  await window.getByLabel('With').waitFor();
  await window.waitForTimeout(700);
  await window.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    for (const select of document.querySelectorAll('select')) {
      select.selectedIndex = select.options.length - 1;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    }
    for (const box of document.querySelectorAll('input'))
      for (const type of ['click', 'change']) box.dispatchEvent(new Event(type, { bubbles: true }));
  });
  for (const control of await window.locator('select:visible, input:visible').all()) {
    await control.focus();
    await window.keyboard.press('Enter');
  }
  await expectNoGrant(window, page);
  expect(upstream.received).toEqual([]);
});

test('no page can put the window’s page into a frame', async ({
  gatehouse,
  configure,
  site,
  page,
}) => {
  await configure({});
  await page.goto((await site({ csp: null })).url);
  const framed = await page.evaluate(
    (url) =>
      new Promise<boolean>((resolve) => {
        const frame = document.createElement('iframe');
        frame.onload = () => resolve(frame.contentWindow?.length === undefined);
        frame.src = url;
        document.body.append(frame);
        setTimeout(() => resolve(false), 2_000);
      }),
    gatehouse.url('extension/consent/index.html'),
  );
  expect(framed).toBe(false);
  // What stands there is the browser's own "blocked".
  for (const frame of page.frames().slice(1)) expect(frame.url()).toMatch(/^chrome-error:/);
});
