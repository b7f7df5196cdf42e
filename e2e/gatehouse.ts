import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext, type Page } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, findChromium } from '../scripts/chromium.mjs';

const DIST = process.env.GATEHOUSE_DIST ?? fileURLToPath(new URL('../dist', import.meta.url));
export const EXTENSION = join(DIST, 'extension');
export const PWA = join(DIST, 'pwa');
/** The built `@gatehouse/client`. */
export const CLIENT = join(DIST, 'client/index.js');
/** The sample site: built by the tests' set-up and by `npm start`. */
export const SAMPLE = join(DIST, 'sample');

/** A configuration bundle without its envelope: see architecture.md. */
export interface Bundle {
  providers?: Record<string, unknown>[];
  keys?: Record<string, unknown>[];
  models?: Record<string, unknown>[];
  profiles?: Record<string, unknown>[];
  sites?: Record<string, unknown>[];
  settings?: Record<string, unknown>;
}

/** The whole bundle: a section that is not given is empty, so that no test sees another's. */
export function toBundle(sections: Bundle) {
  return {
    format: 'gatehouse-bundle',
    version: 1,
    createdAt: new Date().toISOString(),
    ...{ providers: [], keys: [], models: [], profiles: [], sites: [], settings: {} },
    ...sections,
  };
}

/** PUTs a bundle from a page of ours; throws with the answer where it is refused. */
export async function putBundle(page: Page, sections: Bundle): Promise<unknown> {
  const { status, text } = await page.evaluate(
    async (body) => {
      const response = await fetch('https://gatehouse.invalid/api/bundle?mode=replace', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body,
      });
      return { status: response.status, text: await response.text() };
    },
    JSON.stringify(toBundle(sections)),
  );
  if (status !== 200) throw new Error(`PUT /api/bundle answered ${status}: ${text}`);
  return JSON.parse(text);
}

export type Decision = 'once' | 'session' | 'always' | 'deny' | 'close';
const REMEMBER: Partial<Record<Decision, RegExp>> = {
  once: /once/i,
  session: /until i close/i,
  always: /always/i,
};

/** A Chromium with the built extension in it, and a profile of its own. */
export interface Gatehouse {
  context: BrowserContext;
  extensionId: string;
  /** `chrome-extension://<id>/<path>` */
  url(path: string): string;
  /** The page that the manifest names as options page: first-party. */
  options: Page;
  /** Replaces the whole configuration. */
  configure(sections: Bundle): Promise<unknown>;
  /** The consent windows that are open. */
  consentWindows(): Page[];
  /** Waits for the consent window and answers it. */
  consent(decision: Decision): Promise<void>;
  /** Kills the extension's service worker; the next message starts a new one. */
  stopWorker(): Promise<void>;
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** More switches for Chromium. */
  args?: string[];
  /** Folders of other extensions, without a worker, to be installed beside ours. */
  extensions?: string[];
  /** A profile to keep; without one, a new profile that goes with the browser. */
  profile?: string;
}

async function answerConsent(window: Page, decision: Decision): Promise<void> {
  if (decision === 'close') return window.close();
  const remember = REMEMBER[decision];
  if (remember) await window.getByRole('radio', { name: remember }).check();
  const button = window.getByRole('button', {
    name: decision === 'deny' ? /^don.t allow/i : /^allow/i,
  });
  // The buttons take no click in their first moments: press again until the window goes.
  const gone = window.waitForEvent('close', { timeout: 10_000 });
  while (!window.isClosed()) {
    await button.click({ timeout: 5000 }).catch(() => {});
    await Promise.race([gone, new Promise((done) => setTimeout(done, 200))]);
  }
}

/** A page of ours that loads before the worker is active is not controlled by it: see platform-facts. */
async function openOwnPage(page: Page, url: string): Promise<void> {
  await page.goto(url);
  while (!(await page.evaluate(() => navigator.serviceWorker.controller !== null))) {
    await page.waitForTimeout(50);
    await page.reload();
  }
}

export async function launchGatehouse(options: LaunchOptions = {}): Promise<Gatehouse> {
  const profile = options.profile ?? (await mkdtemp(join(tmpdir(), 'gatehouse-e2e-')));
  const extensions = [EXTENSION, ...(options.extensions ?? [])].join(',');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: false, // the old headless mode loads no extension: --headless=new below
    viewport: { width: 1100, height: 800 },
    args: [
      '--headless=new',
      ...CHROMIUM_ARGUMENTS,
      `--disable-extensions-except=${extensions}`,
      `--load-extension=${extensions}`,
      ...(options.args ?? []),
    ],
  });
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  const extensionId = new URL(worker.url()).host;
  const url = (path: string) => `chrome-extension://${extensionId}/${path}`;
  const optionsPath = await worker.evaluate(() => {
    const manifest = chrome.runtime.getManifest();
    return manifest.options_ui?.page ?? manifest.options_page ?? '';
  });

  const page = context.pages()[0] ?? (await context.newPage());
  await openOwnPage(page, url(optionsPath));
  const consentWindows = () =>
    context.pages().filter((candidate) => candidate.url().startsWith(url('extension/consent/')));
  return {
    context,
    extensionId,
    url,
    options: page,
    configure: (sections) => putBundle(page, sections),
    consentWindows,
    async consent(decision) {
      const isConsent = (candidate: Page) => candidate.url().startsWith(url('extension/consent/'));
      const window =
        consentWindows()[0] ??
        (await context.waitForEvent('page', { predicate: isConsent, timeout: 10_000 }));
      await answerConsent(window, decision);
    },
    async stopWorker() {
      const session = await context.newCDPSession(page);
      await session.send('ServiceWorker.enable');
      await session.send('ServiceWorker.stopAllWorkers');
      await session.detach();
    },
    async close() {
      await context.close();
      if (!options.profile) await rm(profile, { recursive: true, force: true });
    },
  };
}
