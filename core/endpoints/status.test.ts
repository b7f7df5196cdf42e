/** Row E20: `GET /status`, by the whole router over loopback. */
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRouter, type Router } from '../router.ts';
import { sendJson, serve, type Loopback } from '../testing/loopback.ts';
import { createTestPorts } from '../testing/ports.ts';
import type { Caller } from '../ports.ts';

// Browsers have it, Node 20 has not.
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item, 0);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};

const GOOD = 'gsk_good_0123456789abcdef';
const BAD = 'gsk_bad_0123456789abcdef';
const BUSY = 'sk-busy-0123456789abcdef';
const ODD = 'sk-odd-0123456789abcdef';
const FIRST_PARTY: Caller = { kind: 'first-party' };
const SITE: Caller = {
  kind: 'site',
  origin: 'https://app.example',
  topOrigin: 'https://app.example',
};

let router: Router;
let upstream: Loopback;

const ask = (caller: Caller) =>
  router.handle(new Request('https://gatehouse.invalid/status'), caller);

beforeEach(async () => {
  upstream = await serve((response, { headers }) => {
    const key = headers.authorization?.replace('Bearer ', '');
    response.setHeader('x-ratelimit-remaining-requests', '41');
    if (key === GOOD) return sendJson(response, { object: 'list', data: [{ id: 'm1' }] });
    if (key === BAD) return sendJson(response, { error: { message: `No key ${BAD}` } }, 401);
    if (key === BUSY) return sendJson(response, { error: { message: 'Slow down' } }, 429);
    return sendJson(response, { error: { message: 'Broken' } }, 503);
  });
  router = createRouter(createTestPorts({ fetch: (request) => fetch(request) }));
  const baseUrl = `${upstream.origin}/v1`;
  for (const id of ['groq', 'openai']) await router.control.saveProvider({ id, baseUrl });
  const [, bad] = await router.control.addKeys([
    { provider: 'groq', label: 'good', secret: GOOD },
    { provider: 'groq', label: 'bad', secret: BAD },
    { provider: 'openai', label: 'busy', secret: BUSY },
    { provider: 'openai', label: 'odd', secret: ODD },
  ]);
  await router.control.updateKey(bad!.id, { enabled: false });
});
afterEach(() => upstream.close());

describe('GET /status', () => {
  it('tells of each key how its provider judges it, by its list of models, without a secret', async () => {
    expect(upstream.received, 'no key is checked unasked').toEqual([]);
    const answer = await ask(FIRST_PARTY);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    const { data } = JSON.parse(text) as { data: Record<string, unknown>[] };
    const rows = data.map(({ provider, label, key, status }) => [provider, label, key, status]);
    expect(rows.toSorted()).toEqual([
      ['groq', 'bad', 'gsk_…cdef', 'invalid'],
      ['groq', 'good', 'gsk_…cdef', 'valid'],
      ['openai', 'busy', 'sk-b…cdef', 'rate_limited'],
      ['openai', 'odd', 'sk-o…cdef', 'unknown'],
    ]);
    const good = data.find(({ label }) => label === 'good');
    expect(good).toMatchObject({
      models: 1,
      latency_ms: expect.any(Number),
      remaining: { requests: 41 },
      enabled: true,
    });
    for (const secret of [GOOD, BAD, BUSY, ODD]) expect(text).not.toContain(secret);
    const calls = upstream.received.map(({ method, path }) => `${method} ${path}`);
    expect(calls).toEqual(Array.from({ length: 4 }, () => 'GET /v1/models'));
  });

  it('tells why a key could not be asked, and asks the others', async () => {
    await router.control.deleteProvider('openai');
    const answer = await ask(FIRST_PARTY);
    const { data } = (await answer.json()) as { data: Record<string, unknown>[] };
    const busy = data.find(({ label }) => label === 'busy');
    expect(busy).toMatchObject({ status: 'unknown', message: expect.stringMatching(/\S/) });
    expect(data.find(({ label }) => label === 'good')).toMatchObject({ status: 'valid' });
    const sent = upstream.received.map(({ headers }) => headers.authorization);
    expect(sent).not.toContain(`Bearer ${BUSY}`);
  });

  it('is not for a site, and asks no provider for it', async () => {
    expect((await ask(SITE)).status).toBe(403);
    expect(upstream.received).toEqual([]);
  });
});
