/** Web pages as they are: ones that change the platform, libraries that wrap it, and hostile ones. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, openaiAt, test } from '../fixtures.ts';
import type { SiteOptions } from '../sites/site.ts';
import { battery } from './battery.ts';
import { observe } from './observe.ts';
import { POLLUTIONS } from './pollution.ts';

const JAVASCRIPT = { 'content-type': 'text/javascript; charset=utf-8' };
const script = (body: string) => ({ body, headers: JAVASCRIPT });
const page = (...files: string[]) =>
  `<!doctype html><title>A web app</title>${files.map((file) => `<script src="${file}"></script>`).join('')}<h1>A web app</h1>`;

/** Runs in the page after its own scripts: a streamed and a whole call, and a list by XHR. */
const CALLS = `
window.run = async (base) => {
  const text = (model, stream) => '{"model":"openai/' + model + '","stream":' + stream + ',"messages":[{"role":"user","content":"Hi"}]}';
  const post = async (model, stream) => {
    const response = await fetch(base + '/v1/chat/completions', { __proto__: null, method: 'POST', body: text(model, stream) });
    return response.status + ' ' + await response.text();
  };
  const listed = new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('GET', base + '/v1/models');
    request.onload = () => resolve(request.status + ' ' + request.responseText);
    request.onerror = () => reject(new Error('XHR failed'));
    request.send();
  });
  const streamed = await post('m1', true);
  const whole = await post('m1', false);
  return { __proto__: null, streamed, whole, listed: await listed };
};`;

interface Answers {
  streamed: string;
  whole: string;
  listed: string;
}

function expectAnswers({ streamed, whole, listed }: Answers): void {
  expect(streamed).toMatch(/^200 data: /);
  expect(streamed.endsWith('data: [DONE]\n\n')).toBe(true);
  expect(whole).toMatch(/^200 \{.*Hello from the loopback upstream 🌍\./);
  expect(listed).toMatch(/^200 \{.*"openai\/m1"/);
}

/** Through an attribute: Playwright's own scripts do not run in a world that a page may break. */
async function run(target: Page): Promise<Answers> {
  const shown = await target.locator('html[data-result]').getAttribute('data-result');
  return JSON.parse(shown ?? '') as Answers;
}

/** Keeps what shows the result away from what the page's scripts break. */
const KEEP = `const keep = {
  stringify: JSON.stringify,
  show: (text) => document.documentElement.setAttribute('data-result', text),
};`;
const SHOW = `run('https://gatehouse.invalid').then(
  (answers) => { keep.show(keep.stringify(answers)); },
  (error) => { keep.show(keep.stringify({ streamed: String(error && error.stack), whole: '', listed: '' })); });`;

const allowing = (before: string, after = ''): SiteOptions => ({
  csp: "script-src 'self'",
  pages: {
    '/': page('/keep.js', '/before.js', '/calls.js', '/after.js', '/show.js'),
    '/keep.js': script(KEEP),
    '/before.js': script(before),
    '/calls.js': script(CALLS),
    '/after.js': script(after),
    '/show.js': script(SHOW),
  },
});

const zone = readFileSync(
  fileURLToPath(new URL('../../node_modules/zone.js/bundles/zone.umd.min.js', import.meta.url)),
  'utf8',
);

/** What monitoring SDKs do: they wrap, look at the answer's clone, and add a header of theirs. */
const MONITOR = `
const nativeFetch = window.fetch;
window.seen = [];
window.fetch = function (input, init) {
  const started = performance.now();
  seen.push(String(input && input.url || input));
  return nativeFetch.apply(this, arguments).then((response) => {
    response.clone().text().then((text) => seen.push(text.length, performance.now() - started));
    return response;
  });
};
const { open, send } = XMLHttpRequest.prototype;
XMLHttpRequest.prototype.open = function (method, url) { this.monitored = url; return open.apply(this, arguments); };
XMLHttpRequest.prototype.send = function () {
  this.setRequestHeader('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  this.addEventListener('loadend', () => seen.push(this.monitored, this.status));
  return send.apply(this, arguments);
};`;

for (const [name, before, after] of [
  ['zone.js', zone, ''],
  ['a monitoring SDK', MONITOR, ''],
  ['zone.js and a monitoring SDK on top of it', zone + MONITOR, ''],
  [
    'a frozen fetch and frozen prototypes',
    `
    Object.defineProperty(window, 'fetch', { value: window.fetch, writable: false, configurable: false });
    for (const shared of [XMLHttpRequest, Response, Request, Headers, Promise, Array, Object]) Object.freeze(shared.prototype);`,
    '',
  ],
  [
    'a fetch that was kept before all',
    'const kept = window.fetch;',
    'window.fetch = () => { throw new Error("never asked") }; { const ask = run; window.run = (base) => { window.fetch = kept; return ask(base); } }',
  ],
  [
    'fetch of another frame',
    '',
    `
    const frame = document.createElement('iframe');
    document.documentElement.append(frame);
    window.fetch = frame.contentWindow.fetch.bind(window);`,
  ],
] as const) {
  test(`${name} does not stand in the way`, async ({ site, gatehouse, upstream, page: target }) => {
    const app = await site(allowing(before, after));
    await gatehouse.configure(openaiAt(upstream, app.origin));
    await target.goto(app.url);
    expectAnswers(await run(target));
  });
}

test(`a page with ${POLLUTIONS.length} pollutions breaks neither its calls nor those of others`, async ({
  site,
  gatehouse,
  upstream,
  page: target,
}) => {
  const results: string[] = [];
  const sent = new Set<string>();
  // The first and the last are pages that pollute nothing: what others send is the same byte for byte.
  for (const pollution of ['', ...POLLUTIONS, '']) {
    const app = await site(allowing(pollution));
    await gatehouse.configure(openaiAt(upstream, app.origin));
    await target.goto(app.url);
    const { streamed, whole, listed } = await run(target);
    const right =
      streamed.startsWith('200 data: ') &&
      streamed.endsWith('data: [DONE]\n\n') &&
      whole.startsWith('200 {') &&
      whole.includes('Hello from the loopback upstream 🌍.') &&
      listed.startsWith('200 {');
    if (!right)
      results.push(
        `${pollution}\n  ${streamed.slice(0, 300)}\n  ${whole.slice(0, 100)}\n  ${listed.slice(0, 100)}`,
      );
    // The list of models is asked for beside the calls, at a time of its own.
    const last = upstream.received.findLast(({ path }) => path === '/v1/chat/completions');
    expect(last?.method).toBe('POST');
    expect(last?.headers).not.toHaveProperty('x-polluted');
    sent.add(JSON.stringify([last?.path, last?.headers, last?.body]));
    await app.close();
  }
  expect(results).toEqual([]);
  expect([...sent]).toHaveLength(1);
  test.info().annotations.push({
    type: 'figure',
    description: `${POLLUTIONS.length} pollutions, each call the same bytes`,
  });
});

const OTHER_CALLS: SiteOptions = {
  csp: null,
  pages: {
    '/data.json': { body: '{"hello":"world"}', headers: { 'content-type': 'application/json' } },
  },
};

test('every other fetch and XMLHttpRequest is as it is without the extension', async ({
  site,
  plainBrowser,
  page: target,
}) => {
  const app = await site(OTHER_CALLS);
  const plain = await plainBrowser.newPage();
  try {
    await plain.goto(app.url);
    await target.goto(app.url);
    const without = await plain.evaluate(observe);
    const with_ = await target.evaluate(observe);
    expect(Object.keys(with_).length).toBeGreaterThan(35);
    expect(with_).toEqual(without);
  } finally {
    await plain.close();
  }
});

test('calls of ours look to a page like calls of a server with CORS', async ({
  site,
  gatehouse,
  upstream,
  page: target,
}) => {
  test.setTimeout(120_000);
  const app = await site({ csp: null });
  await gatehouse.configure(openaiAt(upstream, app.origin));
  await target.goto(app.url);
  const server = await target.evaluate(battery, { url: upstream.url, prefix: '' });
  const ours = await target.evaluate(battery, {
    url: 'https://gatehouse.invalid/v1',
    prefix: 'openai/',
  });
  expect(Object.keys(ours).length).toBeGreaterThan(55);
  // Only the browser itself can make a guard of `immutable`.
  expect(ours['headers can not be changed']).toBe('1');
  delete ours['headers can not be changed'];
  delete server['headers can not be changed'];
  expect(ours).toEqual(server);
});

test("a page's own service worker sees its page's calls, and none of ours", async ({
  site,
  gatehouse,
  upstream,
  page: target,
}) => {
  const app = await site({
    ...allowing(''),
    pages: {
      ...allowing('').pages,
      '/worker.js': script(`
        const seen = [];
        addEventListener('install', () => skipWaiting());
        addEventListener('activate', (event) => event.waitUntil(clients.claim()));
        addEventListener('fetch', (event) => {
          seen.push(event.request.url);
          if (event.request.url.endsWith('/made-by-worker')) event.respondWith(new Response(JSON.stringify(seen)));
        });`),
    },
  });
  await gatehouse.configure(openaiAt(upstream, app.origin));
  await target.goto(app.url);
  await run(target);
  await target.evaluate(async () => {
    await navigator.serviceWorker.register('/worker.js');
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller)
      await new Promise((resolve) =>
        navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
      );
  });
  await target.reload();
  expectAnswers(await run(target));
  const seen = await target.evaluate(async () => (await fetch('/made-by-worker')).text());
  expect(seen).toContain('/show.js');
  expect(seen).not.toContain('gatehouse.invalid');
});
