import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, openaiAt, test } from '../fixtures.ts';
import { answers, box, chooseModel, log, say, settled, stopButton } from './chat-page.ts';

// R22: one prompt to up to four models side by side, each stream for itself.

const SHOTS = process.env.GATEHOUSE_SHOTS;
const WORDS = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');

const column = (page: Page, model: string) =>
  page.getByRole('article', { name: model, exact: true });
const goOn = (page: Page, model: string) =>
  column(page, model).getByRole('button', { name: 'Go on with this answer' });

/** Adds models to the chosen one, by keyboard alone. */
async function compareWith(page: Page, ...ids: string[]): Promise<void> {
  await page.getByRole('button', { name: 'Compare', exact: true }).press('Enter');
  const field = page.getByRole('combobox', { name: 'Search models' });
  for (const id of ids) {
    await field.fill(id);
    await page.getByRole('option').first().waitFor();
    await field.press('Enter');
  }
  await field.press('Escape');
  await expect(box(page)).toBeFocused();
}

for (const host of ['PWA', 'options page'] as const) {
  test(`in the ${host} two models answer at once, and stopping one leaves the other`, async ({
    gatehouse,
    pwa,
    upstream,
    configure,
    configurePwa,
  }) => {
    const two = {
      ...openaiAt(upstream),
      models: ['left', 'right'].map((id, index) => ({
        id,
        routes: [{ provider: 'openai', model: `paced-${20 + index}-100` }],
      })),
    };
    if (host === 'PWA') await configurePwa(two);
    else await configure(two);
    const page = host === 'PWA' ? pwa : await gatehouse.context.newPage();
    if (host === 'options page') await page.goto(gatehouse.options.url().replace(/#.*/, '#/chat'));
    await chooseModel(page, 'left');
    await compareWith(page, 'right');
    await say(page, 'count');
    await expect(column(page, 'left').locator('.markdown')).not.toBeEmpty();
    await expect(column(page, 'right').locator('.markdown')).not.toBeEmpty();
    const calls = upstream.received.filter(({ path }) => path.endsWith('/chat/completions'));
    expect(calls).toHaveLength(2);
    const since = performance.now();
    await page.getByRole('button', { name: 'Stop left' }).click();
    const stopped = calls.find(({ body }) => JSON.stringify(body).includes('paced-20-'));
    if (!stopped) throw new Error('The left model was not asked.');
    expect(await upstream.closed(stopped, since)).toBeGreaterThan(0);
    await expect(column(page, 'left')).toContainText('Stopped by you.');
    await expect(stopButton(page)).toBeVisible();
    await settled(page);
    await expect(column(page, 'right')).toContainText('99');
    await expect(column(page, 'right')).not.toContainText('Stopped by you.');
    await expect(column(page, 'left')).not.toContainText('99');
  });
}

test('Stop of the message box stops all of them', async ({ pwa }) => {
  await chooseModel(pwa, 'mock/slow');
  await compareWith(pwa, 'mock/reasoning', 'mock/hang');
  await say(pwa, WORDS);
  await expect(column(pwa, 'mock/slow')).toContainText('word2');
  await stopButton(pwa).click();
  await settled(pwa);
  await expect(column(pwa, 'mock/slow')).toContainText('Stopped by you.');
  await expect(column(pwa, 'mock/hang')).toContainText('Stopped by you.');
});

test('an error of one leaves the other, and asking again stays in its column', async ({ pwa }) => {
  await chooseModel(pwa, 'mock/error-401');
  await compareWith(pwa, 'mock/slow');
  await say(pwa, 'one two three four five six');
  const failed = column(pwa, 'mock/error-401').getByRole('button', { name: 'Retry' }).first();
  await expect(failed).toBeVisible();
  await settled(pwa);
  await expect(column(pwa, 'mock/slow')).toContainText('four five six');
  await failed.click();
  await settled(pwa);
  await expect(failed).toBeVisible();
  await expect(pwa.getByRole('article')).toHaveCount(3);
  // Who just goes on writing goes on from the one that answered.
  await pwa.getByRole('button', { name: /^Do not ask/ }).click();
  await chooseModel(pwa, 'mock/echo');
  await say(pwa, 'seven');
  await settled(pwa);
  await expect(answers(pwa)).toHaveCount(2);
  await expect(answers(pwa).first()).toContainText('four five six');
  await expect(answers(pwa).last()).toContainText('seven');
});

test('a reload keeps both, and going on with one makes the other its variant', async ({ pwa }) => {
  await chooseModel(pwa, 'mock/echo');
  await compareWith(pwa, 'mock/slow');
  await say(pwa, WORDS);
  await expect(column(pwa, 'mock/echo')).toContainText('word39');
  await expect(column(pwa, 'mock/slow')).toContainText('word20', { timeout: 10_000 });
  await pwa.reload();
  await expect(column(pwa, 'mock/echo')).toContainText('word39');
  await expect(column(pwa, 'mock/slow')).toContainText('broke off');
  await expect(column(pwa, 'mock/slow')).toContainText('word8');

  await goOn(pwa, 'mock/slow').press('Enter');
  await expect(box(pwa)).toBeFocused();
  await expect(answers(pwa)).toHaveCount(1);
  await expect(answers(pwa)).toContainText('2/2');
  await expect(answers(pwa)).toContainText('broke off');
  await pwa.reload();
  await expect(answers(pwa)).toContainText('2/2');
  await answers(pwa).getByRole('button', { name: 'Previous version' }).click();
  await expect(answers(pwa)).toContainText('word39');
  await say(pwa, 'further');
  await settled(pwa);
  await expect(answers(pwa)).toHaveCount(2);
});

test('four models is the most, and a fifth is not added', async ({ pwa }) => {
  await chooseModel(pwa, 'mock/echo');
  await compareWith(pwa, 'mock/slow', 'mock/reasoning', 'mock/tools', 'mock/json');
  await expect(
    pwa.getByRole('list', { name: 'Asked beside it' }).getByRole('listitem'),
  ).toHaveCount(3);
  await pwa.getByRole('button', { name: /^Do not ask Slow/ }).click();
  await expect(
    pwa.getByRole('list', { name: 'Asked beside it' }).getByRole('listitem'),
  ).toHaveCount(2);
});

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [360, 1280]) {
    test(`answers side by side at ${width} px, ${scheme}, have no axe finding and nothing overflows`, async ({
      pwa,
    }) => {
      test.setTimeout(120_000);
      await pwa.setViewportSize({ width, height: width < 720 ? 740 : 800 });
      await pwa.emulateMedia({ colorScheme: scheme });
      const check = async (name: string) => {
        if (SHOTS) await pwa.screenshot({ path: `${SHOTS}/${name}-${width}-${scheme}.png` });
        const { violations } = await new AxeBuilder({ page: pwa }).analyze();
        expect(
          violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) })),
        ).toEqual([]);
        expect(
          await pwa.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        ).toBeLessThanOrEqual(0);
      };
      await chooseModel(pwa, 'mock/echo');
      await compareWith(pwa, 'mock/slow', 'mock/error-429');
      await pwa.getByRole('button', { name: 'Compare', exact: true }).click();
      await pwa.getByRole('option').first().waitFor();
      // The box of a new chat is in the middle: the list must not be cut off above it.
      await expect(pwa.getByRole('combobox', { name: 'Search models' })).toBeInViewport({
        ratio: 1,
      });
      await check('compare-picker');
      await pwa.keyboard.press('Escape');
      await say(pwa, WORDS);
      await expect(column(pwa, 'mock/slow')).toContainText('word9');
      await check('compare-streaming');
      await settled(pwa);
      await check('compare-end');
      await log(pwa).evaluate((view) => view.scrollTo(0, 0));
      await pwa.waitForTimeout(300);
      await check('compare-top');
      const boxes = await Promise.all(
        ['mock/echo', 'mock/slow', 'mock/error-429'].map((id) => column(pwa, id).boundingBox()),
      );
      const lefts = new Set(boxes.map((each) => each?.x));
      expect(lefts.size).toBe(width === 360 ? 1 : 3);
    });
  }
}
