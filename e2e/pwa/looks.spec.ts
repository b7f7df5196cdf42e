import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '../fixtures.ts';
import { chooseModel, log, say, settled } from './chat-page.ts';

const SHOTS = process.env.GATEHOUSE_SHOTS;

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [360, 800, 1280]) {
    test(`the chat at ${width} px, ${scheme}, has no axe finding and nothing that overflows`, async ({
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
        const overflow = await pwa.evaluate(
          () => document.documentElement.scrollWidth - innerWidth,
        );
        expect(overflow).toBeLessThanOrEqual(0);
      };
      await pwa.getByRole('button', { name: /^Model:/ }).waitFor();
      await check('new');
      await chooseModel(pwa, 'mock/markdown');
      await say(pwa, 'Show me what you can draw');
      await settled(pwa);
      await pwa.waitForTimeout(1200);
      await check('end');
      await log(pwa).evaluate((view) => view.scrollTo(0, 0));
      await pwa.waitForTimeout(300);
      await check('top');
      await pwa.keyboard.press('Control+m');
      await pwa.getByRole('option').first().waitFor();
      await check('picker');
      await pwa.keyboard.press('Escape');
      if (width < 1100) {
        await pwa.getByRole('button', { name: 'Chats', exact: true }).click();
        await pwa.getByRole('searchbox').waitFor();
        await check('list');
        await pwa.keyboard.press('Escape');
      }
      await chooseModel(pwa, 'mock/error-429');
      await say(pwa, 'And an error');
      await settled(pwa);
      await check('error');
    });
  }
}
