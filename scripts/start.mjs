/**
 * npm start: installs, builds, serves the PWA and a sample site, and opens a Chromium with the
 * extension on both. `npm start -- --headless` opens it without a window, for checks;
 * `--ports 0,0` takes free ports.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hasDisplay, openBrowser } from './browser.mjs';
import { ensureChromium } from './chromium.mjs';
import { build, DIST, ensureInstalled, ROOT, start } from './project.mjs';
import { serveFolder } from './serve.mjs';

const EXTENSION = join(DIST, 'extension');

/**
 * @param {string} name
 * @param {number} port
 */
async function serve(name, port) {
  try {
    return await serveFolder(join(DIST, name), { port });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error;
    throw new Error(
      `Port ${port} is in use by another program. Stop it, or choose other ports: npm start -- --ports 5000,5001`,
      { cause: error },
    );
  }
}

/** @param {string} reason @param {string[]} urls */
function explainByHand(reason, urls) {
  console.log(`
${reason}
Load the extension by hand, in Chromium, Brave or Chrome 148 or newer:
  1. open chrome://extensions and switch on "Developer mode"
  2. "Load unpacked", and choose ${EXTENSION}
  3. open ${urls.join(' and ')}`);
}

/** @param {string[]} urls @param {boolean} headless */
async function open(urls, headless) {
  if (!headless && !hasDisplay()) {
    explainByHand('There is no display here, so no browser was opened.', urls);
    return undefined;
  }
  const executable = ensureChromium();
  if (!executable) {
    explainByHand('No Chromium was found, and none could be installed.', urls);
    return undefined;
  }
  // A person's keys and chats stay; a check starts afresh.
  const profile = headless
    ? mkdtempSync(join(tmpdir(), 'gatehouse-'))
    : join(ROOT, '.gatehouse/profile');
  mkdirSync(profile, { recursive: true });
  const browser = await openBrowser({ executable, extension: EXTENSION, profile, urls, headless });
  console.log(`ready: Chromium with the extension ${browser.extensionId}`);
  return {
    closed: browser.closed,
    async close() {
      await browser.close();
      if (headless) rmSync(profile, { recursive: true, force: true });
    },
  };
}

await start(async () => {
  const { values } = parseArgs({
    options: {
      headless: { type: 'boolean', default: false },
      ports: { type: 'string', default: '4173,4174' },
    },
  });
  const [pwaPort, samplePort] = values.ports.split(',').map(Number);
  await ensureInstalled();
  console.log('Building the PWA, the extension and the sample site');
  await build('pwa', 'extension', 'sample');

  const pwa = await serve('pwa', pwaPort ?? 4173);
  const sample = await serve('sample', samplePort ?? 4174);
  console.log(`ready: PWA ${pwa.url}`);
  console.log(`ready: sample site ${sample.url}`);
  const browser = await open([pwa.url, sample.url], values.headless);
  console.log('\nCtrl+C stops.');
  let stopping = false;
  void browser?.closed.then(
    () => stopping || console.log('The browser was closed. Still serving.'),
  );

  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await browser?.close();
    await Promise.all([pwa.close(), sample.close()]);
    process.exit(0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
});
