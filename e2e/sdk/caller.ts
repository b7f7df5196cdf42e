/**
 * The two hosts in which an SDK must work alike: a strict web page with the extension, and the PWA's
 * own page through its service worker. A suite is written once and runs in both.
 */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { CANARY_KEY, openaiAt, openPwa, test } from '../fixtures.ts';
import { putBundle, type Bundle } from '../gatehouse.ts';
import { sdkFile, type Sdk } from '../sites/bundle.ts';
import type { Upstream } from '../upstream.ts';

export interface Caller {
  page: Page;
  /** What the SDK is pointed at, with `/v1`. */
  baseURL: string;
  /** The same for an SDK that adds the version itself. */
  root: string;
  /** `http://…`: what must not reach the upstream where the host is the extension. */
  origin: string;
}

interface Given {
  /** A page that has the SDKs, may call, and whose providers of each wire are the upstream. */
  caller: Caller;
}

/** The upstream as one provider for each wire format that it speaks. */
const WIRE_PROVIDERS = {
  'openai-chat': 'openai',
  'openai-responses': 'responses-box',
  'anthropic-messages': 'anthropic',
  'google-generate-content': 'google-ai-studio',
} as const;

function bundleFor(upstream: Upstream, ...origins: string[]): Bundle {
  const ids = Object.values(WIRE_PROVIDERS);
  return {
    ...openaiAt(upstream, ...origins),
    providers: [
      { id: 'openai', baseUrl: upstream.url },
      {
        id: 'responses-box',
        name: 'Responses',
        format: 'openai-responses',
        baseUrl: upstream.url,
      },
      { id: 'anthropic', baseUrl: upstream.url },
      { id: 'google-ai-studio', baseUrl: `${upstream.origin}/v1beta` },
    ],
    keys: ids.map((provider) => ({ provider, label: 'main', secret: CANARY_KEY, enabled: true })),
  };
}

const siteTest = (sdks: Sdk[]) =>
  test.extend<Given>({
    caller: async ({ site, page, configure, upstream }, use) => {
      const app = await site({ scripts: sdks });
      await configure(bundleFor(upstream, app.origin));
      await page.goto(app.url);
      const root = 'https://gatehouse.invalid';
      await use({ page, baseURL: `${root}/v1`, root, origin: app.origin });
    },
  });

/** The PWA serves no SDK; DevTools puts one into its page past the page's policy. */
const load = (page: Page, sdk: Sdk) => page.evaluate(readFileSync(sdkFile(sdk), 'utf8'));

const pwaTest = (sdks: Sdk[]) =>
  test.extend<Given>({
    caller: async ({ sharedPwa, upstream, pwaOrigin }, use) => {
      const page = await openPwa(sharedPwa, pwaOrigin);
      await putBundle(page, bundleFor(upstream));
      for (const sdk of sdks) await load(page, sdk);
      await use({ page, baseURL: `${pwaOrigin}/v1`, root: pwaOrigin, origin: pwaOrigin });
      await page.close();
    },
  });

const SITE = 'a strict page, through the extension';
const PWA = 'the PWA, through its service worker';

/** The wires to try in a host. The core is the same in both: the PWA does the SDK's own and another. */
export const wiresOf = (host: typeof SITE | typeof PWA, own: keyof typeof WIRE_PROVIDERS) =>
  Object.entries(WIRE_PROVIDERS).filter(
    ([wire]) => host === SITE || wire === own || wire === OTHER[own],
  );
const OTHER: Partial<Record<string, string>> = {
  'anthropic-messages': 'openai-chat',
  'google-generate-content': 'openai-chat',
  'openai-responses': 'anthropic-messages',
};

/** Both hosts, with the SDKs that the page has. */
export const hostsWith = (...sdks: Sdk[]) =>
  [
    [SITE, siteTest(sdks)],
    [PWA, pwaTest(sdks)],
  ] as const;
