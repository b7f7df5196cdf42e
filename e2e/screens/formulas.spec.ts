/** Formulas in the chat of both hosts: drawn under the strict policy, offline, and by nobody's leave. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { answers, chooseModel, say, settled } from '../pwa/chat-page.ts';

const SHOTS = process.env.GATEHOUSE_SHOTS;

const TEXT = [
  'It costs $5 to $10. Euler: $e^{i\\pi} + 1 = 0$, and \\(\\frac{1}{1+x^2}\\) too. So',
  '$$\n\\int_{-\\infty}^{\\infty} e^{-x^2}\\,dx = \\sqrt{\\pi} \\tag{1}\n$$',
  '\\[\n\\begin{pmatrix} \\cos\\theta & -\\sin\\theta \\\\ \\sin\\theta & \\cos\\theta \\end{pmatrix}\n\\begin{cases} x^2 & \\text{if } x > 0 \\\\ \\cancel{y} & \\text{otherwise} \\end{cases}\n\\]',
  '```math\n\\begin{aligned} f(x) &= \\sum_{n=0}^{\\infty} \\frac{f^{(n)}(a)}{n!}(x-a)^n + a + b + c + d + e + f + g + h + i + j + k \\\\ &\\overset{!}{=} \\mathcal{O}(x^3) \\end{aligned}\n```',
  '- in a list $\\vec{v} \\cdot \\hat{n} = \\lVert v \\rVert$\n\n| of | a table |\n|---|---|\n| $x_1$ | $\\mathbb{R}^n$ |',
  'Not drawn: $\\includegraphics{https://evil.example/x.png}$ and an open $$ at the end',
].join('\n\n');
const DRAWN = 8;

async function showFormulas(page: Page): Promise<string[]> {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (/content security policy|trusted/i.test(message.text())) complaints.push(message.text());
  });
  await chooseModel(page, 'mock/echo');
  await say(page, TEXT);
  await settled(page);
  await expect(answers(page).locator('math')).toHaveCount(DRAWN);
  return complaints;
}

for (const host of ['PWA', 'options page'] as const) {
  test(`the ${host} draws formulas, and copies them as they were written`, async ({
    gatehouse,
    pwa,
    configure,
  }) => {
    test.setTimeout(120_000);
    if (host === 'options page') await configure({});
    const page = host === 'PWA' ? pwa : await gatehouse.context.newPage();
    if (host === 'options page') await page.goto(gatehouse.options.url().replace(/#.*/, '#/chat'));
    const complaints = await showFormulas(page);
    const answer = answers(page);
    await expect(answer).toContainText('It costs $5 to $10.');
    await expect(answer).toContainText('$\\includegraphics{https://evil.example/x.png}$');
    await expect(answer.getByRole('math').first()).toHaveAccessibleName('e^{i\\pi} + 1 = 0');

    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await answer
      .locator('p')
      .first()
      .evaluate((p) => getSelection()?.selectAllChildren(p));
    await page.keyboard.press('Control+c');
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied.trim()).toBe(TEXT.split('\n\n')[0]);

    const block = answer.getByRole('button', { name: 'Copy the formula as LaTeX' }).first();
    await block.focus();
    await block.press('Enter');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('\\sqrt{\\pi}');
    expect(complaints).toEqual([]);

    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.waitForTimeout(300);
        if (SHOTS) {
          const name = `math-${host.replace(' ', '-')}-${width}-${colorScheme}.png`;
          await page.screenshot({ path: `${SHOTS}/${name}` });
        }
        await expect(async () => {
          const { violations } = await new AxeBuilder({ page }).analyze();
          expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        }).toPass({ timeout: 15_000 });
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - innerWidth,
        );
        expect(overflow).toBeLessThanOrEqual(0);
      }
    }
    if (host === 'options page') await page.close();
  });
}

test('formulas are drawn with the network off, on the first visit after the install', async ({
  pwa,
}) => {
  await pwa.evaluate(() => navigator.serviceWorker.ready);
  await pwa.context().setOffline(true);
  await pwa.reload();
  await showFormulas(pwa);
  await pwa.context().setOffline(false);
});
