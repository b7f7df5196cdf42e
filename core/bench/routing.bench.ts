import 'fake-indexeddb/auto';
import { createChanges } from '../changes.ts';
import { createCredentials } from '../middleware/credentials.ts';
import { createHealth } from '../middleware/health.ts';
import { createResolve } from '../middleware/resolve.ts';
import { createCatalogue } from '../providers/catalogue.ts';
import { isComplete, needsKey } from '../providers/provider.ts';
import { createRegistry, destinationOf } from '../providers/registry.ts';
import { completionOf } from '../testing/loopback.ts';
import {
  createMemoryState,
  createTestRouter,
  FIRST_PARTY,
  providerAt,
  toKeyRecord,
} from '../testing/parts.ts';
import { createTestPorts } from '../testing/ports.ts';

/** The best round of many, in microseconds a call. */
async function best(call: () => Promise<unknown>, rounds: number, calls: number): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let at = 0; at < calls; at++) await call();
    least = Math.min(least, ((performance.now() - start) * 1000) / calls);
  }
  return least;
}

/** One model of so many, found by its name: one of the person's own, with a fallback. */
export async function measureResolution(models: number): Promise<number> {
  const ports = createTestPorts();
  const changes = createChanges(ports);
  const registry = createRegistry(ports, changes);
  const database = await ports.openDatabase();
  const row = (await registry.list()).find(
    (provider) => needsKey(provider) && isComplete(provider),
  )!;
  const key = { ...toKeyRecord(row.id, 'k'), destination: destinationOf(row) };
  const catalogue = createCatalogue({
    ports,
    changes,
    registry,
    keys: { listOf: async () => [key] },
    tokens: { open: async () => ({ secret: 'sk-test', hidden: [] }) },
  });
  const transaction = database.transaction(['keys', 'models', 'catalog'], 'readwrite');
  await transaction.objectStore('keys').put(key);
  await transaction.objectStore('catalog').put({
    provider: row.id,
    source: row.baseUrl,
    fetchedAt: ports.now(),
    models: Array.from({ length: models }, (_, at) => ({ id: `m${at}` })),
  });
  for (let at = 0; at < models; at++)
    await transaction.objectStore('models').put({
      id: `own-${at}`,
      routes: [{ provider: row.id, model: `m${at}` }],
      ...(at > 0 && { fallbacks: [`own-${at - 1}`] }),
      ...(at > 1 && { fallbacks: ['own-0'] }),
    });
  await transaction.done;
  const resolve = createResolve({ ports, changes, registry, catalogue });
  const wanted = { model: `own-${models - 1}` };
  if ((await resolve(wanted)).targets[0]?.model !== `m${models - 1}`) throw new Error('not found');
  return best(() => resolve(wanted), 40, 250);
}

/** The next key of so many, until it is known what came of it. */
export async function measureKeys(count: number): Promise<number> {
  const ports = createTestPorts();
  const changes = createChanges(ports);
  const store = createMemoryState();
  const records = Array.from({ length: count }, (_, at) =>
    toKeyRecord('box', `k${at}`, 1 + (at % 10)),
  );
  const credentials = createCredentials({
    ports,
    changes,
    store,
    health: createHealth({ ports, changes, store }),
    keys: { listOf: async () => records, update: async () => records[0]! },
    vault: { open: async ({ id }) => id },
  });
  const box = providerAt('https://box.example');
  return best(
    async () => {
      const turn = await credentials.next(box, { model: 'm' });
      if (!('ticket' in turn)) throw new Error('no key');
      await credentials.answered(turn);
    },
    40,
    250,
  );
}

/** What going on to the next route costs, over the failed fetch itself. */
export async function measureFailover(): Promise<number> {
  const router = createTestRouter({
    providers: [providerAt('http://127.0.0.1:8', { id: 'sick' }), providerAt('http://127.0.0.1:9')],
    keys: { sick: ['sk-sick'], box: ['sk-box'] },
  });
  const type = { 'content-type': 'application/json' };
  const answer = JSON.stringify(completionOf('The moon is 384,400 km away.'));
  const refusal = JSON.stringify({ error: { message: 'model not found' } });
  const upstream = async (request: Request) => {
    await request.text();
    return request.url.includes(':8/')
      ? new Response(refusal, { status: 404, headers: type })
      : new Response(answer, { headers: type });
  };
  router.parts.ports.fetch = upstream;
  const chat = (model: string) => async () => {
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] });
    const url = 'https://gatehouse.invalid/v1/chat/completions';
    const request = new Request(url, { method: 'POST', headers: type, body });
    const response = await router.handle(request, FIRST_PARTY);
    if (response.status !== 200) throw new Error(await response.text());
    await response.arrayBuffer();
  };
  const failed = async () => {
    const url = 'http://127.0.0.1:8/v1/chat/completions';
    const request = new Request(url, { method: 'POST', headers: type, body: refusal });
    await (await upstream(request)).text();
  };
  const [whole, direct, fetched] = [chat('sick/m,box/m'), chat('box/m'), failed];
  const least = { whole: Infinity, direct: Infinity, fetched: Infinity };
  // In turn, so that what else the machine does falls on all of them.
  for (let round = 0; round < 100; round++) {
    least.whole = Math.min(least.whole, await best(whole, 1, 20));
    least.direct = Math.min(least.direct, await best(direct, 1, 20));
    least.fetched = Math.min(least.fetched, await best(fetched, 1, 20));
  }
  return least.whole - least.direct - least.fetched;
}
