/** Threat 17: many streams of many tabs at once, and none has a byte of another's. */
import type { Page } from '@playwright/test';
import { CANARY_KEY, expect, test } from '../fixtures.ts';
import { createUpstream, type Upstream } from '../upstream.ts';

const TABS = process.env.LONG === '1' ? 50 : 8;
const STREAMS = 20;
/** A browser opens six connections to a host: so many hosts, so that streams do run beside each other. */
const PROVIDERS = 4;

test(`${TABS} tabs with ${STREAMS} streams each: every canary comes back to its own`, async ({
  context,
  configure,
  site,
}) => {
  test.setTimeout(600_000);
  const upstreams: Upstream[] = [];
  const pages: Page[] = [];
  try {
    for (let count = 0; count < PROVIDERS; count++) upstreams.push(await createUpstream());
    // Half of the tabs are of one site, half of another.
    const sites = [await site(), await site()];
    await configure({
      providers: upstreams.map(({ url }, index) => ({
        ...{ id: `box-${index}`, name: `Box ${index}`, format: 'openai-chat', baseUrl: url },
      })),
      keys: upstreams.map((_, index) => ({
        ...{ provider: `box-${index}`, label: 'main', enabled: true, weight: 1 },
        secret: `${CANARY_KEY}-${index}`,
      })),
      sites: sites.map(({ origin }) => ({
        ...{ origin, decision: 'allow', scopes: ['chat'], models: ['*'] },
        limits: { requestsPerMinute: 100_000 },
      })),
    });
    for (let tab = 0; tab < TABS; tab++) {
      const page = await context.newPage();
      await page.goto(sites[tab % 2]!.url);
      pages.push(page);
    }
    const told = await Promise.all(
      pages.map((page, tab) =>
        page.evaluate(
          async ([tab, streams, providers]) => {
            const run = async (stream: number) => {
              const canary = `tab${tab}-stream${stream}-${crypto.randomUUID()};`;
              const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
                method: 'POST',
                body: JSON.stringify({
                  model: `box-${stream % providers}/echo-5-20`,
                  stream: true,
                  messages: [{ role: 'user', content: canary }],
                }),
              });
              const text = await response.text();
              const words = [...text.matchAll(/"content":"([^"]*)"/g)].map(([, word]) => word);
              const foreign = words.filter((word) => word !== canary && word !== '');
              const own = words.filter((word) => word === canary).length;
              return { status: response.status, own, foreign, done: text.includes('[DONE]') };
            };
            return Promise.all(Array.from({ length: streams }, (_, stream) => run(stream)));
          },
          [tab, STREAMS, PROVIDERS] as const,
        ),
      ),
    );
    const all = told.flat();
    expect(all.flatMap(({ foreign }) => foreign)).toEqual([]);
    for (const { status, own, done } of all) expect([status, own, done]).toEqual([200, 20, true]);
    // They did run beside each other.
    const at = upstreams.flatMap(({ received }) => received.map((one) => one.at));
    const ended = upstreams.flatMap(({ received }) => received.map((one) => one.closedAt ?? 0));
    expect(Math.max(...at.slice(0, 2))).toBeLessThan(Math.min(...ended));
    test.info().annotations.push({
      type: 'figure',
      description: `${all.length} streams of ${TABS} tabs, 0 foreign of ${all.length * 20} pieces`,
    });
  } finally {
    await Promise.all([...pages, ...upstreams].map((one) => one.close()));
  }
});
