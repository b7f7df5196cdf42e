import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveFolder } from '../../scripts/serve.mjs';
import { expect, test as base } from '../fixtures.ts';
import { PWA } from '../gatehouse.ts';
import { answers, box, chooseModel, say, settled } from './chat-page.ts';

/** A copy of the built app that a test may bring a new version of. */
const test = base.extend<{ app: { url: string; release(): Promise<void> } }>({
  app: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-update-'));
    await cp(PWA, folder, { recursive: true });
    const server = await serveFolder(folder);
    const edit = async (file: string, change: (text: string) => string) => {
      const before = await readFile(join(folder, file), 'utf8');
      const after = change(before);
      expect(after, file).not.toBe(before);
      await writeFile(join(folder, file), after);
    };
    await use({
      url: server.url,
      async release() {
        await edit('index.html', (html) =>
          html.replace('<head>', '<head><meta name="release" content="2" />'),
        );
        // What the build does: the page's new revision stands in the worker, which is new by that.
        await edit('service-worker.js', (code) =>
          code.replace(/("revision":")[^"]+(","url":"index\.html")/, '$1second$2'),
        );
      },
    });
    await server.close();
    await rm(folder, { recursive: true });
  },
});

test('an update is offered, waits for the answer that is written, and reloads the page once', async ({
  plainBrowser,
  app,
}) => {
  test.setTimeout(60_000);
  const context = await plainBrowser.newContext();
  const page = await context.newPage();
  await page.goto(app.url);
  await chooseModel(page, 'mock/slow');
  const bar = page.getByText('A new version is ready.');
  const button = page.getByRole('button', { name: 'Update now' });
  let loads = 0;
  page.on('load', () => (loads += 1));

  await say(page, Array.from({ length: 60 }, (_, i) => `word${i}`).join(' '));
  await expect(answers(page)).toContainText('word2');
  await app.release();
  await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
  await expect(bar).toContainText('It waits for the answer');
  await expect(button).toBeHidden();
  await settled(page);
  await expect(answers(page)).toContainText('word59');

  await box(page).fill('a draft');
  await page.waitForTimeout(500);
  expect(loads).toBe(0);
  await button.click();
  await expect(page.locator('meta[name=release]')).toHaveAttribute('content', '2');
  await expect(box(page)).toHaveValue('a draft');
  await expect(answers(page)).toContainText('word59');
  await page.waitForTimeout(1500);
  expect(loads).toBe(1);
  await expect(bar).toBeHidden();
  await context.close();
});

test('the other open pages go over together, none in the middle of an answer', async ({
  plainBrowser,
  app,
}) => {
  test.setTimeout(60_000);
  const context = await plainBrowser.newContext();
  const [first, second] = [await context.newPage(), await context.newPage()];
  await first.goto(app.url);
  await chooseModel(first, 'mock/slow');
  await second.goto(app.url);
  await box(second).waitFor();
  await app.release();
  await second.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
  await say(first, Array.from({ length: 40 }, (_, i) => `word${i}`).join(' '));
  await expect(answers(first)).toContainText('word2');
  await second.getByRole('button', { name: 'Update now' }).click();
  await settled(first);
  await expect(first.locator('meta[name=release]')).toHaveCount(1);
  await expect(second.locator('meta[name=release]')).toHaveCount(1);
  await expect(answers(first)).toContainText('word39');
  await context.close();
});

test('version.json says which build is served', async ({ pwa }) => {
  const served = await pwa.evaluate(async () => (await fetch('./version.json')).json() as unknown);
  expect(served).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    build: expect.stringMatching(/^[0-9a-f]{12}$/),
  });
});
