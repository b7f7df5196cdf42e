/**
 * npm run dev: the PWA, the sample site and the extension from their sources, with hot reload, in a
 * Chromium of their own.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasDisplay, openBrowser } from './browser.mjs';
import { ensureChromium } from './chromium.mjs';
import { DIST, ensureInstalled, ROOT, start } from './project.mjs';

await start(async () => {
  await ensureInstalled();
  const { createServer } = await import('vite');
  const ports = { pwa: 4173, sample: 4174, extension: 4175 };
  for (const [mode, port] of Object.entries(ports)) {
    const server = await createServer({ mode, server: { port, strictPort: true } });
    await server.listen(); // crxjs writes dist/extension, which loads its modules from here
    console.log(`ready: ${mode} http://localhost:${port}`);
  }

  const executable = hasDisplay() ? ensureChromium() : undefined;
  const extension = join(DIST, 'extension');
  if (!executable) {
    console.log(`No display or no Chromium: load ${extension} at chrome://extensions by hand.`);
    return;
  }
  const profile = join(ROOT, '.gatehouse/dev-profile');
  mkdirSync(profile, { recursive: true });
  const urls = [`http://localhost:${ports.pwa}`, `http://localhost:${ports.sample}`];
  const browser = await openBrowser({ executable, extension, profile, urls, headless: false });
  await browser.closed;
  process.exit(0);
});
