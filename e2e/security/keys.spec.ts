/** Threats 7 and 9, row K11: the key goes to its provider and to nobody else. */
import { createServer, type AddressInfo } from 'node:net';
import { CANARY_KEY, expect, openaiAt, test } from '../fixtures.ts';
import { findSecrets } from './seen-by-page.ts';

const PAGE_KEY = 'sk-the-page-has-a-key-of-its-own-000000';

/** What a page may say and the upstream must not hear. */
const HOSTILE_HEADERS = {
  authorization: `Bearer ${PAGE_KEY}`,
  'x-api-key': PAGE_KEY,
  'api-key': PAGE_KEY,
  'x-goog-api-key': PAGE_KEY,
  'openai-organization': 'org-of-the-page',
  'openai-project': 'project-of-the-page',
  'x-stainless-lang': 'js',
  'x-stainless-timeout': '600',
  'x-forwarded-for': '203.0.113.9',
  'x-custom': 'of-the-page',
};

const HOSTILE_FIELDS = {
  api_base: 'http://203.0.113.9/v1',
  base_url: 'http://203.0.113.9/v1',
  api_key: PAGE_KEY,
  apiKey: PAGE_KEY,
  organization: 'org-of-the-page',
  extra_headers: { authorization: `Bearer ${PAGE_KEY}` },
};

test('the upstream sees the configured key and nothing of the page', async ({
  site,
  page,
  allow,
  upstream,
}) => {
  const app = await site({ scripts: ['openai'] });
  await allow(app.origin);
  await page.goto(app.url);
  await page.evaluate(() => (document.cookie = 'session=of-the-page')); // cookies know no port
  await page.evaluate(async (key) => {
    const sdk = new OpenAI({
      baseURL: 'https://gatehouse.invalid/v1',
      apiKey: key,
      organization: 'org-of-the-page',
      dangerouslyAllowBrowser: true,
      defaultHeaders: { 'x-custom': 'of-the-page' },
    });
    await sdk.chat.completions.create({
      model: 'openai/m1',
      messages: [{ role: 'user', content: 'Hi' }],
    });
  }, PAGE_KEY);
  await page.evaluate(
    async ([headers, fields]) => {
      const body = { model: 'openai/m1', messages: [{ role: 'user', content: 'Hi' }], ...fields };
      await fetch('https://gatehouse.invalid/v1/chat/completions', {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        credentials: 'include',
      }).then((response) => response.text());
    },
    [HOSTILE_HEADERS, HOSTILE_FIELDS] as const,
  );
  expect(upstream.received).toHaveLength(2);
  for (const { headers, body, path, method } of upstream.received) {
    expect(`${method} ${path}`).toBe('POST /v1/chat/completions');
    expect(headers.authorization).toBe(`Bearer ${CANARY_KEY}`);
    expect(Object.keys(headers).filter((name) => name.startsWith('x-stainless-'))).toEqual([]);
    for (const name of [
      'cookie',
      'referer',
      'x-api-key',
      'api-key',
      'x-goog-api-key',
      'openai-organization',
      'openai-project',
      'x-custom',
      'x-forwarded-for',
    ]) {
      expect(headers[name], name).toBeUndefined();
    }
    const everything = JSON.stringify(headers) + body;
    expect(everything).not.toContain(PAGE_KEY);
    expect(everything).not.toContain('of-the-page');
    expect(everything).not.toContain(app.origin);
    expect(everything).not.toContain('203.0.113.9');
  }
});

test('the page sees the key nowhere, whatever happens', async ({
  gatehouse,
  site,
  page,
  allow,
  upstream,
}) => {
  test.setTimeout(60_000);
  const app = await site({ scripts: ['openai'] });
  await allow(app.origin);
  await page.goto(app.url);
  await page.evaluate(async () => {
    const kept: unknown[] = [];
    addEventListener('message', (event) => kept.push(event.data));
    Object.assign(globalThis, { kept });
    const sdk = new OpenAI({
      baseURL: 'https://gatehouse.invalid/v1',
      apiKey: 'gatehouse',
      dangerouslyAllowBrowser: true,
    });
    const messages = [{ role: 'user' as const, content: 'What is your key?' }];
    for (const model of [
      'm1',
      'status-401',
      'status-500',
      'html',
      'cut',
      'garbage',
      'error-event',
      'echo-headers',
    ]) {
      for (const stream of [false, true]) {
        try {
          const answer = await sdk.chat.completions
            .create({ model: `openai/${model}`, messages, stream })
            .withResponse();
          kept.push([...answer.response.headers]);
          if ('controller' in answer.data) kept.push(await Array.fromAsync(answer.data));
          else kept.push(answer.data);
        } catch (error) {
          kept.push(error, String(error), JSON.stringify(error));
        }
      }
    }
    for (const path of [
      '/v1/models',
      '/health',
      '/health/detailed',
      '/api/bundle',
      '/api/bundle?keys=1',
      '/',
    ]) {
      const response = await fetch(`https://gatehouse.invalid${path}`);
      kept.push([...response.headers], await response.text());
    }
  });
  expect(upstream.received.length).toBeGreaterThan(10);
  // Also in the two halves, in case the text was cut: no part of the secret.
  const secrets = [CANARY_KEY, CANARY_KEY.slice(0, 20), CANARY_KEY.slice(-20)];
  expect(await findSecrets(gatehouse.context, page, secrets)).toEqual([]);
  // The scan would find it: the same search for what the page does know.
  expect(await findSecrets(gatehouse.context, page, ['What is your key?'])).toHaveLength(1);
});

test('a provider that answers by quoting the key is not passed on as it is', async ({
  site,
  page,
  allow,
}) => {
  const app = await site();
  await allow(app.origin);
  await page.goto(app.url);
  const text = await page.evaluate(async () => {
    const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({
        model: 'openai/quotes-key',
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    });
    return response.text();
  });
  expect(text).toContain('Incorrect API key provided');
  expect(text).not.toContain(CANARY_KEY);
  expect(text).not.toContain(CANARY_KEY.slice(-20));
});

/** A server that only counts who comes, whatever they speak. */
async function createThief() {
  let visits = 0;
  const server = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  await new Promise<void>((done) => server.listen(0, done));
  return {
    port: (server.address() as AddressInfo).port,
    visits: () => visits,
    close: () => new Promise((done) => server.close(done)),
  };
}

/** Another port, another host, another scheme. */
const ELSEWHERE = ['http-127.0.0.1', 'http-localhost', 'https-127.0.0.1'];

for (const status of [301, 302, 303, 307, 308]) {
  test(`a ${status} to another origin, port or scheme carries no key there`, async ({
    site,
    page,
    configure,
    upstream,
  }) => {
    const thief = await createThief();
    try {
      const app = await site();
      // The ways in which keys travel; all but the first would follow a redirect.
      await configure({
        ...openaiAt(upstream, app.origin),
        providers: [
          { id: 'openai', baseUrl: upstream.url },
          {
            id: 'by-header',
            name: 'H',
            format: 'openai-chat',
            baseUrl: upstream.url,
            auth: { scheme: 'header', name: 'x-api-key' },
          },
        ],
        keys: ['openai', 'by-header'].map((provider) => ({
          provider,
          label: 'main',
          secret: CANARY_KEY,
          enabled: true,
          weight: 1,
        })),
      });
      await page.goto(app.url);
      for (const provider of ['openai', 'by-header'])
        for (const place of ELSEWHERE) {
          const answer = await page.evaluate(async (model) => {
            const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
              method: 'POST',
              body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] }),
            });
            return { status: response.status, body: await response.json() };
          }, `${provider}/redirect-${status}-to-${place}-${thief.port}`);
          expect(answer).toMatchObject({ status: 502, body: { error: { code: 'bad_upstream' } } });
        }
      const asked = upstream.received.filter(({ method }) => method === 'POST');
      expect(asked.map(({ path }) => path)).toEqual(Array(6).fill('/v1/chat/completions'));
      expect(asked[3]?.headers['x-api-key']).toBe(CANARY_KEY);
      expect(thief.visits()).toBe(0);
      test.info().annotations.push({
        type: 'figure',
        description: `${status}: 3 places × 2 headers, 0 visits`,
      });
    } finally {
      await thief.close();
    }
  });
}
