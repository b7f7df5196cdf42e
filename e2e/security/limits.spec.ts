/** Threat 16, row SP5: a site that was let in is held to its limits, also across the worker's death. */
import type { Page } from '@playwright/test';
import { expect, openaiAt, test } from '../fixtures.ts';
import type { Upstream } from '../upstream.ts';

const siteWith = (upstream: Upstream, origin: string, limits: object) => ({
  ...openaiAt(upstream),
  sites: [{ origin, decision: 'allow', scopes: ['chat'], models: ['*'], limits }],
});

function chat(page: Page, model: string, fields: object = {}) {
  return page.evaluate(
    async ([id, more]) => {
      const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: id, messages: [{ role: 'user', content: 'Hi' }], ...more }),
      });
      const body = (await response.json()) as { error?: { code: string } };
      const retryAfter = response.headers.get('retry-after');
      return { status: response.status, code: body.error?.code, retryAfter };
    },
    [model, fields] as const,
  );
}

test('40 calls at once get what the budget holds; the rest are told when it begins anew', async ({
  site,
  page,
  configure,
  upstream,
}) => {
  const app = await site();
  await configure(siteWith(upstream, app.origin, { tokensPerDay: 1_000 }));
  await page.goto(app.url);
  const all = await Promise.all(
    Array.from({ length: 40 }, () => chat(page, 'openai/m1', { max_tokens: 200 })),
  );
  const refused = all.filter(({ status }) => status === 429);
  expect(refused.length + all.filter(({ status }) => status === 200).length).toBe(40);
  expect(upstream.received.length).toBe(40 - refused.length);
  // Each holds its prompt and 200 tokens: four fit at a time.
  expect(refused.length).toBeGreaterThan(0);
  for (const { code, retryAfter } of refused) {
    expect(code).toBe('site_budget_exceeded');
    expect(Number(retryAfter)).toBeGreaterThan(0);
  }
});

test('a call that was under way when the worker died is paid for', async ({
  site,
  page,
  configure,
  upstream,
  gatehouse,
}) => {
  const app = await site();
  await configure(siteWith(upstream, app.origin, { tokensPerDay: 1_000 }));
  await page.goto(app.url);
  const lost = chat(page, 'openai/hang', { max_tokens: 600 });
  await expect.poll(() => upstream.received.length).toBe(1);
  await gatehouse.stopWorker();
  expect((await lost).status).toBeGreaterThanOrEqual(500);
  expect(await chat(page, 'openai/m1', { max_tokens: 600 })).toMatchObject({
    status: 429,
    code: 'site_budget_exceeded',
  });
  expect((await chat(page, 'openai/m1', { max_tokens: 200 })).status).toBe(200);
});

test('no answer is longer than the site may have, whatever dialect asks', async ({
  site,
  page,
  configure,
  upstream,
}) => {
  const app = await site();
  await configure(siteWith(upstream, app.origin, { maxTokens: 7 }));
  await page.goto(app.url);
  await chat(page, 'openai/m1');
  await chat(page, 'openai/m1', { max_tokens: 900 });
  await chat(page, 'openai/m1', { max_completion_tokens: 3 });
  const sent = upstream.received.map(
    ({ json }) => (json as Record<string, unknown>).max_completion_tokens,
  );
  expect(sent).toEqual([7, 7, 3]);
});

test('one request at a time', async ({ site, page, configure, upstream }) => {
  const app = await site();
  await configure(siteWith(upstream, app.origin, { concurrentRequests: 1 }));
  await page.goto(app.url);
  const all = await Promise.all(Array.from({ length: 5 }, () => chat(page, 'openai/m1')));
  expect(all.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(1);
  for (const { status, retryAfter } of all.filter((one) => one.status !== 200))
    expect([status, retryAfter]).toEqual([429, '1']);
  expect((await chat(page, 'openai/m1')).status).toBe(200);
});
