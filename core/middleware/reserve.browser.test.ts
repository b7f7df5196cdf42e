import { describe, expect, test } from 'vitest';
import { estimateUse } from '../endpoints/estimate-use.ts';
import type { ChatRequest } from '../formats/chat.ts';
import { createBudgets, type Hold } from '../permissions/budget.ts';
import type { SiteRecord } from '../storage/records.ts';
import { providerAt } from '../testing/parts.ts';
import { createTestPorts, type TestPorts } from '../testing/ports.ts';
import { createReserve, wantedBy, type Wanted } from './reserve.ts';

const KEY = 'https://notes.example.com';
const LIMIT = 0.5;
const SITE: SiteRecord = {
  origin: KEY,
  decision: 'allow',
  scopes: ['chat', 'images', 'raw'],
  models: ['*'],
  limits: { usdPerDay: LIMIT },
};
const DEAR = { input: 2, output: 10 };
/** In USD per million tokens. */
const PRICES: Record<string, { input: number; output: number }> = {
  one: { input: 1, output: 5 },
  two: DEAR,
};
const CHAT = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'x'.repeat(4_000) }] }],
  maxOutputTokens: 500,
} as unknown as ChatRequest;
const pictures = estimateUse('images', { fields: { prompt: 'A boat', n: 2 } });

const CALLS: readonly [string, Wanted][] = [
  ['hedged chats', wantedBy(CHAT, 2)],
  ['chats that three routes may go on with', wantedBy(CHAT, 3)],
  [
    'pictures',
    {
      input: pictures.input,
      output: { named: pictures.output / pictures.answers, answers: pictures.answers },
    },
  ],
  ['raw calls that name no length', { input: 100, output: { named: 16_384, answers: 1 } }],
];

/** What may be paid for it at most: all of its tries, at the dearest of its routes. */
function paidFor({ input, output }: Wanted): number {
  const written = (output?.named ?? 0) * (output?.answers ?? 0);
  return (input * DEAR.input + written * DEAR.output) / 1_000_000;
}

/** A worker over this database, and what it lets through of so many calls at once. */
async function letThrough(ports: TestPorts, wanted: Wanted, count: number) {
  const budgets = createBudgets(ports);
  const reserve = createReserve(budgets, async (_provider, model) => PRICES[model]);
  const targets = ['one', 'two'].map((model) => ({
    provider: providerAt('https://box.example'),
    model,
  }));
  const settled = await Promise.allSettled(
    Array.from({ length: count }, () =>
      reserve({ models: ['*'], site: SITE, key: KEY }, targets, () => wanted),
    ),
  );
  const holds = settled.flatMap((one): Hold[] => {
    if (one.status === 'fulfilled') return one.value.hold ? [one.value.hold] : [];
    expect(one.reason).toMatchObject({ code: 'site_budget_exceeded' });
    return [];
  });
  return { budgets, holds };
}

describe('500 calls at once against half a dollar', () => {
  test.each(CALLS)('of %s cost no more, all tries paid', async (_name, wanted) => {
    const paid = paidFor(wanted);
    const { budgets, holds } = await letThrough(createTestPorts(), wanted, 500);
    expect(holds).toHaveLength(Math.floor(LIMIT / paid + 1e-9));
    for (const hold of holds) {
      await hold.persist();
      await budgets.add(KEY, SITE, { tokens: 1, usd: paid });
      hold.release();
    }
    const [day] = await budgets.view(KEY, SITE);
    expect(day!.used).toBeLessThanOrEqual(LIMIT + 1e-9);
  });

  test.each(CALLS)('of %s cost no more where the worker dies half-way', async (_name, wanted) => {
    const ports = createTestPorts();
    const first = await letThrough(ports, wanted, 500);
    const sent = first.holds.slice(0, Math.ceil(first.holds.length / 2));
    // These were sent, and paid; the worker never came to write it down.
    for (const hold of sent) await hold.persist();
    const second = await letThrough(ports, wanted, 500);
    expect(second.holds.length).toBeGreaterThan(0);
    expect((sent.length + second.holds.length) * paidFor(wanted)).toBeLessThanOrEqual(LIMIT + 1e-9);
  });
});
