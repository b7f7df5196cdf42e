/** Threat 15: another extension, really installed beside, with every permission over web pages. */
import { createHash } from 'node:crypto';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, openaiAt, test } from '../fixtures.ts';

const MANIFEST = {
  manifest_version: 3,
  name: 'Intruder',
  version: '1',
  permissions: ['scripting', 'storage', 'tabs', 'management'],
  host_permissions: ['<all_urls>'],
};

/** How Chromium names an extension that has no key: by where it lies. */
const idOf = (folder: string) =>
  createHash('sha256')
    .update(folder)
    .digest('hex')
    .slice(0, 32)
    .replace(/./g, (digit) => String.fromCharCode(97 + parseInt(digit, 16)));

test('another extension that connects, sends, fetches and frames is refused', async ({
  launch,
  site,
  upstream,
}) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-intruder-')));
  try {
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(MANIFEST));
    await writeFile(join(folder, 'page.html'), '<!doctype html><title>Intruder</title>');
    const gatehouse = await launch({ extensions: [folder] });
    const app = await site();
    await gatehouse.configure(openaiAt(upstream, app.origin));
    const page = await gatehouse.context.newPage();
    await page.goto(`chrome-extension://${idOf(folder)}/page.html`);
    const files = ['manifest.json', 'background.js', 'extension/options/index.html'];
    const told = await page.evaluate(
      async ({ id, files, own }) => {
        const outcomes: Record<string, unknown> = {};
        const look = async (name: string, work: () => unknown) => {
          outcomes[name] = await Promise.resolve()
            .then(work)
            .then(
              (value) => `got ${JSON.stringify(value) ?? 'something'}`,
              () => 'refused',
            );
        };
        for (const name of ['control', 'first-party', 'consent', 'page', ''])
          await look(
            `connect ${name}`,
            () =>
              new Promise((resolve, reject) => {
                const port = chrome.runtime.connect(id, { name });
                port.onMessage.addListener(resolve);
                port.onDisconnect.addListener(() =>
                  reject(new Error(chrome.runtime.lastError?.message)),
                );
                port.postMessage(['open', 1, false, 'GET', own, {}, null]);
              }),
          );
        for (const message of ['ping', { type: 'APPLY', path: ['status'] }, ['open', 1]])
          await look(`send ${JSON.stringify(message)}`, () =>
            chrome.runtime.sendMessage(id, message),
          );
        for (const file of files) {
          const url = `chrome-extension://${id}/${file}`;
          await look(`fetch ${file}`, async () => (await fetch(url)).status);
          await look(`load ${file}`, () => import(url));
        }
        await look('the virtual origin', async () => (await fetch(own)).status);
        // It may open a page of ours in a tab, as any link may, and do nothing there.
        const tab = await chrome.tabs.create({ url: `chrome-extension://${id}/${files[2]}` });
        await look('a script in our page', () =>
          chrome.scripting.executeScript({ target: { tabId: tab.id! }, func: () => 1 }),
        );
        await look('our storage', async () => {
          const all = {
            ...(await chrome.storage.local.get()),
            ...(await chrome.storage.session.get()),
          };
          if (Object.keys(all).length === 0) throw new Error('none');
          return all;
        });
        const frame = document.createElement('iframe');
        frame.src = `chrome-extension://${id}/${files[2]}`;
        document.body.append(frame);
        await look('a frame', async () => {
          await new Promise((resolve) => setTimeout(resolve, 1000));
          if (!frame.contentDocument) throw new Error('another origin');
          return frame.contentDocument.title;
        });
        const extensions = await chrome.management.getAll();
        return { outcomes, sees: extensions.some((one) => one.id === id && one.enabled) };
      },
      {
        id: gatehouse.extensionId,
        files,
        own: 'https://gatehouse.invalid/v1/models',
      },
    );
    expect(told.sees, 'both are in this browser').toBe(true);
    for (const [name, outcome] of Object.entries(told.outcomes))
      expect([name, outcome]).toEqual([name, 'refused']);
    for (const frame of page.frames().slice(1))
      expect(frame.url()).toMatch(/^chrome-error:|^about:/);
    expect(upstream.received.concat(upstream.preflights)).toEqual([]);
    test.info().annotations.push({
      type: 'figure',
      description: `${Object.keys(told.outcomes).length} ways, 0 open`,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
