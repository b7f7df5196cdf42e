/** Row E16: a provider sent through a gateway, set up on the Keys screen. */
import AxeBuilder from '@axe-core/playwright';
import { CANARY_KEY, expect, openaiAt, test } from '../fixtures.ts';

const TOKEN = 'aig-canary-token-4f2b9c-never-in-a-page';

test.slow();
test('a person sends a provider through a gateway; a site’s call takes both keys along', async ({
  options,
  configure,
  upstream,
  site,
  page,
}) => {
  const { origin } = await site();
  const { sites } = openaiAt(upstream, origin);
  await configure({
    providers: [{ id: 'cloudflare-ai-gateway', baseUrl: `${upstream.origin}/v1/acc/gw/compat` }],
    sites: sites ?? [],
  });
  await options.goto(`${options.url().split('#')[0]}#/keys`);
  await options.getByRole('button', { name: 'More for OpenAI', exact: true }).click();
  await options.getByRole('menuitem', { name: /address and headers/i }).click();
  const dialog = options.getByRole('dialog');
  const gateway = dialog.getByRole('switch', { name: /send through cloudflare ai gateway/i });
  await gateway.focus();
  await options.keyboard.press('Space');
  await dialog.getByLabel('Gateway token').fill(TOKEN);
  await expect(dialog.getByLabel('Path at the gateway')).toHaveValue('openai');
  await dialog.getByLabel('Tries at the gateway').fill('2');
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [360, 1280]) {
      await options.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await options.setViewportSize({ width, height: 900 });
      await options.screenshot({ path: test.info().outputPath(`${colorScheme}-${width}.png`) });
      const { violations } = await new AxeBuilder({ page: options }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    }
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();

  // The gateway of this test is on this computer, and so is what goes through it.
  const row = options.locator('#provider-openai');
  await row.getByText('OpenAI', { exact: true }).click();
  await row.getByRole('button', { name: 'Add a key' }).click();
  await options.getByRole('dialog').getByLabel('Key', { exact: true }).fill(CANARY_KEY);
  await options
    .getByRole('dialog')
    .getByRole('button', { name: /save|add/i })
    .click();
  await expect(options.getByText(/works/).first()).toBeVisible();

  await page.goto(origin);
  const answer = await page.evaluate(async () => {
    const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'openai/plain', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    return { status: response.status, text: await response.text() };
  });
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.text).not.toContain(TOKEN);
  const chat = upstream.received.find(({ path }) => path.endsWith('/chat/completions'))!;
  expect(chat.path).toBe('/v1/acc/gw/openai/chat/completions');
  expect(chat.headers).toMatchObject({
    authorization: `Bearer ${CANARY_KEY}`,
    'cf-aig-authorization': `Bearer ${TOKEN}`,
    'cf-aig-max-attempts': '2',
  });
});
