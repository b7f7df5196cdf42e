/**
 * The two hosts in which an SDK must work alike: a strict web page with the extension, and the PWA's
 * own page through its service worker. A suite is written once and runs in both.
 */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { openaiAt, openPwa, test } from '../fixtures.ts';
import { putBundle } from '../gatehouse.ts';
import { sdkFile, type Sdk } from '../sites/bundle.ts';

export interface Caller {
  page: Page;
  /** What the SDK is pointed at. */
  baseURL: string;
  /** `http://…`: what must not reach the upstream where the host is the extension. */
  origin: string;
}

interface Given {
  /** A page that has the SDKs, may call, and whose provider `openai` is the upstream. */
  caller: Caller;
}

const siteTest = (sdks: Sdk[]) =>
  test.extend<Given>({
    caller: async ({ site, page, allow }, use) => {
      const app = await site({ scripts: sdks });
      await allow(app.origin);
      await page.goto(app.url);
      await use({ page, baseURL: 'https://gatehouse.invalid/v1', origin: app.origin });
    },
  });

/** The PWA serves no SDK; DevTools puts one into its page past the page's policy. */
const load = (page: Page, sdk: Sdk) => page.evaluate(readFileSync(sdkFile(sdk), 'utf8'));

const pwaTest = (sdks: Sdk[]) =>
  test.extend<Given>({
    caller: async ({ sharedPwa, upstream, pwaOrigin }, use) => {
      const page = await openPwa(sharedPwa, pwaOrigin);
      await putBundle(page, openaiAt(upstream));
      for (const sdk of sdks) await load(page, sdk);
      await use({ page, baseURL: `${pwaOrigin}/v1`, origin: pwaOrigin });
      await page.close();
    },
  });

/** Both hosts, with the SDKs that the page has. */
export const hostsWith = (...sdks: Sdk[]) =>
  [
    ['a strict page, through the extension', siteTest(sdks)],
    ['the PWA, through its service worker', pwaTest(sdks)],
  ] as const;
