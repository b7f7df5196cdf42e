import { describe, expect, test } from 'vitest';
import type { Caller } from '../ports.ts';
import { createTestPorts } from '../testing/ports.ts';
import { createTestRouter, FIRST_PARTY } from '../testing/parts.ts';
import { createOffers } from './offers.ts';

const ID = 'a-name-that-no-one-can-guess';
const site = (origin: string, topOrigin = origin): Caller => ({ kind: 'site', origin, topOrigin });
const APP = site('https://app.example');

/** One that the person refused for good. */
const find = async (origin: string) =>
  origin === 'https://refused.example'
    ? { origin, decision: 'deny' as const, scopes: [], models: [] }
    : undefined;

/** Offers are shown where `room` is true. */
function create(room = () => true) {
  const shown: string[][] = [];
  const ports = createTestPorts({
    showOffer: (origin, id) => {
      if (!room()) return Promise.resolve(false);
      shown.push([origin, id]);
      return Promise.resolve(true);
    },
  });
  return { offers: createOffers(ports, { find }), ports, shown };
}

describe('an offer', () => {
  test.each<[string, string]>([
    ['https', 'https://app.example'],
    ['this computer', 'http://localhost:4173'],
  ])('of a page by %s is shown with its own origin', async (_what, origin) => {
    const { offers, shown } = create();
    await offers.show(site(origin), ID);
    expect(shown).toEqual([[origin, ID]]);
  });

  test.each<[string, Caller, string]>([
    ['a frame', site('https://app.example', 'https://other.example'), 'origin_not_authorized'],
    ['a frame in a sandbox', site('null', 'https://app.example'), 'origin_not_authorized'],
    ['a page without an origin', site('null'), 'origin_not_authorized'],
    ['a file', site('file://'), 'origin_not_authorized'],
    ['a page that came without encryption', site('http://app.example'), 'origin_not_authorized'],
    ['a site that the person refuses', site('https://refused.example'), 'origin_not_authorized'],
    ['another extension', site('chrome-extension://abcdefgh'), 'origin_not_authorized'],
    ['a page of ours', FIRST_PARTY, 'invalid_request'],
  ])('of %s is not shown', async (_who, caller, code) => {
    const { offers, shown } = create();
    await expect(offers.show(caller, ID)).rejects.toMatchObject({ code });
    expect(shown).toEqual([]);
  });

  test('while another one is shown has to wait', async () => {
    const { offers } = create(() => false);
    await expect(offers.show(APP, ID)).rejects.toMatchObject({ code: 'consent_pending' });
  });

  test('that is made again and again is blocked, of every subdomain of its owner', async () => {
    const { offers, ports, shown } = create();
    for (const name of ['a', 'b', 'c']) await offers.show(site(`https://${name}.app.example`), ID);
    await expect(offers.show(APP, ID)).rejects.toMatchObject({ code: 'origin_blocked' });
    await offers.show(site('https://other.example'), ID);
    ports.clock.now += 61_000;
    await offers.show(APP, ID);
    expect(shown.map(([origin]) => origin)).toEqual([
      'https://a.app.example',
      'https://b.app.example',
      'https://c.app.example',
      'https://other.example',
      'https://app.example',
    ]);
  });

  test('is nothing to a host that takes none', async () => {
    await expect(createOffers(createTestPorts(), { find }).show(APP, ID)).rejects.toMatchObject({
      code: 'unknown_url',
    });
  });
});

describe('POST /api/transfer', () => {
  const post = (body: unknown, caller = APP) => {
    const { offers, shown } = create();
    const { handle } = createTestRouter({ parts: { offers } });
    const request = new Request('https://gatehouse.invalid/api/transfer', {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return handle(request, caller).then(async (answer) => ({
      status: answer.status,
      body: (await answer.json()) as object,
      shown,
    }));
  };

  test('says no more than that the offer is shown', async () => {
    expect(await post({ id: ID })).toEqual({
      status: 202,
      body: { status: 'shown' },
      shown: [['https://app.example', ID]],
    });
  });

  test.each<[string, unknown]>([
    ['no id', {}],
    ['a short one', { id: 'short' }],
    ['one that is an address', { id: `${ID}?from=https://bank.example` }],
    ['one that is a path', { id: `${ID}/../../keys/${ID}` }],
    ['a long one', { id: 'x'.repeat(65) }],
    ['a number', { id: 7 }],
    ['a list', [ID]],
    ['no JSON', 'id'],
  ])('refuses %s', async (_what, body) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ status: 400, shown: [] });
  });
});
