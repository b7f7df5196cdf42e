/** Models of the person's own, from `/api/models` to a site's call, in a real browser. */
import type { Page } from '@playwright/test';
import { CANARY_KEY, expect, openaiAt, test } from '../fixtures.ts';

interface Told {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** Calls from a page, in its own world. */
const call = (page: Page, method: string, path: string, body?: object): Promise<Told> =>
  page.evaluate(
    async ([how, where, what]) => {
      const response = await fetch(`https://gatehouse.invalid${where}`, {
        method: how,
        body: what,
      });
      const headers = Object.fromEntries(response.headers);
      return { status: response.status, headers, text: await response.text() };
    },
    [method, path, body && JSON.stringify(body)] as const,
  );
const chat = (page: Page, model: string, more: object = {}) =>
  call(page, 'POST', '/v1/chat/completions', {
    model,
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
    ...more,
  });
const modelOf = ({ body }: { body: string }) => (JSON.parse(body) as { model: string }).model;
const route = (model: string, more: object = {}) => ({ provider: 'openai', model, ...more });

test.beforeEach(async ({ site, page, upstream, configure }) => {
  const app = await site({ csp: null });
  await configure(openaiAt(upstream, app.origin));
  await page.goto(app.url);
});

test('a model that our own page makes is there for a site at once, under its own name', async ({
  page,
  options,
  upstream,
}) => {
  const turbo = { id: 'turbo', routes: [route('status-503'), route('m1')] };
  expect((await call(options, 'POST', '/api/models', turbo)).status).toBe(201);
  const { status, headers, text } = await chat(page, 'turbo');
  expect([status, headers['x-gatehouse-model'], headers['x-gatehouse-attempts']]).toEqual([
    200,
    'm1',
    '2',
  ]);
  expect(text).toContain('"model":"turbo"');
  expect(text).toContain('[DONE]');
  expect(upstream.received).toHaveLength(2);
  expect((await call(page, 'GET', '/v1/models')).text).toContain('"turbo"');

  const circle = { routes: [route('m1')], fallbacks: ['turbo'] };
  const refused = await call(options, 'PUT', '/api/models/turbo', circle);
  expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('"fallbacks"')]);
  expect((await call(options, 'DELETE', '/api/models/turbo')).status).toBe(200);
  expect((await chat(page, 'turbo')).status).toBe(404);
});

test('a site neither reads nor changes them', async ({ page, options }) => {
  await call(options, 'POST', '/api/models', { id: 'mine', routes: [route('m1')] });
  for (const [method, path, body] of [
    ['GET', '/api/models', undefined],
    ['POST', '/api/models', { id: 'theirs', routes: [route('m1')] }],
    ['PUT', '/api/models/mine', { routes: [route('m2')] }],
    ['DELETE', '/api/models/mine', undefined],
  ] as const)
    expect((await call(page, method, path, body)).status, `${method} ${path}`).toBe(403);
  expect((await call(options, 'GET', '/api/models')).text).toContain('"model":"m1"');
});

test('each request takes the route that is for it', async ({ page, options, upstream }) => {
  await call(options, 'POST', '/api/models', {
    id: 'clever',
    routes: [
      route('deep', { when: { reasoning: true } }),
      route('long', { when: { promptTokensOver: 2000 } }),
      route('tools', { when: { hasTools: true } }),
      route('plain'),
    ],
  });
  const asked = async (more: object) => {
    upstream.clear();
    await chat(page, 'clever', more);
    return modelOf(upstream.received[0]!);
  };
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
  const long = [{ role: 'user', content: 'word '.repeat(2500) }];
  expect(await asked({})).toBe('plain');
  expect(await asked({ tools })).toBe('tools');
  expect(await asked({ reasoning_effort: 'high', tools })).toBe('deep');
  expect(await asked({ messages: long })).toBe('long');
});

test('a hedge answers, and the slow one’s socket is closed', async ({
  page,
  options,
  upstream,
}) => {
  const hedged = { id: 'fast', routes: [route('hang'), route('m1')], hedgeAfterMs: 100 };
  await call(options, 'POST', '/api/models', hedged);
  const { status, headers, text } = await chat(page, 'fast');
  expect([status, headers['x-gatehouse-model']]).toEqual([200, 'm1']);
  expect(text).toContain('[DONE]');
  const slow = upstream.received.find((request) => modelOf(request) === 'hang')!;
  await expect.poll(() => slow.aborted).toBe(true);
});

test('an answer goes on where it broke off, and the page reads that it did', async ({
  page,
  options,
}) => {
  const model = { id: 'tough', routes: [route('cut'), route('m1')], continuePartial: true };
  await call(options, 'POST', '/api/models', model);
  const { text } = await chat(page, 'tough');
  expect(text).toContain(': {"gatehouse":{"continued":{"from":"openai/cut","to":"openai/m1"');
  expect(text).toContain('[DONE]');
  expect(text).not.toContain('"error"');
  expect(text).not.toContain(CANARY_KEY);
});
