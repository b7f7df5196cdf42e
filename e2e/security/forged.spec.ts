/** Threat 5 against the built extension: a page, and a content script that a page took over. */
import type { CDPSession, Page } from '@playwright/test';
import fc from 'fast-check';
import { expect, openaiAt, test } from '../fixtures.ts';
import type { Gatehouse } from '../gatehouse.ts';

const COUNT = 2_000;

/** What crosses as JSON: shapes of each port's messages, with wrong values in them. */
const envelope = fc.oneof(
  fc.jsonValue(),
  fc.tuple(
    fc.constantFrom('open', 'ack', 'abort', 'head', 'data', 'OPEN', '__proto__'),
    fc.oneof(fc.integer({ max: 0 }), fc.string(), fc.constant(null)),
    fc.jsonValue(),
    fc.constantFrom('GET', 'PUT', 'CONNECT'),
    fc.constantFrom('https://gatehouse.invalid/api/bundle', 'https://evil.example/'),
    fc.constantFrom({ origin: 'chrome-extension://a' }, {}),
    fc.constant(null),
  ),
  fc.record({
    id: fc.string(),
    type: fc.constantFrom('APPLY', 'GET', 'SET', 'CONSTRUCT', 'ENDPOINT', 'RELEASE'),
    path: fc.array(fc.constantFrom('listKeys', 'saveSite', 'lockVault', 'exportBundle', 'status')),
    argumentList: fc.constant([{ type: 'RAW', value: { origin: 'https://*', decision: 'allow' } }]),
  }),
  fc.record({
    type: fc.constantFrom('answer', 'refuse-all', 'extend', 'dismiss', 'not-now', 'unlock'),
    id: fc.string(),
    answer: fc.constant({ decision: 'allow', remember: 'always' }),
    sender: fc.constant({ id: 'gatehouse', origin: 'chrome-extension://gatehouse' }),
  }),
);

/** Runs code in the relay's own world, as one does who broke the page's process. */
async function inContentScript(page: Page, { extensionId }: Gatehouse, code: string) {
  const client: CDPSession = await page.context().newCDPSession(page);
  const found = new Promise<number>((resolve) =>
    client.on('Runtime.executionContextCreated', ({ context }) => {
      if (context.origin === `chrome-extension://${extensionId}`) resolve(context.id);
    }),
  );
  await client.send('Runtime.enable');
  const { result, exceptionDetails } = await client.send('Runtime.evaluate', {
    contextId: await found,
    expression: code,
    awaitPromise: true,
    returnByValue: true,
  });
  await client.detach();
  expect(exceptionDetails).toBeUndefined();
  return result.value as unknown;
}

/** Posts all on ports of each name, and gives what was heard on each. */
const FLOOD = `(async (envelopes) => {
  const heard = {};
  for (const name of ['control', 'first-party', 'consent', 'page', '', '__proto__', 'admin']) {
    const port = chrome.runtime.connect({ name });
    const said = [];
    let closed = false;
    const over = new Promise((resolve) =>
      port.onDisconnect.addListener(() => { closed = true; resolve(); void chrome.runtime.lastError; }));
    port.onMessage.addListener((message) => said.push(message));
    for (const envelope of envelopes) {
      try { port.postMessage(envelope); } catch { break; }
    }
    // The worker has heard all of them once it answers a call of its own on the page's port.
    if (name === 'page') {
      const answered = new Promise((resolve) => port.onMessage.addListener(([type, id]) => type === 'end' && id === 77 && resolve()));
      port.postMessage(['open', 77, false, 'GET', 'https://gatehouse.invalid/api/bundle', {}, null]);
      await answered;
      port.disconnect();
    } else await over;
    heard[name] = { closed, said: said.map((message) => JSON.stringify(message).slice(0, 40)) };
  }
  let sent = 'no answer';
  try { sent = (await chrome.runtime.sendMessage({ type: 'APPLY', path: ['listKeys'] })) ?? sent; } catch {}
  const kept = await Promise.all([
    chrome.storage.session.get(null).then(Object.keys, () => 'refused'),
    chrome.storage.local?.get(null).then(Object.keys, () => 'refused'),
  ]);
  return { heard, sent, kept };
})`;

test(`${COUNT} forged envelopes on each port of a content script reach inference alone`, async ({
  gatehouse,
  configure,
  site,
  page,
  upstream,
}) => {
  test.setTimeout(120_000);
  await configure(openaiAt(upstream));
  const bundle = () =>
    gatehouse.options.evaluate(async () => {
      const answer = await fetch('https://gatehouse.invalid/api/bundle');
      return { ...((await answer.json()) as object), createdAt: '' };
    });
  const before = await bundle();
  await page.goto((await site()).url);
  const envelopes = fc.sample(envelope, { numRuns: COUNT, seed: 5 });
  const { heard, sent, kept } = (await inContentScript(
    page,
    gatehouse,
    `${FLOOD}(${JSON.stringify(envelopes)})`,
  )) as {
    heard: Record<string, { closed: boolean; said: string[] }>;
    sent: unknown;
    kept: unknown[];
  };
  const { page: ofPage, ...others } = heard;
  for (const [name, { closed, said }] of Object.entries(others))
    expect([name, closed, said]).toEqual([name, true, []]);
  // The one whole frame, of an administrator's path: answered as a site's, which is a refusal.
  expect(ofPage?.said[0]).toMatch(/^\["head",77,403,/);
  expect(ofPage?.said.filter((frame) => !/^\["(?:head|data|end)",77[,\]]/.test(frame))).toEqual([]);
  expect(sent).toBe('no answer');
  expect(kept[0]).toBe('refused');
  expect(JSON.stringify(kept[1] ?? [])).not.toContain('key');
  expect(gatehouse.consentWindows()).toEqual([]);
  expect(upstream.received.concat(upstream.preflights)).toEqual([]);
  expect(await bundle()).toEqual(before);
  test.info().annotations.push({
    type: 'figure',
    description: `${COUNT * Object.keys(heard).length} on real ports, 0 accepted`,
  });
});

test('a page that speaks like the relay or inpage gets no one’s identity but its own', async ({
  gatehouse,
  configure,
  site,
  page,
  upstream,
}) => {
  const pages = { '/child': '<!doctype html><title>Child</title>' };
  const granted = await site({ csp: null, pages });
  const evil = await site({ csp: null, pages });
  await configure({
    ...openaiAt(upstream, granted.origin),
    sites: [
      { origin: granted.origin, decision: 'allow', scopes: ['chat'], models: ['*'] },
      { origin: evil.origin, decision: 'deny', scopes: ['chat'], models: ['*'] },
    ],
  });
  await page.goto(evil.url);
  const outcomes = await page.evaluate(
    async ({ origin }) => {
      const told: Record<string, unknown> = {};
      const ask = async (from: typeof fetch) => {
        const response = await from('https://gatehouse.invalid/v1/chat/completions', {
          method: 'POST',
          headers: { origin, referer: `${origin}/`, 'x-forwarded-host': origin },
          body: JSON.stringify({ model: 'openai/m1', messages: [{ role: 'user', content: 'Hi' }] }),
        });
        return `${response.status} ${(await response.json()).error?.code}`;
      };
      const frameOf = async (prepare: (frame: HTMLIFrameElement) => void) => {
        const frame = document.createElement('iframe');
        const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
        prepare(frame);
        document.body.append(frame);
        await loaded;
        return frame;
      };
      const fetchOf = (frame: HTMLIFrameElement) =>
        (frame.contentWindow as unknown as { fetch: typeof fetch }).fetch.bind(frame.contentWindow);
      // Messages and ports in the words of our own scripts.
      const { port1, port2 } = new MessageChannel();
      const heard: unknown[] = [];
      port1.onmessage = ({ data }) => heard.push(data);
      postMessage('gatehouse:hello', '*', [port2]);
      postMessage('gatehouse:relay', '*');
      dispatchEvent(new MessageEvent('message', { data: 'gatehouse:hello', source: window }));
      told.itself = await ask(fetch);
      told.headers = await ask((url, init) => fetch(new Request(url, init), { referrer: '/' }));
      // Documents that it makes: each is its own.
      told.blank = await ask(fetchOf(await frameOf(() => {})));
      told.srcdoc = await ask(fetchOf(await frameOf((frame) => (frame.srcdoc = '<p>x'))));
      const blob = URL.createObjectURL(new Blob(['<p>x'], { type: 'text/html' }));
      told.blob = await ask(fetchOf(await frameOf((frame) => (frame.src = blob))));
      const opened = await frameOf((frame) => (frame.src = '/child'));
      opened.contentDocument!.open();
      opened.contentDocument!.write('<title>Written</title>');
      opened.contentDocument!.close();
      told.written = await ask(fetchOf(opened));
      const script = await frameOf(() => {});
      script.src = 'javascript:"<title>From a javascript URL</title>"';
      await new Promise((resolve) => script.addEventListener('load', resolve, { once: true }));
      told.javascript = await ask(fetchOf(script));
      // The address bar of its own origin says what it likes.
      history.replaceState(null, '', `/${encodeURIComponent(origin)}`);
      Object.defineProperty(window, 'origin', { value: origin });
      told.renamed = await ask(fetch);
      return { told, heard };
    },
    { origin: granted.origin },
  );
  for (const [name, outcome] of Object.entries(outcomes.told))
    expect([name, outcome]).toEqual([name, '403 origin_not_authorized']);
  expect(outcomes.heard).toEqual([]);
  expect(gatehouse.consentWindows()).toEqual([]);
  expect(upstream.received.concat(upstream.preflights)).toEqual([]);
});
