/** P4: the browser's own model in both hosts, through their real workers. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, openPwa, test } from '../fixtures.ts';
import { answers, chooseModel, say, stopButton } from '../pwa/chat-page.ts';
import { playPromptApi, type PlayedModel } from './prompt-api.ts';

const MODEL = 'chrome/gemini-nano';

/** One question in each dialect, streamed and not. */
const DIALECTS = [
  {
    path: '/v1/chat/completions',
    body: { messages: [{ role: 'user', content: 'Hello' }] },
  },
  { path: '/v1/responses', body: { input: 'Hello' } },
  {
    path: '/v1/messages',
    body: { max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] },
  },
  {
    path: '/v1beta/models/chrome/gemini-nano:generateContent',
    streamPath: '/v1beta/models/chrome/gemini-nano:streamGenerateContent?alt=sse',
    body: { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] },
  },
] as const;

async function ask(page: Page, path: string, body: object) {
  return page.evaluate(
    async ([address, text]) => {
      const response = await fetch(`https://gatehouse.invalid${address}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text,
      });
      return { status: response.status, text: await response.text() };
    },
    [path, JSON.stringify(body)] as const,
  );
}

const chat = (page: Page, body: object = {}) =>
  ask(page, '/v1/chat/completions', {
    model: MODEL,
    messages: [{ role: 'user', content: 'Hello' }],
    ...body,
  });

const listed = (page: Page) =>
  page.evaluate(async () => {
    const response = await fetch('https://gatehouse.invalid/v1/models');
    const { data } = (await response.json()) as { data: { id: string }[] };
    return data.map(({ id }) => id);
  });

async function expectEveryDialect(page: Page): Promise<void> {
  for (const dialect of DIALECTS) {
    const whole = await ask(page, dialect.path, { model: MODEL, ...dialect.body });
    expect(whole).toMatchObject({ status: 200 });
    expect(whole.text).toContain('Said on this device: Hello');
    const path = 'streamPath' in dialect ? dialect.streamPath : dialect.path;
    const streamed = await ask(page, path, { model: MODEL, stream: true, ...dialect.body });
    expect(streamed).toMatchObject({ status: 200 });
    for (const piece of ['"Said"', '" on"', '" this"', '" device: Hello"'])
      expect(streamed.text).toContain(piece);
  }
}

const playedIn = (where: Pick<Page, 'evaluate'>) =>
  where.evaluate(() => {
    const { asked, open } = (globalThis as unknown as { played: PlayedModel }).played;
    return { asked, open };
  });

test.describe('in the extension', () => {
  const workerOf = (page: Page) => page.context().serviceWorkers()[0]!;

  test('a site asks it in every dialect, without a network and without a key', async ({
    launch,
    site,
  }) => {
    const gatehouse = await launch();
    const { origin } = await site();
    await gatehouse.configure({
      sites: [{ origin, decision: 'allow', scopes: ['chat'], models: ['*'] }],
    });
    const worker = workerOf(gatehouse.options);
    await worker.evaluate(playPromptApi, 'available' as const);
    const page = await gatehouse.context.newPage();
    await page.goto(origin);
    await gatehouse.context.setOffline(true);
    await expectEveryDialect(page);
    expect(await listed(page)).toContain(MODEL);
    const { asked, open } = await playedIn(worker);
    expect(asked).toHaveLength(8);
    expect(open).toBe(0);
  });

  test('an abort frees it at once', async ({ launch }) => {
    const { options } = await launch();
    const worker = workerOf(options);
    await worker.evaluate(playPromptApi, 'available' as const);
    await worker.evaluate(() => {
      (globalThis as unknown as { played: PlayedModel }).played.hold = true;
    });
    await options.evaluate(async (model) => {
      const caller = new AbortController();
      const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
        signal: caller.signal,
      });
      await response.body!.getReader().read();
      caller.abort();
    }, MODEL);
    await expect.poll(async () => (await playedIn(worker)).open).toBe(0);
  });

  test('what this browser really has is an error with words; so is no API at all', async ({
    launch,
  }) => {
    const { options } = await launch();
    const real = await chat(options);
    expect(real.status).toBe(503);
    expect(real.text).toContain('"local_unreachable"');
    expect(real.text).toContain('can not run the browser’s own model');
    await workerOf(options).evaluate(playPromptApi, 'none' as const);
    expect((await chat(options)).text).toContain('no model of its own');
    expect(await listed(options)).not.toContain(MODEL);
  });
});

test.describe('in the web app', () => {
  test('its worker asks it of an open page, in every dialect, without a network', async ({
    plainBrowser,
    pwaOrigin,
  }) => {
    const context = await plainBrowser.newContext();
    await context.addInitScript(playPromptApi, 'available' as const);
    const page = await openPwa(context, pwaOrigin);
    await context.setOffline(true);
    await expectEveryDialect(page);
    expect((await playedIn(page)).open).toBe(0);

    await page.evaluate(() => {
      (globalThis as unknown as { played: PlayedModel }).played.hold = true;
    });
    await chooseModel(page, MODEL);
    await say(page, 'Stop me');
    await expect(answers(page).last()).toContainText('Said');
    expect((await playedIn(page)).open).toBe(1);
    await stopButton(page).click();
    await expect.poll(async () => (await playedIn(page)).open).toBe(0);
    await context.close();
  });

  test('another page lends it where the calling one is gone, and its end is no false end', async ({
    plainBrowser,
    pwaOrigin,
  }) => {
    const context = await plainBrowser.newContext();
    const caller = await openPwa(context, pwaOrigin);
    expect((await chat(caller)).text).toContain('can not run');
    await caller.evaluate(playPromptApi, 'none' as const);
    expect((await chat(caller)).text).toContain('no model of its own');

    const lender = await context.newPage();
    await lender.addInitScript(playPromptApi, 'available' as const);
    await lender.goto(pwaOrigin);
    await lender.evaluate(() => {
      (globalThis as unknown as { played: PlayedModel }).played.hold = true;
    });
    const answer = chat(caller, { stream: true });
    await expect.poll(async () => (await playedIn(lender)).open).toBe(1);
    await lender.close();
    const { text } = await answer;
    expect(text).toContain('Said');
    expect(text).toContain('was closed');
    expect(text).not.toContain('[DONE]');
    await context.close();
  });

  test('the keys screen tells its state in words, and a click downloads it', async ({
    plainBrowser,
    pwaOrigin,
  }) => {
    const context = await plainBrowser.newContext();
    await context.addInitScript(playPromptApi, 'downloadable' as const);
    const page = await openPwa(context, pwaOrigin);
    expect((await chat(page)).text).toContain('not downloaded yet');
    expect(await listed(page)).not.toContain(MODEL);
    await page.getByRole('link', { name: 'Keys', exact: true }).click();
    await expect(page.getByText('not downloaded yet')).toBeVisible();
    const button = page.getByRole('button', { name: 'Download it' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.evaluate(() =>
      (globalThis as unknown as { played: PlayedModel }).played.progress?.(0.42),
    );
    await expect(page.getByText('downloading · 42%')).toBeVisible();
    expect((await chat(page)).text).toContain('still downloading');
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [360, 1280]) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height: 800 });
        await page.getByRole('progressbar').scrollIntoViewIfNeeded();
        await page.screenshot({ path: test.info().outputPath(`${colorScheme}-${width}.png`) });
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      }
    await page.evaluate(() =>
      (globalThis as unknown as { played: PlayedModel }).played.progress?.(1),
    );
    await expect(page.getByText('also offline, and costs nothing')).toBeVisible();
    expect(await listed(page)).toContain(MODEL);
    await page.getByRole('link', { name: 'Models', exact: true }).click();
    await expect(page.getByText(MODEL)).toBeVisible();
    expect((await chat(page)).text).toContain('Said on this device');
    await context.close();
  });
});
