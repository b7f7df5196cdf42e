import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { chromium, type BrowserContext } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/chromium.mjs';

/** A browser that can be killed as a power cut would: Playwright's own end is an orderly one. */
export interface BrowserProcess {
  context: BrowserContext;
  /** SIGKILL, and the wait for its end. */
  kill(): Promise<void>;
}

export async function startBrowser(profile: string): Promise<BrowserProcess> {
  const child = spawn(
    findChromium()!,
    [
      '--headless=new',
      ...CHROMIUM_ARGUMENTS,
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(child, 'exit');
  const endpoint = await new Promise<string>((resolve, reject) => {
    void ended.then(() => reject(new Error('Chromium ended before it listened.')));
    createInterface(child.stderr).on('line', (line) => {
      const [, url] = /^DevTools listening on (ws:\S+)/.exec(line) ?? [];
      if (url) resolve(url);
    });
  });
  const browser = await chromium.connectOverCDP(endpoint);
  return {
    context: browser.contexts()[0]!,
    async kill() {
      child.kill('SIGKILL');
      await ended;
      await browser.close().catch(() => undefined);
    },
  };
}
