/** Rows W2, W3, W7, D4: how a page finds Gatehouse, what it is told, and its workers' way to it. */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type * as client from '../../extension/client/index.ts';
import { expect, openaiAt, test } from '../fixtures.ts';
import { CLIENT } from '../gatehouse.ts';
import { sdkFile } from '../sites/bundle.ts';

const script = (body: string) => ({ body, headers: { 'content-type': 'text/javascript' } });

/** A page with the client as `gatehouse`, and what else it serves. */
const withClient = (
  pages: Record<string, { body: string; headers: Record<string, string> }> = {},
) => ({
  body: '<script type="module" src="/main.js"></script>',
  pages: {
    '/client.js': script(readFileSync(CLIENT, 'utf8')),
    '/main.js': script("import * as client from '/client.js'; globalThis.gatehouse = client;"),
    ...pages,
  },
});

type Client = typeof client;
const ready = (page: Page) =>
  page.waitForFunction(() => (globalThis as unknown as { gatehouse?: Client }).gatehouse);

/** Finds Gatehouse in the page and keeps what it says, with each event that comes. */
async function listen(page: Page): Promise<void> {
  await ready(page);
  await page.evaluate(async () => {
    const { gatehouse } = globalThis as unknown as { gatehouse: Client };
    const found = await gatehouse.detect({ timeout: 5_000 });
    const heard: unknown[] = [];
    for (const name of [
      'connect',
      'disconnect',
      'permission_changed',
      'models_changed',
      'locked',
    ] as const)
      found?.provider.on(name, (detail) =>
        heard.push([name, detail instanceof Error ? (detail as { code?: number }).code : detail]),
      );
    Object.assign(globalThis, { found, heard });
  });
}
const heard = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard);
const request = (page: Page, method: string) =>
  page.evaluate(
    (name) =>
      (
        globalThis as unknown as {
          found: { provider: { request(call: object): Promise<string[]> } };
        }
      ).found.provider
        .request({ method: name })
        .then(
          (models) => ({ models }),
          ({ code, data }: { code: number; data?: { code: string } }) => ({
            code,
            reason: data?.code,
          }),
        ),
    method,
  );

test('a page finds it by events alone, under the strictest policy, and no one is asked', async ({
  site,
  page,
  gatehouse,
}) => {
  await page.goto((await site()).url);
  const found = await page.evaluate(async () => {
    const before = [Reflect.get(globalThis, 'ai'), Reflect.get(globalThis, 'LanguageModel')];
    const announced = new Promise<Record<string, unknown>>((resolve) =>
      addEventListener('gatehouse:announce', (event) => resolve((event as CustomEvent).detail)),
    );
    dispatchEvent(new Event('gatehouse:request'));
    const { provider, ...info } = await announced;
    const after = [Reflect.get(globalThis, 'ai'), Reflect.get(globalThis, 'LanguageModel')];
    return {
      info,
      untouched: before.every((one, index) => one === after[index]),
      provider: typeof provider,
    };
  });
  expect(found.info).toEqual({
    uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    name: 'Gatehouse',
    icon: expect.stringMatching(/^data:image\/svg\+xml,/),
    rdns: 'app.gatehouse',
    version: expect.stringMatching(/^\d+\.\d+/),
    baseURL: 'https://gatehouse.invalid/v1',
  });
  expect(found).toMatchObject({ untouched: true, provider: 'object' });
  expect(gatehouse.consentWindows()).toEqual([]);
});

test('detect() says that there is none where there is none', async ({ site, plainBrowser }) => {
  const app = await site(withClient());
  const page = await plainBrowser.newPage();
  await page.goto(app.url);
  await ready(page);
  const outcome = await page.evaluate(() =>
    (globalThis as unknown as { gatehouse: Client }).gatehouse
      .detect()
      .then((found) => typeof found),
  );
  expect(outcome).toBe('undefined');
  await page.close();
});

test('its object answers with the codes of EIP-1193, and asks the person once', async ({
  site,
  page,
  configure,
  consent,
  gatehouse,
}) => {
  await configure({});
  await page.goto((await site(withClient())).url);
  await listen(page);
  expect(await request(page, 'eth_accounts')).toMatchObject({ code: 4200 });
  const refused = request(page, 'gatehouse_connect');
  await expect.poll(() => gatehouse.consentWindows().length).toBe(1);
  await consent('deny');
  expect(await refused).toEqual({ code: 4001, reason: 'user_rejected' });
  const connected = request(page, 'gatehouse_connect');
  await expect.poll(() => gatehouse.consentWindows().length).toBe(1);
  await consent('session');
  expect(await connected).toMatchObject({ models: expect.arrayContaining(['mock/echo']) });
  await expect.poll(() => heard(page)).toContainEqual(['connect', expect.anything()]);
});

test('a page hears what concerns it, also after the worker died, and one that may not hears little', async ({
  site,
  context,
  configure,
  options,
  upstream,
  gatehouse,
}) => {
  const [mine, other] = [await site(withClient()), await site(withClient())];
  await configure(openaiAt(upstream, mine.origin));
  const [allowed, stranger] = [await context.newPage(), await context.newPage()];
  for (const [page, app] of [
    [allowed, mine],
    [stranger, other],
  ] as const) {
    await page.goto(app.url);
    await listen(page);
  }
  await gatehouse.stopWorker();
  await configure({
    ...openaiAt(upstream, mine.origin),
    models: [{ id: 'fast', routes: [{ provider: 'mock', model: 'echo' }] }],
  });
  await expect.poll(() => heard(allowed)).toContainEqual(['models_changed', {}]);
  await configure(openaiAt(upstream));
  await expect
    .poll(() => heard(allowed))
    .toContainEqual(['permission_changed', { allowed: false }]);
  expect(await heard(allowed)).toContainEqual(['disconnect', 4100]);
  const names = ((await heard(stranger)) as [string, unknown][]).map(([name]) => name);
  expect(names).not.toContain('models_changed');
  await options.bringToFront();
  await Promise.all([allowed.close(), stranger.close()]);
});

test('a frame with a grant of its own hears of it, and not of its origin’s elsewhere', async ({
  site,
  page,
  configure,
  upstream,
}) => {
  const inner = await site({ ...withClient(), csp: null });
  const outer = await site({ csp: null, body: `<iframe src="${inner.url}"></iframe>` });
  const grant = { origin: inner.origin, topOrigin: outer.origin, decision: 'allow' };
  await configure({ ...openaiAt(upstream), sites: [grant] });
  await page.goto(outer.url);
  const frame = page.frames().find((each) => each.url() === inner.url)!;
  await frame.waitForFunction(() => (globalThis as unknown as { gatehouse?: Client }).gatehouse);
  // Its first call brings it a way to the extension.
  expect(
    await frame.evaluate(async () => (await fetch('https://gatehouse.invalid/v1/models')).status),
  ).toBe(200);
  await frame.evaluate(async () => {
    const { gatehouse } = globalThis as unknown as { gatehouse: Client };
    const found = await gatehouse.detect({ timeout: 5_000 });
    const heard: unknown[] = [];
    for (const name of ['permission_changed', 'models_changed'] as const)
      found?.provider.on(name, (detail) => heard.push([name, detail]));
    Object.assign(globalThis, { heard });
  });
  const told = () => frame.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard);
  await configure({
    ...openaiAt(upstream),
    sites: [grant],
    models: [{ id: 'fast', routes: [{ provider: 'mock', model: 'echo' }] }],
  });
  await expect.poll(told).toContainEqual(['models_changed', {}]);
  expect(await told()).not.toContainEqual(['permission_changed', { allowed: false }]);
  // The same origin by itself is another subject.
  await configure({ ...openaiAt(upstream, inner.origin), sites: [{ ...grant, decision: 'deny' }] });
  await expect.poll(told).toContainEqual(['permission_changed', { allowed: false }]);
});

const WORKER = `
import { bridge } from '/client.js';
import '/openai.js';
bridge();
const client = new OpenAI({ baseURL: 'https://gatehouse.invalid/v1', apiKey: 'gatehouse', dangerouslyAllowBrowser: true, maxRetries: 0 });
export async function answer(model, stopAfter, port) {
  try {
    const stream = await client.chat.completions.create({ model, stream: true, messages: [{ role: 'user', content: 'Hi' }] });
    let text = '', count = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta?.content ?? '';
      if (++count === stopAfter) { stream.controller.abort(); break; }
    }
    port.postMessage({ text, count });
  } catch (error) {
    port.postMessage({ error: error.code ?? String(error) });
  }
}
`;
const workers = {
  '/openai.js': script(''),
  '/shared-code.js': script(WORKER),
  '/worker.js': script(
    "import { answer } from '/shared-code.js'; onmessage = ({ data }) => answer(data.model, data.stopAfter, self);",
  ),
  '/shared.js': script(
    "import { answer } from '/shared-code.js'; onconnect = ({ ports: [port] }) => (port.onmessage = ({ data }) => answer(data.model, data.stopAfter, port));",
  ),
};

/** What the openai SDK in a worker of the page makes of a model. */
function ask(page: Page, kind: 'Worker' | 'SharedWorker', model: string, stopAfter = 0) {
  return page.evaluate(
    async ([type, id, stop]) => {
      const { gatehouse } = globalThis as unknown as { gatehouse: Client };
      const { promise, resolve } = Promise.withResolvers<{
        text?: string;
        count?: number;
        error?: string;
      }>();
      if (type === 'Worker') {
        const worker = new Worker('/worker.js', { type: 'module' });
        gatehouse.bridge(worker);
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage({ model: id, stopAfter: stop });
      } else {
        const worker = new SharedWorker('/shared.js', { type: 'module' });
        worker.port.onmessage = ({ data }) => resolve(data);
        gatehouse.bridge(worker);
        worker.port.postMessage({ model: id, stopAfter: stop });
      }
      return promise;
    },
    [kind, model, stopAfter] as const,
  );
}

for (const kind of ['Worker', 'SharedWorker'] as const) {
  test(`the openai SDK streams in a module ${kind}; an abort and an error go the whole way`, async ({
    site,
    page,
    configure,
    upstream,
  }) => {
    workers['/openai.js'] = script(readFileSync(sdkFile('openai'), 'utf8'));
    const app = await site({ ...withClient(workers), csp: null });
    await configure(openaiAt(upstream, app.origin));
    await page.goto(app.url);
    await ready(page);
    expect((await ask(page, kind, 'openai/m1')).text).toBe('Hello from the loopback upstream 🌍.');
    expect(await ask(page, kind, 'openai/status-429')).toEqual({ error: 'rate_limited' });
    expect((await ask(page, kind, 'openai/hang-midway', 1)).count).toBe(1);
    await expect.poll(() => upstream.received.at(-1)?.aborted).toBe(true);
  });
}
