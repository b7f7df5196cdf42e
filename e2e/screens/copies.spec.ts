/** Daily copies, putting one back, and taking an import back. */
import type { Page } from '@playwright/test';
import { CANARY_KEY, expect, test } from '../fixtures.ts';
import { putBundle } from '../gatehouse.ts';

const HEAD = { format: 'gatehouse-bundle', version: 1 };
const model = (id: string) => ({ id, routes: [{ provider: 'groq', model: 'x' }] });
const chat = (id: string, content: string) => ({
  id,
  title: `Chat ${id}`,
  createdAt: 1,
  updatedAt: 2,
  model: 'mock/echo',
  messages: [{ id: `${id}1`, role: 'user', content, state: 'done', createdAt: 1 }],
});

const put = (page: Page, sections: object) =>
  page.evaluate(
    async (body) => {
      const response = await fetch('https://gatehouse.invalid/api/bundle', { method: 'PUT', body });
      if (!response.ok) throw new Error(await response.text());
    },
    JSON.stringify({ ...HEAD, ...sections }),
  );
const read = (page: Page) =>
  page.evaluate(async () => {
    const query = 'sections=models,settings,chats';
    return (await fetch(`https://gatehouse.invalid/api/bundle?${query}`)).json();
  });
/** All bytes of all copies in this origin's own file system. */
const copies = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('backups');
    const texts: string[] = [];
    for await (const handle of folder.values() as AsyncIterable<FileSystemFileHandle>) {
      const stream = (await handle.getFile()).stream().pipeThrough(new DecompressionStream('gzip'));
      texts.push(await new Response(stream).text());
    }
    return texts;
  });

test('a copy of the day is made by itself, without keys, and is put back through a diff', async ({
  pwa,
  pwaOrigin,
}) => {
  await putBundle(pwa, {
    models: [model('turbo')],
    keys: [{ provider: 'groq', label: 'main', secret: CANARY_KEY }],
    settings: { theme: 'dark' } as never,
  });
  await put(pwa, { chats: [chat('a', 'first words')] });
  await pwa.clock.install();
  await pwa.goto(`${pwaOrigin}#/transfer`);
  await pwa.reload();
  await expect(pwa.getByText('No copy yet.')).toBeVisible();
  await pwa.clock.fastForward(21_000);
  await expect.poll(() => copies(pwa).catch(() => [])).toHaveLength(1);
  const [copy = ''] = await copies(pwa);
  expect(copy).toContain('first words');
  expect(copy).not.toContain(CANARY_KEY);
  expect(Object.keys(JSON.parse(copy) as object)).not.toContain('keys');

  await put(pwa, { models: [model('slow')], chats: [chat('b', 'later words')] });
  await pwa.reload();
  await pwa.getByRole('button', { name: /See what the copy of/ }).click();
  await expect(pwa.getByText('2 removed')).toHaveCount(0);
  await expect(pwa.getByText('1 removed').first()).toBeVisible();
  await pwa.getByRole('button', { name: 'Put 2 things back' }).click();
  await expect(pwa.getByText('Put back.')).toBeVisible();
  const after = await read(pwa);
  expect(after.models.map(({ id }: { id: string }) => id)).toEqual(['turbo']);
  expect(after.chats.map(({ id }: { id: string }) => id)).toEqual(['a']);
  expect(after.settings.theme).toBe('dark');
  await pwa.goto(`${pwaOrigin}#/keys`);
  await expect(pwa.getByText('sk-c…page')).toBeVisible();
});

test('who never opens a page of Gatehouse gets a copy of the day from the extension’s worker', async ({
  launch,
}) => {
  const { context, options, url, configure, stopWorker } = await launch();
  await configure({
    models: [model('turbo')],
    keys: [{ provider: 'groq', label: 'main', secret: CANARY_KEY }],
  });
  await put(options, { chats: [chat('a', 'first words')] });
  // A file of ours that runs no script.
  await options.goto(url('manifest.json'));
  const worker = context.serviceWorkers()[0]!;
  const alarm = await worker.evaluate(() => chrome.alarms.get('copy'));
  expect(alarm?.periodInMinutes).toBe(60);
  // The same that it set itself, but now; the worker has to be started for it.
  await worker.evaluate(() => chrome.alarms.create('copy', { when: Date.now() + 2_000 }));
  await stopWorker();
  await expect.poll(() => copies(options).catch(() => []), { timeout: 60_000 }).toHaveLength(1);
  const [copy = ''] = await copies(options);
  expect(copy).toContain('first words');
  expect(copy).not.toContain(CANARY_KEY);

  await options.goto(url('extension/options/index.html#/transfer'));
  await expect(options.getByRole('list', { name: 'Copies' }).getByRole('listitem')).toHaveCount(1);
  await expect(options.getByText('Gatehouse makes a copy each day, and')).toBeVisible();
});

test('an import is taken back, keys with it, and the chats stay', async ({ pwa, pwaOrigin }) => {
  await putBundle(pwa, {
    models: [model('turbo')],
    keys: [{ provider: 'groq', label: 'mine', secret: 'gsk_mine0123456789abcdef' }],
  });
  await pwa.goto(`${pwaOrigin}#/transfer`);
  const theirs = {
    ...HEAD,
    models: [{ ...model('turbo'), contextWindow: 5 }, model('slow')],
    keys: [{ provider: 'groq', label: 'mine', secret: 'gsk_their0123456789abcde' }],
    chats: [chat('c', 'theirs')],
  };
  await pwa.getByLabel('File to import').setInputFiles({
    name: 'theirs.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(theirs)),
  });
  await pwa.getByRole('button', { name: 'Import 4 changes' }).click();
  await pwa.getByRole('button', { name: 'Undo…' }).click();
  await pwa.getByRole('button', { name: 'Put 3 things back' }).click();
  await expect(pwa.getByText('Put back.')).toBeVisible();
  const after = await read(pwa);
  expect(after.models).toEqual([model('turbo')]);
  expect(after.chats).toHaveLength(1);
  await pwa.goto(`${pwaOrigin}#/keys`);
  await expect(pwa.getByText('gsk_…cdef')).toBeVisible();
  await expect(pwa.getByText('gsk_…bcde')).toHaveCount(0);
});
