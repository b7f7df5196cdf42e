/** A model of one's own, made and changed by a person. */
import AxeBuilder from '@axe-core/playwright';
import { expect, openaiAt, test } from '../fixtures.ts';

test('a model is made, reordered by keyboard, refused in a circle, asked and deleted with a way back', async ({
  gatehouse,
  context,
  configure,
  upstream,
  options,
}) => {
  await configure({
    ...openaiAt(upstream),
    models: [
      { id: 'slow', routes: [{ provider: 'openai', model: 'm2' }], fallbacks: ['turbo'] },
      { id: 'turbo', routes: [{ provider: 'openai', model: 'm1' }] },
    ],
  });
  const page = await context.newPage();
  await page.goto(gatehouse.url('extension/options/index.html#/models'));
  const list = page.getByRole('list', { name: 'Your own models' });
  await expect(list.getByRole('listitem')).toHaveCount(5);
  await list.getByRole('button', { name: 'Actions for turbo' }).click();
  await page.getByRole('menuitem', { name: 'Edit…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit turbo' });
  await dialog.getByRole('button', { name: 'Add a route' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Provider and model');
  const second = dialog.getByRole('combobox', { name: 'Route 2' });
  await second.fill('openai/steady');
  await second.press('Alt+ArrowUp');
  await expect(dialog.getByRole('combobox', { name: 'Route 1' })).toHaveValue('openai/steady');

  await dialog.getByRole('combobox', { name: 'Fall back to' }).selectOption('slow');
  await expect(dialog.getByRole('alert')).toContainText('“slow” already falls back to “turbo”.');
  await dialog.getByRole('button', { name: 'Do not fall back to slow' }).click();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
  if (process.env.SHOTS)
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [360, 1280]) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height: 900 });
        await page.screenshot({ path: `${process.env.SHOTS}/editor-${colorScheme}-${width}.png` });
      }
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(list).toContainText('openai/steady → openai/m1');
  const asked = await options.evaluate(async () => {
    const answer = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'turbo', messages: [{ role: 'user', content: 'hi' }] }),
    });
    return answer.headers.get('x-gatehouse-model');
  });
  expect(asked).toBe('steady');

  await list.getByRole('button', { name: 'Actions for slow' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(list.getByRole('listitem')).toHaveCount(4);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(list.getByRole('listitem')).toHaveCount(5);
  await page.close();
});
