/** Threat 7: whatever a page writes, the address and the key are the record's. */
import { CANARY_KEY, expect, test } from '../fixtures.ts';
import { createUpstream, type Received } from '../upstream.ts';
import { createHostileCalls, isForbidden, PAGE_SECRET } from './hostile-bodies.ts';

const COUNT = 500;

/** Each provider's base path, and the one header in which its key travels. */
const PROVIDERS: Record<string, { base: string; header: string; value: string }> = {
  openai: { base: '/a/v1', header: 'authorization', value: `Bearer ${CANARY_KEY}-a` },
  responses: { base: '/b/v1', header: 'authorization', value: `Bearer ${CANARY_KEY}-b` },
  anthropic: { base: '/c/v1', header: 'x-api-key', value: `${CANARY_KEY}-c` },
  'google-ai-studio': { base: '/d/v1beta', header: 'x-goog-api-key', value: `${CANARY_KEY}-d` },
  by: { base: '/e/v1', header: 'api-key', value: `${CANARY_KEY}-e` },
};
const KEY_HEADERS = [...new Set(Object.values(PROVIDERS).map(({ header }) => header))];

/** What is wrong with a call that arrived; empty where the record alone decided. */
function faultsOf({ path, headers, body, json }: Received): string[] {
  const owner = Object.values(PROVIDERS).find(({ base }) => path.startsWith(`${base}/`));
  if (owner === undefined) return [`went to ${path}`];
  const faults = [];
  for (const name of KEY_HEADERS) {
    const expected = name === owner.header ? owner.value : undefined;
    if (headers[name] !== expected) faults.push(`${name} is not the record’s at ${path}`);
  }
  // Told by the page's own header, which goes along: below a provider's interface body and path are
  // what the page wrote, but for a key in the query.
  const isRaw = headers['x-title'] === 'raw';
  for (const word of [PAGE_SECRET, 'of-the-page', 'thief'])
    if (JSON.stringify(headers).includes(word)) faults.push(`${word} in the headers at ${path}`);
  const { pathname, search } = new URL(path, 'http://upstream');
  if (pathname + search !== path) faults.push(`${path} is read as ${pathname}`);
  if (!/^(?:\?alt=sse)?$/.test(search)) faults.push(`a query in ${path}`);
  if (body.includes(CANARY_KEY)) faults.push(`a key in the body at ${path}`);
  for (const name of Object.keys(json ?? {}))
    if (!isRaw && isForbidden(name)) faults.push(`${name} in the body at ${path}`);
  return faults;
}

test(`${COUNT} hostile bodies: the address and the key are always the record’s`, async ({
  site,
  page,
  configure,
  upstream,
}) => {
  test.setTimeout(180_000);
  const thief = await createUpstream();
  try {
    const app = await site();
    const at = (id: string) => upstream.origin + PROVIDERS[id]!.base;
    await configure({
      providers: [
        ...['openai', 'anthropic', 'google-ai-studio'].map((id) => ({ id, baseUrl: at(id) })),
        { id: 'responses', name: 'R', format: 'openai-responses', baseUrl: at('responses') },
        {
          ...{ id: 'by', name: 'H', format: 'openai-chat', baseUrl: at('by') },
          auth: { scheme: 'header', name: 'api-key' },
        },
      ],
      keys: Object.entries(PROVIDERS).map(([provider, { value }]) => ({
        ...{ provider, label: 'main', enabled: true, weight: 1 },
        secret: value.replace('Bearer ', ''),
      })),
      sites: [
        {
          ...{ origin: app.origin, decision: 'allow', models: ['*'] },
          scopes: ['chat', 'embeddings', 'images', 'raw'],
        },
      ],
    });
    await page.goto(app.url);
    const calls = createHostileCalls(COUNT, Object.keys(PROVIDERS), thief.url);
    const statuses = await page.evaluate(async (all) => {
      const answered: number[] = [];
      const next = all.values();
      const work = async () => {
        for (const { path, headers, body } of next) {
          const response = await fetch(`https://gatehouse.invalid${path}`, {
            ...{ method: 'POST', credentials: 'include', body },
            headers: { 'content-type': 'application/json', ...headers },
          });
          await response.text();
          answered.push(response.status);
        }
      };
      await Promise.all([work(), work(), work(), work()]);
      return answered;
    }, calls);
    expect(statuses).toHaveLength(COUNT);
    // No call is a fault of ours, and the test does reach providers.
    expect(statuses.filter((status) => status === 500)).toEqual([]);
    const arrived = upstream.received.filter(({ method }) => method === 'POST');
    expect(arrived.length).toBeGreaterThan(COUNT / 4);
    expect([...new Set(upstream.received.flatMap(faultsOf))]).toEqual([]);
    expect(thief.received.concat(thief.preflights)).toEqual([]);
    test.info().annotations.push({
      type: 'figure',
      description: `${COUNT} bodies, ${arrived.length} arrived, 0 moved`,
    });
  } finally {
    await thief.close();
  }
});
