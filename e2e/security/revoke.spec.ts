/** Row SP6: taking a permission back stops what runs under it, at the page and at the provider. */
import { expect, openaiAt, test } from '../fixtures.ts';

const hang = 'openai/hang-midway';

test('revoking a site closes its streams at the provider, and says so to its page', async ({
  gatehouse,
  context,
  allow,
  site,
  page,
  upstream,
}) => {
  const app = await site();
  await allow(app.origin);
  await page.goto(app.url);
  const ended = page.evaluate(async (model) => {
    const answer = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
    });
    const text = await answer.text();
    return { text, at: Date.now() };
  }, hang);
  // A list of models may be asked for beside it.
  const call = () => upstream.received.find(({ method }) => method === 'POST');
  await expect.poll(() => call() !== undefined).toBe(true);
  const own = await context.newPage();
  await own.goto(gatehouse.url('extension/options/index.html#/sites'));
  const row = own.locator('details.site', { hasText: new URL(app.origin).host });
  await row.locator('summary').first().click();
  const revokedAt = await row
    .getByRole('button', { name: 'Revoke', exact: true })
    .evaluate((button: HTMLButtonElement) => {
      button.click();
      return Date.now();
    });
  const { text, at } = await ended;
  await expect.poll(() => call()?.aborted).toBe(true);
  const closedAt = Math.round(performance.timeOrigin + (call()?.closedAt ?? NaN));
  // What came is there, then the error, and no end that looks like one.
  expect(text).toContain('"code":"origin_not_authorized"');
  expect(text).not.toContain('[DONE]');
  expect(text).not.toContain('"finish_reason":"stop"');
  const description = `page told after ${at - revokedAt} ms, provider hung up on after ${closedAt - revokedAt} ms`;
  test.info().annotations.push({ type: 'figure', description });
  // The way back: the person thinks better of it.
  await own.getByRole('button', { name: 'Undo' }).click();
  await expect(row).toContainText('Allowed');
  await own.close();
});

test('a permission that ends in the middle of a stream ends the stream', async ({
  configure,
  site,
  page,
  upstream,
}) => {
  const app = await site();
  const { sites = [], ...rest } = openaiAt(upstream, app.origin);
  const expiresAt = Date.now() + 4_000;
  await configure({ ...rest, sites: sites.map((each) => ({ ...each, expiresAt })) });
  await page.goto(app.url);
  const text = await page.evaluate(async (model) => {
    const answer = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
    });
    return answer.text();
  }, hang);
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
  expect(text).toContain('"code":"origin_not_authorized"');
  await expect.poll(() => upstream.received.at(-1)?.aborted).toBe(true);
});
