/** Every screen of the extension, in every size and theme. */
import AxeBuilder from '@axe-core/playwright';
import { expect, openaiAt, test } from '../fixtures.ts';

const ROUTES = [
  'keys',
  'sites',
  'models',
  'usage',
  'logs',
  'settings',
  'transfer',
  'about',
  'welcome',
];
const WIDTHS = [360, 1280];
const THEMES = ['light', 'dark'] as const;

for (const route of ROUTES) {
  test(`${route} has no axe finding and nothing that overflows, narrow and wide, light and dark`, async ({
    gatehouse,
    context,
    configure,
    upstream,
  }) => {
    test.setTimeout(120_000);
    await configure(openaiAt(upstream, 'https://notes.example.com', 'http://localhost:5173'));
    const page = await context.newPage();
    await page.goto(gatehouse.url(`extension/options/index.html#/${route}`));
    await expect(page.locator('h1')).toHaveCount(1);
    await page.waitForLoadState('networkidle');
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        // A busy machine is slow to paint the other theme: axe may read half of each, once.
        await expect(async () => {
          const { violations } = await new AxeBuilder({ page }).analyze();
          const found = violations.map(
            ({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`,
          );
          expect(found, `${colorScheme} ${width}`).toEqual([]);
        }).toPass({ timeout: 15_000 });
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, `scrolls sideways at ${width}`).toBeLessThanOrEqual(0);
      }
    }
    await page.close();
  });
}
