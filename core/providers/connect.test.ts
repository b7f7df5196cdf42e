import { afterEach, describe, expect, it } from 'vitest';
import { RouterError } from '../errors.ts';
import { sendJson, serve, type Loopback } from '../testing/loopback.ts';
import { CATALOG } from './catalog.ts';
import { connectUrl, exchangeCode } from './connect.ts';

const ports = { fetch: (request: Request) => fetch(request), now: () => 0 };
const row = CATALOG.find(({ connect }) => connect !== undefined)!;
let upstream: Loopback | undefined;
afterEach(() => upstream?.close());

async function exchange(status: number, body: object): Promise<string> {
  upstream = await serve((response) => sendJson(response, body, status));
  return exchangeCode(ports, { ...row, baseUrl: `${upstream.origin}/v1` }, 'c', 'v');
}
const codeOf = (error: unknown) => (error instanceof RouterError ? error.code : error);

describe('a key for a code', () => {
  it('is asked for below the provider’s address, with the verifier and no key', async () => {
    expect(await exchange(200, { key: 'sk-or-1' })).toBe('sk-or-1');
    const [request] = upstream!.received;
    expect(request).toMatchObject({
      method: 'POST',
      path: '/v1/auth/keys',
      body: { code: 'c', code_verifier: 'v', code_challenge_method: 'S256' },
    });
    expect(request?.headers.authorization).toBeUndefined();
  });

  it.each([
    [403, { error: { message: 'Invalid code' } }, 'key_refused'],
    [200, { token: 'x' }, 'key_refused'],
    [302, {}, 'bad_upstream'],
  ])('is refused with %i %j as %s', async (status, body, code) => {
    expect(await exchange(status, body).then(String, codeOf)).toBe(code);
  });

  it('is of no provider without such a way', async () => {
    const other = CATALOG.find(({ connect }) => connect === undefined)!;
    expect(await exchangeCode(ports, other, 'c', 'v').then(String, codeOf)).toBe('invalid_request');
  });

  it('begins on a page of the provider’s own origin', () => {
    expect(connectUrl(row, row.connect!)).toBe('https://openrouter.ai/auth');
  });
});
