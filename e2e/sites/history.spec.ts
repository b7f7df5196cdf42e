/** Row SP6: what a site did is seen in its own row, and its requests from there. */
import { expect, openaiAt, test } from '../fixtures.ts';
import { expectAccessible } from '../security/accessible.ts';

test('a site’s row tells its use of the last days, by model, and leads to its requests', async ({
  gatehouse,
  context,
  configure,
  site,
  page,
  upstream,
}) => {
  test.setTimeout(90_000);
  const [app, other] = [await site(), await site()];
  await configure(openaiAt(upstream, app.origin, other.origin));
  for (const [origin, model] of [
    [app.url, 'openai/m1'],
    [app.url, 'mock/echo'],
    [other.url, 'openai/m2'],
  ] as const) {
    await page.goto(origin);
    const status = await page.evaluate(async (name) => {
      const answer = await fetch('https://gatehouse.invalid/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: name, messages: [{ role: 'user', content: 'Hello' }] }),
      });
      return answer.status;
    }, model);
    expect(status).toBe(200);
  }
  const own = await context.newPage();
  await own.goto(gatehouse.url('extension/options/index.html#/sites'));
  const row = own.locator('details.site', { hasText: new URL(app.origin).host });
  await row.locator('summary').first().click();
  await row.getByText('History', { exact: true }).click();
  await expect(row).toContainText('2 requests');
  await expect(row.getByRole('img', { name: /by day from/ })).toBeVisible();
  await expect(row.getByRole('row', { name: /openai\/m1/ })).toBeVisible();
  await expect(row.getByRole('row', { name: /mock\/echo/ })).toBeVisible();
  await expect(row.getByRole('row', { name: /openai\/m2/ })).toHaveCount(0);
  await expectAccessible(own);
  await row.getByRole('link', { name: /its requests/i }).click();
  await expect(own.getByRole('heading', { name: 'Request log' })).toBeVisible();
  await expect(own.getByText('openai/m1').first()).toBeVisible();
  await expect(own.getByText('openai/m2')).toHaveCount(0);
  await own.close();
});
