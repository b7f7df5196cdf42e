/** Opens a Chromium with the extension, for a person to use. Node's own modules only. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHROMIUM_ARGUMENTS } from './chromium.mjs';

/** True where a window could be seen. */
export const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/**
 * Speaks the DevTools protocol over a pipe: unlike a port, no other program can reach it. Nothing
 * attaches to the extension's worker, so it lives and dies as it does for everyone.
 * @param {import('node:child_process').ChildProcess} child
 */
function createPipe(child) {
  const [, , , output, input] = /** @type {any[]} */ (child.stdio);
  /** @type {Map<number, (message: any) => void>} */
  const waiting = new Map();
  let last = 0;
  let rest = '';
  input.on('data', (/** @type {Buffer} */ data) => {
    const messages = (rest + data.toString()).split('\0');
    rest = messages.pop() ?? '';
    for (const message of messages.map((text) => JSON.parse(text))) {
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    }
  });
  output.on('error', () => {}); // the browser was closed
  return {
    /** @param {string} method @param {object} [params] @returns {Promise<any>} */
    send(method, params = {}) {
      const id = ++last;
      output.write(`${JSON.stringify({ id, method, params })}\0`);
      return new Promise((resolve, reject) =>
        waiting.set(id, ({ error, result }) =>
          error ? reject(new Error(error.message)) : resolve(result),
        ),
      );
    },
  };
}

/**
 * Starts Chromium with the extension and, once the extension is there, opens the pages.
 * @param {{ executable: string, extension: string, profile: string, urls: string[], headless: boolean }} options
 * @returns {Promise<{ extensionId: string, closed: Promise<void>, close(): Promise<void> }>}
 */
export async function openBrowser({ executable, extension, profile, urls, headless }) {
  const child = spawn(
    executable,
    [
      ...CHROMIUM_ARGUMENTS,
      ...(headless ? ['--headless=new'] : []),
      `--user-data-dir=${profile}`,
      `--disable-extensions-except=${extension}`,
      `--load-extension=${extension}`,
      '--remote-debugging-pipe',
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] },
  );
  let words = '';
  child.stderr?.on('data', (data) => (words = (words + data).slice(-2000)));
  /** @type {Promise<void>} */
  const closed = new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const early = closed.then(() => {
    throw new Error(`Chromium ended at once: ${executable}\n${words}`);
  });
  const pipe = createPipe(child);

  // A page that loads before the extension is ready would not have its scripts.
  const findWorker = async () => {
    for (let tries = 0; tries < 200; tries++) {
      const { targetInfos } = await pipe.send('Target.getTargets');
      const worker = targetInfos.find(
        (/** @type {{ type: string, url: string }} */ target) =>
          target.type === 'service_worker' && target.url.startsWith('chrome-extension://'),
      );
      if (worker) return { extensionId: new URL(worker.url).host, targetInfos };
      await sleep(100);
    }
    throw new Error('The extension did not start within 20 s.');
  };
  const { extensionId, targetInfos } = await Promise.race([findWorker(), early]);
  early.catch(() => {});
  for (const url of urls) await pipe.send('Target.createTarget', { url });
  const blank = targetInfos.find(
    (/** @type {{ url: string }} */ target) => target.url === 'about:blank',
  );
  if (blank) await pipe.send('Target.closeTarget', { targetId: blank.targetId });

  return {
    extensionId,
    closed,
    async close() {
      pipe.send('Browser.close').catch(() => {});
      await Promise.race([closed, sleep(5000)]);
      child.kill();
    },
  };
}
