/**
 * The Playwright test of this project: a Chromium with the built extension, a provider on loopback
 * and web sites on loopback. The browser is shared by all tests of a worker, so a test starts by
 * `configure(…)`, which replaces the whole configuration, and uses sites of its own (a new port is
 * a new origin).
 */
import { test as base, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, findChromium } from '../scripts/chromium.mjs';
import { serveFolder } from '../scripts/serve.mjs';
import {
  launchGatehouse,
  putBundle,
  PWA,
  type Bundle,
  type Gatehouse,
  type LaunchOptions,
} from './gatehouse.ts';
import { createSite, type Site, type SiteOptions } from './sites/site.ts';
import { createUpstream, type Upstream } from './upstream.ts';

export { expect } from '@playwright/test';

/** The key that tests configure; nothing but an upstream may ever see it. */
export const CANARY_KEY = 'sk-canary-5f1d0c7e9b2a4836-never-in-a-page';

interface WorkerFixtures {
  /** The browser with the extension. */
  gatehouse: Gatehouse;
  /** A browser without the extension, for the PWA. */
  plainBrowser: Browser;
  /** A profile with the PWA in it, shared by the tests that do not care whose it is. */
  sharedPwa: BrowserContext;
  /** The PWA's origin, `http://localhost:<port>`, served from dist/pwa. */
  pwaOrigin: string;
}

interface TestFixtures {
  extensionId: string;
  /** The extension's options page: first-party. */
  options: Page;
  /** A provider on loopback, new for each test. */
  upstream: Upstream;
  /** Serves a web site until the test's end. */
  site(options?: SiteOptions): Promise<Site>;
  /** Replaces the extension's whole configuration. */
  configure(sections: Bundle): Promise<unknown>;
  /**
   * The usual start: the provider `openai` at the upstream with the canary key, and the given
   * origins allowed.
   */
  allow(...origins: string[]): Promise<void>;
  /** Waits for the consent window and answers it. */
  consent: Gatehouse['consent'];
  /** Another browser with a fresh profile; closed at the test's end. */
  launch(options?: LaunchOptions): Promise<Gatehouse>;
  /** A page of the PWA with a fresh profile, controlled by its service worker. */
  pwa: Page;
  configurePwa(sections: Bundle): Promise<unknown>;
}

/** The bundle of `allow`. */
export const openaiAt = (upstream: Upstream, ...origins: string[]): Bundle => ({
  providers: [{ id: 'openai', baseUrl: upstream.url }],
  keys: [{ provider: 'openai', label: 'main', secret: CANARY_KEY, enabled: true, weight: 1 }],
  sites: origins.map((origin) => ({ origin, decision: 'allow', scopes: ['chat'], models: ['*'] })),
});

/** A page of the PWA that its service worker controls. */
export async function openPwa(context: BrowserContext, origin: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  return page;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  gatehouse: [
    async ({}, use) => {
      const gatehouse = await launchGatehouse();
      await use(gatehouse);
      await gatehouse.close();
    },
    { scope: 'worker' },
  ],
  plainBrowser: [
    async ({ playwright }, use) => {
      const browser = await playwright.chromium.launch({
        executablePath: findChromium(),
        args: CHROMIUM_ARGUMENTS,
      });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  pwaOrigin: [
    async ({}, use) => {
      const server = await serveFolder(PWA);
      await use(server.url);
      await server.close();
    },
    { scope: 'worker' },
  ],

  sharedPwa: [
    async ({ plainBrowser }, use) => {
      const context = await plainBrowser.newContext();
      await use(context);
      await context.close();
    },
    { scope: 'worker' },
  ],

  context: async ({ gatehouse }, use) => use(gatehouse.context),
  page: async ({ context }, use) => {
    const page = await context.newPage();
    await use(page);
    await page.close();
  },
  extensionId: async ({ gatehouse }, use) => use(gatehouse.extensionId),
  options: async ({ gatehouse }, use) => use(gatehouse.options),
  configure: async ({ gatehouse }, use) => use(gatehouse.configure),
  consent: async ({ gatehouse }, use) => use(gatehouse.consent),
  allow: async ({ gatehouse, upstream }, use) =>
    use(async (...origins) => {
      await gatehouse.configure(openaiAt(upstream, ...origins));
    }),

  upstream: async ({}, use) => {
    const upstream = await createUpstream();
    await use(upstream);
    await upstream.close();
  },
  site: async ({}, use) => {
    const sites: Site[] = [];
    await use(async (options) => {
      const site = await createSite(options);
      sites.push(site);
      return site;
    });
    await Promise.all(sites.map((site) => site.close()));
  },
  launch: async ({}, use) => {
    const launched: Gatehouse[] = [];
    await use(async (options) => {
      const gatehouse = await launchGatehouse(options);
      launched.push(gatehouse);
      return gatehouse;
    });
    await Promise.all(launched.map((gatehouse) => gatehouse.close()));
  },
  pwa: async ({ plainBrowser, pwaOrigin }, use) => {
    const context = await plainBrowser.newContext();
    await use(await openPwa(context, pwaOrigin));
    await context.close();
  },
  configurePwa: async ({ pwa }, use) => use((sections) => putBundle(pwa, sections)),
});
