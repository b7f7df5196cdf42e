/** K8: "Connect OpenRouter" in both hosts, against an authorization server on loopback. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { putBundle } from '../gatehouse.ts';

const KEY = 'sk-or-canary-2c81e7d0-never-in-a-page';

/** As OpenRouter has it: a page that asks, and an exchange that holds the verifier to its challenge. */
async function createAuthorization() {
  const codes = new Map<string, string>();
  const exchanges: Record<string, string>[] = [];
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const cors = {
      'access-control-allow-origin': request.headers.origin ?? '*',
      'access-control-allow-headers': '*',
    };
    const json = (status: number, body: object) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...cors })
        .end(JSON.stringify(body));
    if (request.method === 'OPTIONS') return void response.writeHead(204, cors).end();
    if (url.pathname === '/auth') {
      const code = `code-${codes.size}`;
      codes.set(code, url.searchParams.get('code_challenge') ?? '');
      const back = new URL(url.searchParams.get('callback_url') ?? '');
      back.searchParams.set('code', code);
      response.writeHead(200, { 'content-type': 'text/html' });
      return void response.end(`<a href="${back.href.replaceAll('&', '&amp;')}">Allow</a>`);
    }
    if (url.pathname === '/api/v1/auth/keys') {
      let text = '';
      request.on('data', (piece) => (text += piece));
      request.on('end', () => {
        const body = JSON.parse(text) as Record<string, string>;
        exchanges.push(body);
        const digest = createHash('sha256')
          .update(body.code_verifier ?? '')
          .digest('base64url');
        const fits = body.code_challenge_method === 'S256' && codes.get(body.code ?? '') === digest;
        json(fits ? 200 : 403, fits ? { key: KEY } : { error: { message: 'Invalid code' } });
      });
      return;
    }
    if (url.pathname === '/api/v1/auth/key') return void json(200, { data: {} });
    json(200, { data: [{ id: 'm1' }] });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, exchanges, close: () => (server.close(), server.closeAllConnections()) };
}

async function connect(page: Page, allow: boolean): Promise<Page> {
  const [asked] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('button', { name: 'Connect OpenRouter' }).click(),
  ]);
  await asked.waitForLoadState();
  if (allow) await asked.getByRole('link', { name: 'Allow' }).click({ noWaitAfter: true });
  else await asked.close();
  return asked;
}

const keysOf = (page: Page) => page.locator('#provider-openrouter');

test.slow();

async function expectConnect(page: Page): Promise<void> {
  const authorization = await createAuthorization();
  await putBundle(page, {
    providers: [{ id: 'openrouter', baseUrl: `${authorization.origin}/api/v1` }],
  });
  await page.getByRole('link', { name: 'Keys', exact: true }).click();
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(globalThis, { seen });
    addEventListener('message', ({ data }) => seen.push(JSON.stringify(data)));
  });

  await connect(page, false);
  await expect(page.getByText('was closed before it gave a key')).toBeVisible();
  expect(authorization.exchanges).toEqual([]);

  const asked = await connect(page, true);
  await expect(page.getByText('OpenRouter is connected.')).toBeVisible();
  await expect(keysOf(page)).toContainText('connected');
  await expect(keysOf(page)).toContainText('works');
  await expect.poll(() => asked.isClosed()).toBe(true);
  expect(authorization.exchanges).toHaveLength(1);
  expect(authorization.exchanges[0]?.code_verifier).toMatch(/^[\w-]{43}$/);
  expect(await page.content()).not.toContain(KEY);
  authorization.close();
}

test('in the extension a provider makes a key that no page sees', ({ options }) =>
  expectConnect(options));

test('in the web app a provider makes a key that no page sees', ({ pwa }) => expectConnect(pwa));
