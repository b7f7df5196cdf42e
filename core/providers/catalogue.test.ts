import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChanges, type Changes } from '../changes.ts';
import type { ProviderRecord } from '../storage/records.ts';
import { sendJson, serve, type Loopback } from '../testing/loopback.ts';
import { createTestPorts, type TestPorts } from '../testing/ports.ts';
import { createKeys, type Keys } from '../vault/keys.ts';
import { createTokens } from '../vault/tokens.ts';
import { createVault } from '../vault/vault.ts';
import { createCatalogue, type Catalogue } from './catalogue.ts';
import { createRegistry, destinationOf, type Registry } from './registry.ts';

/** Real storage, vault and HTTP. */
let ports: TestPorts;
let changes: Changes;
let registry: Registry;
let keys: Keys;
let catalogue: Catalogue;
let upstream: Loopback;
let play: Parameters<typeof serve>[0];
let awake = 0;

const MINUTE = 60_000;
const list = (...ids: string[]) => ({ object: 'list', data: ids.map((id) => ({ id })) });

beforeEach(async () => {
  awake = 0;
  play = (response) => sendJson(response, list('m1', 'm2'));
  upstream = await serve((response, request) => play(response, request));
  ports = createTestPorts({
    fetch: (request) => fetch(request),
    keepAlive: () => {
      awake += 1;
      return () => (awake -= 1);
    },
  });
  build();
});
afterEach(() => upstream.close());

/** A worker that has just started, over what is stored. */
function build() {
  changes = createChanges(ports);
  const told = { ...ports, publish: changes.publish };
  registry = createRegistry(told, changes);
  const vault = createVault(told, changes);
  keys = createKeys(told, vault);
  catalogue = createCatalogue({
    ports: told,
    changes,
    registry,
    keys,
    tokens: createTokens(told, vault),
  });
}

async function save(record: ProviderRecord, ...secrets: string[]) {
  await (await ports.openDatabase()).put('providers', record);
  changes.publish({ topic: 'providers' });
  const provider = (await registry.find(record.id))!;
  for (const secret of secrets) await keys.add(destinationOf(provider), [{ secret }]);
  return provider;
}
const openai = (...secrets: string[]) =>
  save({ id: 'openai', baseUrl: `${upstream.origin}/v1` }, ...secrets);
const ids = async (...providers: Awaited<ReturnType<typeof openai>>[]) => {
  const { models, failed } = await catalogue.list(providers);
  return [models.map(({ provider, model }) => `${provider.id}/${model.id}`), failed];
};
const settle = async () => {
  while (awake > 0) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('the catalogue', () => {
  it('asks with the provider’s key, and once for 15 minutes', async () => {
    const provider = await openai('sk-0123456789abc');
    expect(await ids(provider)).toEqual([['openai/m1', 'openai/m2'], []]);
    ports.clock.now += 14 * MINUTE;
    await Promise.all([ids(provider), ids(provider)]);
    expect(upstream.received.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/v1/models', 'Bearer sk-0123456789abc'],
    ]);
  });

  it('asks once however many wait for it', async () => {
    const provider = await openai('sk-0123456789abc');
    await Promise.all([ids(provider), ids(provider), catalogue.refresh('openai')]);
    expect(upstream.received).toHaveLength(1);
  });

  it('serves an old list while it reads the new one, and tells when it came', async () => {
    const provider = await openai('sk-0123456789abc');
    await ids(provider);
    ports.clock.now += 16 * MINUTE;
    play = (response) => sendJson(response, list('m3'));
    ports.changes.length = 0;
    expect(await ids(provider)).toEqual([['openai/m1', 'openai/m2'], []]);
    await settle();
    expect(ports.changes).toContainEqual({ topic: 'models' });
    expect(await ids(provider)).toEqual([['openai/m3'], []]);
  });

  it('serves the old list where the provider fails', async () => {
    const provider = await openai('sk-0123456789abc');
    await ids(provider);
    ports.clock.now += 60 * MINUTE;
    play = (response) => sendJson(response, {}, 500);
    await ids(provider);
    await settle();
    expect(await ids(provider)).toEqual([['openai/m1', 'openai/m2'], []]);
    expect(upstream.received).toHaveLength(2);
  });

  it('survives the worker', async () => {
    await ids(await openai('sk-0123456789abc'));
    build();
    expect(await catalogue.cached((await registry.find('openai'))!)).toEqual([
      { id: 'm1' },
      { id: 'm2' },
    ]);
    expect(upstream.received).toHaveLength(1);
  });

  it('names a provider that fails, and does not ask it again at once', async () => {
    const good = await save({ id: 'my-box', baseUrl: `${upstream.origin}/box` });
    const bad = await openai('sk-0123456789abc');
    play = (response, { path }) =>
      path === '/box/models' ? sendJson(response, list('b1')) : sendJson(response, {}, 503);
    expect(await ids(good, bad)).toEqual([['my-box/b1'], ['openai']]);
    expect(await ids(good, bad)).toEqual([['my-box/b1'], ['openai']]);
    expect(upstream.received).toHaveLength(2);
    ports.clock.now += 16_000;
    play = (response) => sendJson(response, list('back'));
    expect(await ids(bad)).toEqual([['openai/back'], []]);
  });

  it('waits 5 s for a provider, for all of them at once', async () => {
    const one = await openai('sk-0123456789abc');
    const other = await save({ id: 'groq', baseUrl: `${upstream.origin}/g` }, 'gsk_0123456789');
    play = () => {};
    const started = performance.now();
    expect(await ids(one, other)).toEqual([[], ['openai', 'groq']]);
    expect(performance.now() - started).toBeGreaterThan(4500);
    expect(performance.now() - started).toBeLessThan(6500);
  }, 10_000);

  it.each([
    [
      'a web page',
      (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    ],
    ['something else', (response) => sendJson(response, { ok: true })],
    ['a cut body', (response) => void response.writeHead(200).end('{"data":[{"id"')],
    ['a redirect', (response) => void response.writeHead(302, { location: '/elsewhere' }).end()],
  ] as [string, typeof play][])('takes %s for a failure', async (_what, answer) => {
    play = answer;
    expect(await ids(await openai('sk-0123456789abc'))).toEqual([[], ['openai']]);
    expect(upstream.received).toHaveLength(1);
  });

  it('tries another key where one is refused', async () => {
    play = (response, { headers }) =>
      headers.authorization === 'Bearer sk-good-0123456789'
        ? sendJson(response, list('m1'))
        : sendJson(response, {}, 401);
    expect(await ids(await openai('sk-bad-0123456789a', 'sk-good-0123456789'))).toEqual([
      ['openai/m1'],
      [],
    ]);
  });

  it('asks no one without a key, and no server on this computer that was never set up', async () => {
    const provider = await openai();
    const { enabled } = await registry.all();
    const local = enabled.filter((row) => row.local && row.id !== 'openai');
    let asked = 0;
    const quiet = createCatalogue({
      ports: { ...ports, fetch: () => Promise.reject((asked += 1)) },
      changes,
      registry,
      keys,
      tokens: createTokens(ports, createVault(ports, changes)),
    });
    expect(local).toHaveLength(4);
    expect(await quiet.list([provider, ...local])).toEqual({ models: [], failed: [] });
    await quiet.refresh();
    expect(asked).toBe(0);
  });

  it('does not send a key that is bound to another address', async () => {
    await openai('sk-0123456789abc');
    const elsewhere = await serve((response) => sendJson(response, list('stolen')));
    const moved = await save({ id: 'openai', baseUrl: `${elsewhere.origin}/v1` });
    expect(await ids(moved)).toEqual([[], []]);
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  it('forgets the list of another address', async () => {
    await ids(await openai('sk-0123456789abc'));
    const moved = await save({ id: 'openai', baseUrl: `${upstream.origin}/other` });
    expect(await catalogue.cached(moved)).toEqual([]);
    expect(await catalogue.isKnown(moved)).toBe(false);
  });

  it('asks again when a key is added, also by another context', async () => {
    const provider = await openai('sk-0123456789abc');
    await ids(provider);
    ports.clock.now += MINUTE;
    await keys.add(destinationOf(provider), [{ secret: 'sk-second-0123456' }]);
    play = (response) => sendJson(response, list('m1', 'new'));
    await ids(provider);
    await settle();
    expect(await ids(provider)).toEqual([['openai/m1', 'openai/new'], []]);
    const other = new BroadcastChannel('gatehouse');
    ports.clock.now += MINUTE;
    play = (response) => sendJson(response, list('newer'));
    other.postMessage({ topic: 'keys' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    other.close();
    await ids(provider);
    await settle();
    expect(await ids(provider)).toEqual([['openai/newer'], []]);
  });

  it('has the static models of a row, and those that the person names beside the list', async () => {
    expect((await ids((await registry.find('mock'))!))[0]).toContain('mock/echo');
    expect((await ids((await registry.find('perplexity'))!))[0]).toContain('perplexity/sonar');
    const box = await save({
      id: 'my-box',
      baseUrl: `${upstream.origin}/box`,
      models: ['mine', 'm1'],
    });
    expect(await ids(box)).toEqual([['my-box/m1', 'my-box/m2', 'my-box/mine'], []]);
    play = (response) => sendJson(response, {}, 404);
    const other = await save({
      id: 'other',
      baseUrl: `${upstream.origin}/other`,
      models: ['only'],
    });
    expect(await ids(other)).toEqual([['other/only'], []]);
  });

  it('lets the host sleep when it is done', async () => {
    await ids(await openai('sk-0123456789abc'));
    expect(awake).toBe(0);
  });
});
