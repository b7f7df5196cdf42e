import { expect, it } from 'vitest';
import type { Caller } from '../ports.ts';
import { createTestPorts } from '../testing/ports.ts';
import { createUsageCounter } from './counter.ts';

const SITE: Caller = {
  kind: 'site',
  origin: 'https://app.example',
  topOrigin: 'https://app.example',
};

it('200 calls that end at once are all counted, also over two workers', async () => {
  const ports = createTestPorts();
  const counters = [createUsageCounter(ports), createUsageCounter(ports)];
  const call = { provider: 'p', model: 'm', toolCalls: 1, failed: false };
  await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      counters[index % 2]!.record({
        ...call,
        caller: index % 4 === 0 ? { kind: 'first-party' } : SITE,
        usage: { input: 3, output: 2 },
      }),
    ),
  );
  const today = await counters[0]!.today();
  expect(today).toMatchObject({ requests: 200, inputTokens: 600, outputTokens: 400 });
  expect(today.bySite).toEqual([
    { origin: 'https://app.example', requests: 150, inputTokens: 450, outputTokens: 300 },
    { origin: 'gatehouse', requests: 50, inputTokens: 150, outputTokens: 100 },
  ]);
});

it('dates the last use of a site that has a grant, and makes no grant of its own', async () => {
  const ports = createTestPorts();
  const database = await ports.openDatabase();
  const site = { origin: 'https://app.example', decision: 'allow' as const };
  await database.put('sites', { ...site, scopes: ['chat'], models: ['*'] }, site.origin);
  const { record } = createUsageCounter(ports);
  const call = { provider: 'p', model: 'm', toolCalls: 0, failed: false };
  await record({ ...call, caller: SITE });
  await record({ ...call, caller: { ...SITE, origin: 'https://frame.example' } as Caller });
  expect(await database.getAll('sites')).toMatchObject([{ lastUsedAt: ports.clock.now }]);
});
