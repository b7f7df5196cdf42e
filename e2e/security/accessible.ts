import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

let shots = 0;

/** Clean for axe, narrow and wide, light and dark; each with a screenshot in the test's output. */
export async function expectAccessible(page: Page): Promise<void> {
  shots += 1;
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [360, 1280]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 800 });
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      const name = `${page.url().split('/').at(-1)}-${shots}-${colorScheme}-${width}.png`;
      await page.screenshot({ path: test.info().outputPath(name) });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    }
}
