/** Row L8: no request to any host but the page's own and the configured providers. */
import type { Page } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/chromium.mjs';
import { expect, openaiAt, test } from '../fixtures.ts';
import { putBundle } from '../gatehouse.ts';
import { createRecordingProxy, type RecordingProxy } from './proxy.ts';

/** What this Chromium asks of its maker by itself, extension or not. */
const OF_THE_BROWSER =
  /^(accounts\.google\.com|(update|content-autofill)\.googleapis\.com|(clients2|www|redirector)\.(google|gvt1)\.com)(:\d+)?$/;
const called = ({ hosts }: RecordingProxy) =>
  [...hosts].filter((host) => !OF_THE_BROWSER.test(host)).sort();

const chat = (page: Page, url: string, model: string) =>
  page.evaluate(
    async ([address, name]) => {
      const response = await fetch(`${address}/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({
          model: name,
          stream: true,
          messages: [{ role: 'user', content: 'Hi' }],
        }),
      });
      return `${response.status} ${(await response.text()).includes('[DONE]')}`;
    },
    [url, model] as const,
  );

test('the proxy notes a call to anywhere else', async ({ launch, site }) => {
  const proxy = await createRecordingProxy();
  const gatehouse = await launch({ args: proxy.args });
  const app = await site({ csp: null });
  const page = await gatehouse.context.newPage();
  await page.goto(app.url);
  await page.evaluate(() => fetch('https://example.com/').catch(() => {}));
  expect([...proxy.hosts]).toContain('example.com:443');
  await proxy.close();
});

test('the extension calls its providers and nobody else', async ({ launch, site, upstream }) => {
  const proxy = await createRecordingProxy();
  const gatehouse = await launch({ args: proxy.args });
  const app = await site();
  await gatehouse.configure(openaiAt(upstream, app.origin));
  const page = await gatehouse.context.newPage();
  await page.goto(app.url);
  for (const model of ['openai/m1', 'mock/echo', 'auto']) {
    expect(await chat(page, 'https://gatehouse.invalid/v1', model)).toBe('200 true');
  }
  await page.evaluate(() => fetch('https://gatehouse.invalid/v1/models').then((r) => r.text()));
  const { action } = await gatehouse.options.evaluate(() => chrome.runtime.getManifest());
  for (const path of [action?.default_popup ?? '', 'extension/options/index.html']) {
    await page.goto(gatehouse.url(path));
    await page.waitForTimeout(500);
  }
  for (const hash of ['#/keys', '#/sites', '#/settings', '#/about']) {
    await page.goto(gatehouse.url(`extension/options/index.html${hash}`));
    await page.waitForTimeout(300);
  }
  expect(called(proxy)).toEqual([new URL(app.origin).host, new URL(upstream.origin).host].sort());
  await proxy.close();
});

test('the PWA calls its own host, its providers and nobody else', async ({
  playwright,
  pwaOrigin,
  upstream,
}) => {
  const proxy = await createRecordingProxy();
  const browser = await playwright.chromium.launch({
    executablePath: findChromium(),
    args: [...CHROMIUM_ARGUMENTS, ...proxy.args],
  });
  const page = await browser.newPage();
  await page.goto(pwaOrigin);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await putBundle(page, openaiAt(upstream));
  for (const model of ['openai/m1', 'mock/markdown']) {
    expect(await chat(page, `${pwaOrigin}/v1`, model)).toBe('200 true');
  }
  for (const hash of ['#/keys', '#/sites', '#/settings', '#/about', '#/chat']) {
    await page.goto(`${pwaOrigin}/${hash}`);
    await page.waitForTimeout(300);
  }
  expect(called(proxy)).toEqual([new URL(pwaOrigin).host, new URL(upstream.origin).host].sort());
  await browser.close();
  await proxy.close();
});
