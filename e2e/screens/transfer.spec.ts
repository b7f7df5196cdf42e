/** The screen that imports and exports, in both hosts, as a person uses it. */
import { readFile } from 'node:fs/promises';
import AxeBuilder from '@axe-core/playwright';
import type { Download, Page } from '@playwright/test';
import { CANARY_KEY, expect, openaiAt, test } from '../fixtures.ts';
import { putBundle } from '../gatehouse.ts';

const HEAD = { format: 'gatehouse-bundle', version: 1 };
const asFile = (content: unknown, name = 'bundle.json') => ({
  name,
  mimeType: 'application/json',
  buffer: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
});

async function openScreen(page: Page, base: string): Promise<void> {
  await page.goto(`${base}#/transfer`);
  await expect(page.getByRole('heading', { name: 'Import and export' })).toBeVisible();
}

const inExport = (page: Page) => page.getByRole('region', { name: 'Export', exact: true });

const choose = (page: Page, content: unknown, name?: string) =>
  page.getByLabel('File to import').setInputFiles(asFile(content, name));

async function contentOf(download: Download): Promise<Buffer> {
  return readFile(await download.path());
}

const secrets = (page: Page) =>
  page.evaluate(async () => {
    const response = await fetch('https://gatehouse.invalid/api/bundle');
    return response.text();
  });

test('keys leave the extension in an age file alone, and open in the PWA with its six words', async ({
  gatehouse,
  context,
  configure,
  upstream,
  pwa,
  pwaOrigin,
}) => {
  test.setTimeout(180_000);
  await configure(openaiAt(upstream, 'https://notes.example.com'));
  const page = await context.newPage();
  await openScreen(page, gatehouse.url('extension/options/index.html'));
  await inExport(page).getByRole('checkbox', { name: 'Keys' }).check();
  const phrase = page.locator('[data-phrase]');
  await expect(phrase).toHaveText(/^([a-z]+ ){5}[a-z]+$/);
  const words = (await phrase.textContent())!;
  await page.getByRole('button', { name: 'Other words' }).click();
  await expect(phrase).not.toHaveText(words);
  const used = (await phrase.textContent())!;
  const saving = page.waitForEvent('download', { timeout: 90_000 });
  await page.getByRole('button', { name: 'Save the file' }).click();
  const download = await saving;
  expect(download.suggestedFilename()).toMatch(/^gatehouse-\d{4}-\d\d-\d\d\.age$/);
  const file = await contentOf(download);
  expect(file.toString('latin1')).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S+ 17\n/);
  expect(file.includes(CANARY_KEY)).toBe(false);
  await page.close();

  await openScreen(pwa, pwaOrigin);
  await pwa.getByLabel('File to import').setInputFiles({
    name: 'gatehouse.age',
    mimeType: 'application/octet-stream',
    buffer: file,
  });
  const field = pwa.getByLabel('The words of this file');
  await field.fill(words);
  await pwa.getByRole('button', { name: 'Open' }).click();
  await expect(pwa.getByText('These words do not open the file')).toBeVisible({ timeout: 90_000 });
  await field.fill(`  ${used.toUpperCase().replaceAll(' ', '   ')} `);
  await pwa.getByRole('button', { name: 'Open' }).click();
  await expect(pwa.getByText('Calls would go to another server.')).toBeVisible({ timeout: 90_000 });
  await expect(pwa.getByRole('alert')).toContainText(
    `from https://api.openai.com/v1 to ${upstream.url}`,
  );
  await expect(pwa.getByText('a site may use Gatehouse only if you say so')).toBeVisible();
  expect(await pwa.content()).not.toContain(CANARY_KEY);
  await pwa.getByRole('button', { name: /^Import \d changes$/ }).click();
  await expect(pwa.getByText('Imported.')).toBeVisible();

  expect(JSON.parse(await secrets(pwa))).toMatchObject({
    providers: [{ id: 'openai', baseUrl: upstream.url }],
    sites: [],
  });
  const status = await pwa.evaluate(async () => {
    const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai/x', messages: [{ role: 'user', content: 'hi' }] }),
    });
    return response.status;
  });
  expect(status).toBe(200);
  expect(upstream.received.at(-1)?.headers.authorization).toBe(`Bearer ${CANARY_KEY}`);
});

test('no answer of ours holds a key in the clear, and a web page gets none at all', async ({
  configure,
  upstream,
  options,
  page,
  site,
}) => {
  const { origin, url } = await site();
  await configure(openaiAt(upstream, origin));
  const ask = (where: Page, query: string) =>
    where.evaluate(async (search) => {
      const response = await fetch(`https://gatehouse.invalid/api/bundle${search}`);
      return { status: response.status, text: await response.text() };
    }, query);
  const key = await options.evaluate(async () => {
    const pair = (await crypto.subtle.generateKey({ name: 'X25519' }, true, [
      'deriveBits',
    ])) as CryptoKeyPair;
    const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    return btoa(String.fromCharCode(...raw))
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
      .replace(/=/g, '');
  });
  const asked = await ask(options, `?keys=${key}`);
  expect(asked.status).toBe(200);
  expect(asked.text).toContain('encryptedKeys');
  expect(asked.text).not.toContain(CANARY_KEY);
  for (const query of ['?keys', '?keys=1', '?keys=true']) {
    const { status, text } = await ask(options, query);
    expect([status, text.includes(CANARY_KEY)], query).toEqual([400, false]);
  }
  await page.goto(url);
  expect((await ask(page, `?keys=${key}`)).status).toBe(403);
});

test('a cancelled encryption saves nothing', async ({ pwa, pwaOrigin }) => {
  await openScreen(pwa, pwaOrigin);
  await pwa.getByRole('checkbox', { name: 'Keys' }).check();
  let downloads = 0;
  pwa.on('download', () => (downloads += 1));
  await expect(pwa.locator('[data-phrase]')).toHaveText(/^([a-z]+ ){5}[a-z]+$/);
  await pwa.getByRole('button', { name: 'Save the file' }).click();
  await pwa.getByRole('button', { name: 'Cancel' }).click();
  await expect(pwa.getByRole('button', { name: 'Save the file' })).toBeEnabled();
  await expect(pwa.getByRole('alert')).toHaveCount(0);
  expect(downloads).toBe(0);
});

test('what is here stays, or goes, or stands beside, as it is chosen', async ({
  pwa,
  pwaOrigin,
}) => {
  const model = (contextWindow: number) => ({
    id: 'turbo',
    routes: [{ provider: 'groq', model: 'x' }],
    contextWindow,
  });
  await putBundle(pwa, { models: [model(1_000)] });
  await openScreen(pwa, pwaOrigin);
  await choose(pwa, { ...HEAD, models: [model(2_000), { id: 'bad', routes: [] }], surprise: 1 });
  await expect(pwa.getByText('1 changed')).toHaveCount(2);
  await expect(pwa.getByText('2 problems')).toBeVisible();
  await expect(pwa.getByText('models[1].routes')).toBeVisible();
  const differs = pwa.getByLabel('What is here already, and differs');
  await differs.selectOption('Keep what is here');
  await expect(pwa.getByRole('button', { name: 'Nothing to import' })).toBeDisabled();
  await pwa.getByLabel('Import only if all of it fits').check();
  await expect(pwa.getByRole('alert')).toContainText('nothing was changed');
  await pwa.getByLabel('Import only if all of it fits').uncheck();
  await differs.selectOption('Keep both');
  await pwa.getByRole('button', { name: 'Import 1 change' }).click();
  await expect(pwa.getByText('Imported.')).toBeVisible();
  expect(JSON.parse(await secrets(pwa))).toMatchObject({
    models: [model(1_000), { ...model(2_000), id: 'turbo-2' }],
  });
});

test('chats of ChatGPT, a LiteLLM file and pasted keys come to the same diff', async ({
  pwa,
  pwaOrigin,
}) => {
  await openScreen(pwa, pwaOrigin);
  const message = (role: string, parts: string[], parent?: string) => ({
    parent,
    message: { author: { role }, create_time: 1.7e9, content: { content_type: 'text', parts } },
  });
  await choose(
    pwa,
    [
      {
        title: 'Boats of the Nile',
        conversation_id: 'c1',
        create_time: 1.7e9,
        current_node: 'b',
        mapping: { a: message('user', ['What floats?']), b: message('assistant', ['Boats.'], 'a') },
      },
    ],
    'conversations.json',
  );
  await expect(pwa.getByText('chats of ChatGPT')).toBeVisible();
  await pwa.getByRole('button', { name: 'Import 1 change' }).click();
  await expect(pwa.getByText('Imported.')).toBeVisible();

  const yaml = `model_list:\n  - model_name: fast\n    litellm_params: {model: groq/llama, api_key: gsk_${'a1'.repeat(20)}}\n`;
  await choose(pwa, yaml, 'config.yaml');
  await expect(pwa.getByText('a LiteLLM configuration')).toBeVisible();
  await expect(pwa.getByText('groq · main · gsk_…a1a1')).toBeVisible();
  await pwa.getByRole('button', { name: 'Cancel' }).click();

  await pwa.getByPlaceholder('or drop it here').fill(`GROQ_API_KEY=gsk_${'b2'.repeat(20)}`);
  await pwa.getByRole('button', { name: 'Read it' }).click();
  await expect(pwa.getByText('groq · main · gsk_…b2b2')).toBeVisible();
  await pwa.getByRole('button', { name: 'Cancel' }).click();
  await choose(pwa, 'nothing in here', 'x.txt');
  await expect(pwa.getByRole('alert')).toContainText('Nothing was found');

  await pwa.goto(`${pwaOrigin}#/chat`);
  await expect(pwa.getByText('Boats of the Nile').first()).toBeVisible();
});

test('a file with a forbidding work factor is refused before anything is computed', async ({
  pwa,
  pwaOrigin,
}) => {
  await openScreen(pwa, pwaOrigin);
  await choose(
    pwa,
    `age-encryption.org/v1\n-> scrypt c2FsdHNhbHRzYWx0c2FsdA 22\nbody\n--- mac\n`,
    'x.age',
  );
  await pwa.getByLabel('The words of this file').fill('a b c d e f');
  await pwa.getByRole('button', { name: 'Open' }).click();
  await expect(pwa.getByText('more memory than a page should')).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the diff has no axe finding and nothing that overflows, ${colorScheme}`, async ({
    pwa,
    pwaOrigin,
  }, info) => {
    test.setTimeout(120_000);
    await pwa.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await openScreen(pwa, pwaOrigin);
    await pwa.getByRole('checkbox', { name: 'Keys' }).check();
    await choose(pwa, {
      ...HEAD,
      providers: [
        { id: 'openai', baseUrl: 'https://relay.example/v1/' },
        { id: 'my-box', baseUrl: 'https://box.example/a/very/long/path/that/goes/on/and/on/v1' },
      ],
      keys: [{ provider: 'my-box', secret: 'sk-0123456789abcdef' }],
      models: [
        { id: 'turbo', routes: [{ provider: 'groq', model: 'x' }] },
        { id: 'bad', routes: [] },
      ],
      sites: [{ origin: 'https://notes.example.com', decision: 'allow' }],
    });
    await expect(pwa.getByText('Calls would go to another server.')).toBeVisible();
    for (const width of [360, 1280]) {
      await pwa.setViewportSize({ width, height: 900 });
      await pwa.screenshot({
        path: info.outputPath(`${colorScheme}-${width}.png`),
        fullPage: true,
      });
      await pwa.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
      await pwa.screenshot({ path: info.outputPath(`${colorScheme}-${width}-end.png`) });
      const { violations } = await new AxeBuilder({ page: pwa }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      const overflow = await pwa.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
    }
  });
}
