/** Threat 18, with the whole browser: killed in the middle of an import, it starts with the old data or the new. */
import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, openPwa, test } from '../fixtures.ts';
import { startBrowser } from './browser-process.ts';
import { withProfile } from './disk.ts';

const SIGKILLS = Number(process.env.SIGKILLS ?? 3);
const EACH = 30;
const MESSAGES = 15;

/** Something in every section, all of it named after one generation. */
function toBundle(generation: number) {
  const ids = Array.from({ length: EACH }, (_, index) => `g${generation}-${index}`);
  return {
    format: 'gatehouse-bundle',
    version: 1,
    createdAt: new Date().toISOString(),
    providers: ids.map((id) => ({
      ...{ id, format: 'openai-chat', baseUrl: 'https://box.example/v1' },
    })),
    keys: ids.map((id) => ({ provider: id, label: id, secret: `sk-${id}-0123456789abcdef` })),
    models: ids.map((id) => ({ id, routes: [{ provider: id, model: 'x' }] })),
    sites: ids.map((id) => ({ origin: `https://${id}.example`, decision: 'deny' })),
    chats: ids.map((id) => ({
      ...{ id, title: id, createdAt: 1, updatedAt: 1, model: 'x' },
      messages: Array.from({ length: MESSAGES }, (_, index) => ({
        ...{ id: `${id}-${index}`, role: 'user', state: 'done', createdAt: index },
        content: `${id} `.repeat(300),
      })),
    })),
  };
}

/** Takes everything over; answers the status. */
const replaceAll = (page: Page, generation: number) =>
  page.evaluate(
    async (body) => {
      const url = 'https://gatehouse.invalid/api/bundle?mode=replace';
      const headers = { 'content-type': 'application/json' };
      return (await fetch(url, { method: 'PUT', headers, body })).status;
    },
    JSON.stringify(toBundle(generation)),
  );

/** The names of all that is stored, keys among them, which are opened for it. */
const readAll = (page: Page, generation: number) =>
  page.evaluate(async (keys) => {
    const url = 'https://gatehouse.invalid/api/bundle';
    const exported = await fetch(`${url}?sections=providers,models,sites,chats`);
    const { providers, models, sites, chats } = await exported.json();
    const dryRun = await fetch(`${url}?mode=merge&dryRun=1`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ format: 'gatehouse-bundle', version: 1, keys }),
    });
    return {
      providers: providers.map(({ id }: { id: string }) => id),
      models: models.map(({ id }: { id: string }) => id),
      sites: sites.map(({ origin }: { origin: string }) => origin),
      messages: chats.flatMap(({ messages }: { messages: { id: string }[] }) =>
        messages.map(({ id }) => id),
      ),
      keys: (await dryRun.json()).keys?.unchanged?.length ?? 0,
    };
  }, toBundle(generation).keys);

async function expectWhole(page: Page, generation: number): Promise<void> {
  const { providers, models, sites, chats } = toBundle(generation);
  const stored = await readAll(page, generation);
  const ids = <Entry extends { id: string }>(entries: Entry[]) => entries.map(({ id }) => id);
  expect(stored.providers.sort()).toEqual(ids(providers).sort());
  expect(stored.models.sort()).toEqual(ids(models).sort());
  expect(stored.sites.sort()).toEqual(sites.map(({ origin }) => origin).sort());
  expect(stored.messages.sort()).toEqual(chats.flatMap(({ messages }) => ids(messages)).sort());
  expect(stored.keys, 'every key of it opens').toBe(EACH);
  await expect(page.getByText('Your saved keys are damaged')).toHaveCount(0);
}

test(`an import that a SIGKILL of the browser ends has taken all over or nothing, ${SIGKILLS} times`, async ({
  pwaOrigin,
}) => {
  test.setTimeout(120_000 + SIGKILLS * 40_000);
  await withProfile(async (profile) => {
    let generation = 0;
    let takesMs = 0;
    const ends = { old: 0, new: 0 };
    for (let round = 0; round <= SIGKILLS; round++) {
      const browser = await startBrowser(profile);
      const page = await openPwa(browser.context, pwaOrigin);
      if (round === 0) {
        const startedAt = Date.now();
        expect(await replaceAll(page, generation)).toBe(200);
        takesMs = Date.now() - startedAt;
      } else {
        const isNew = (await readAll(page, generation + 1)).providers.includes(
          `g${generation + 1}-0`,
        );
        if (isNew) generation += 1;
        ends[isNew ? 'new' : 'old'] += 1;
      }
      await expectWhole(page, generation);
      if (round < SIGKILLS) {
        void replaceAll(page, generation + 1).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * takesMs * 1.2));
      }
      await browser.kill();
    }
    test.info().annotations.push({
      type: 'figure',
      description: `${SIGKILLS} SIGKILLs in an import of ${takesMs} ms: ${ends.old} left the old, ${ends.new} the new`,
    });
  });
});

/** The logs of LevelDB: one, but while a new one is begun. */
async function findLogs(profile: string): Promise<string[]> {
  const databases = join(profile, 'Default', 'IndexedDB');
  const files = await readdir(databases, { recursive: true });
  return files.filter((file) => file.endsWith('.log')).map((file) => join(databases, file));
}

test('what a kill left half-written in the browser’s own log costs nothing, also two starts later', async ({
  pwaOrigin,
}) => {
  test.setTimeout(180_000);
  await withProfile(async (profile) => {
    const use = async (work: (page: Page) => Promise<void>) => {
      const browser = await startBrowser(profile);
      await work(await openPwa(browser.context, pwaOrigin));
      await browser.kill();
    };
    await use(async (page) => {
      expect(await replaceAll(page, 0)).toBe(200);
      expect(await replaceAll(page, 1)).toBe(200);
    });
    // As a kill in the middle of the second import leaves it: LevelDB writes blocks of 32 KiB.
    const [torn = '', ...more] = await findLogs(profile);
    expect(more).toEqual([]);
    await truncate(torn, Math.floor(((await stat(torn)).size - 200_000) / 32_768) * 32_768);
    await use(async (page) => {
      await expectWhole(page, 0);
      await page.evaluate(() => fetch('https://gatehouse.invalid/v1/models'));
      await expect.poll(() => findLogs(profile), { timeout: 60_000 }).not.toContain(torn);
    });
    for (let start = 2; start < 4; start++) await use((page) => expectWhole(page, 0));
  });
});
