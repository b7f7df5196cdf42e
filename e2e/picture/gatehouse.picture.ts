/** The README's picture: the window that asks, beside the sample site that was allowed. */
import { fileURLToPath } from 'node:url';
import { serveFolder } from '../../scripts/serve.mjs';
import { expect, test } from '../fixtures.ts';
import { SAMPLE } from '../gatehouse.ts';

const FILE = fileURLToPath(new URL('../../docs/gatehouse.png', import.meta.url));

test('the picture of the README', async ({ gatehouse, configure, consent, page }) => {
  const sample = await serveFolder(SAMPLE);
  await configure({});
  await page.setViewportSize({ width: 900, height: 640 });
  await page.goto(sample.url);
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect.poll(() => gatehouse.consentWindows().length).toBe(1);
  const window = gatehouse.consentWindows()[0];
  if (!window) throw new Error('The window that asks is gone.');
  await window.setViewportSize({ width: 400, height: 620 });
  await expect(window.getByRole('button', { name: 'Allow', exact: true })).toBeVisible();
  await window.waitForTimeout(1500);
  const asked = (await window.screenshot()).toString('base64');
  await consent('session');
  await expect(page.getByRole('article')).toContainText(/Done after/);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  const answered = (await page.screenshot()).toString('base64');
  await sample.close();

  await page.goto('about:blank');
  await page.setViewportSize({ width: 1360, height: 688 });
  await page.setContent(
    `<style>body { display: flex; gap: 24px; align-items: center; justify-content: center; margin: 0;
      height: 100vh; background: #dfe5e4 } img { border-radius: 10px; box-shadow: 0 6px 24px #0003 }</style>
     <img src="data:image/png;base64,${answered}"><img src="data:image/png;base64,${asked}">`,
  );
  await page.waitForTimeout(300);
  await page.screenshot({ path: FILE });
});
