import { describe, expect, test } from 'vitest';
import { createBudgets } from '../permissions/budget.ts';
import { createPermissions } from '../permissions/grants.ts';
import { createRegistry, destinationOf } from '../providers/registry.ts';
import { createTestPorts, withChanges } from '../testing/ports.ts';
import { createUsageCounter } from '../usage/counter.ts';
import { createKeys } from '../vault/keys.ts';
import { createVault } from '../vault/vault.ts';
import { createKeysControl } from './keys.ts';
import { createSitesControl } from './sites.ts';

const CANARY = 'gsk_canary0123456789abcdefghij';

function setUp() {
  const { ports, changes } = withChanges(
    createTestPorts({
      askUser: () => Promise.resolve({ decision: 'allow', remember: 'session' }),
    }),
  );
  const vault = createVault(ports, changes);
  const keys = createKeys(ports, vault);
  const registry = createRegistry(ports, changes);
  const permissions = createPermissions(ports, changes);
  return {
    ports,
    vault,
    keys,
    registry,
    permissions,
    usage: createUsageCounter(ports, () => Promise.resolve(undefined)),
    control: {
      ...createKeysControl({ ports, registry, keys }),
      ...createSitesControl({ ports, permissions, budgets: createBudgets(ports) }),
    },
  };
}

describe('the keys', () => {
  test('of several providers are saved at once and answered in their order, without a secret', async () => {
    const { control, registry, keys, vault } = setUp();
    const views = await control.addKeys([
      { provider: 'groq', secret: CANARY, label: 'work' },
      { provider: 'openai', secret: 'sk-another-0123456789abcdef' },
      { provider: 'Grok', secret: 'xai-another-0123456789abcdef' },
      { provider: 'groq', secret: 'gsk_second0123456789abcd' },
    ]);
    expect(views.map(({ provider, label, preview }) => [provider, label, preview])).toEqual([
      ['groq', 'work', 'gsk_…ghij'],
      ['openai', 'main', 'sk-a…cdef'],
      ['xai', 'main', 'xai-…cdef'],
      ['groq', 'main', 'gsk_…abcd'],
    ]);
    expect(JSON.stringify(views)).not.toContain('canary');
    expect(JSON.stringify(views)).not.toContain('sealed');
    const groq = (await registry.find('groq'))!;
    expect(await vault.open((await keys.get(views[0]!.id))!, destinationOf(groq))).toBe(CANARY);
  });

  test('are checked before any is saved', async () => {
    const { control, keys } = setUp();
    for (const [param, bad] of [
      ['keys[1].provider', { provider: 'nobody', secret: 'sk-1' }],
      ['keys[1].provider', { provider: 'mock', secret: 'sk-1' }],
      ['keys[1].provider', { provider: 'workers-ai', secret: 'sk-1' }],
      ['keys[1].secret', { provider: 'openai', secret: ' ' }],
      ['keys[1].secret', { provider: 'openai', secret: 'sk-ключ' }],
    ] as const) {
      const adding = control.addKeys([{ provider: 'groq', secret: CANARY }, bad]);
      await expect(adding).rejects.toMatchObject({ code: 'invalid_request', param });
    }
    expect(await keys.list()).toEqual([]);
  });

  test('can be changed, replaced and deleted', async () => {
    const { control, keys } = setUp();
    const [view] = await control.addKeys([{ provider: 'groq', secret: CANARY }]);
    const { id } = view!;
    expect(await control.updateKey(id, { label: 'home', weight: 2 })).toMatchObject({
      label: 'home',
      weight: 2,
    });
    expect(await control.replaceKey(id, 'gsk_other0123456789abcdefg')).toMatchObject({
      id,
      label: 'home',
      preview: 'gsk_…defg',
    });
    await control.deleteKey(id);
    expect(await keys.list()).toEqual([]);
    await expect(control.replaceKey(id, CANARY)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('the sites', () => {
  const ORIGIN = 'https://notes.example.com';

  test('are listed with what they used today, the last used first', async () => {
    const { control, ports } = setUp();
    await control.saveSite({ origin: ORIGIN, decision: 'allow', scopes: ['chat'], models: ['*'] });
    ports.clock.now += 1_000;
    await control.saveSite({
      origin: 'https://b.example',
      decision: 'deny',
      scopes: [],
      models: [],
    });
    const date = new Date(ports.clock.now);
    const day = `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
    const row = {
      origin: ORIGIN,
      provider: 'groq',
      model: 'm',
      requests: 2,
      errors: 0,
      inputTokens: 10,
      outputTokens: 5,
      cachedTokens: 0,
      reasoningTokens: 0,
      toolCalls: 0,
      usd: 0.25,
    };
    const db = await ports.openDatabase();
    await db.put('usage', { ...row, id: 'a', day });
    await db.put('usage', { ...row, id: 'b', day, model: 'n' });
    await db.put('usage', { ...row, id: 'c', day: '2020-01-01' });
    const [first, second] = await control.listSites();
    expect(first).toMatchObject({ origin: 'https://b.example', today: { requests: 0 } });
    expect(second).toMatchObject({
      origin: ORIGIN,
      createdAt: ports.clock.now - 1_000,
      today: { requests: 4, inputTokens: 20, outputTokens: 10, usd: 0.5 },
    });
    expect(await control.getSite(ORIGIN)).toMatchObject({ origin: ORIGIN });
    expect(await control.getSite(ORIGIN, 'https://shop.example')).toBeUndefined();
  });

  test('of a pattern count what all that it covers used, and answer for each of them', async () => {
    const { control, ports, usage } = setUp();
    const pattern = 'https://*.example.com';
    await control.saveSite({ origin: pattern, decision: 'allow', scopes: ['chat'], models: ['*'] });
    for (const origin of ['https://a.example.com', 'https://b.example.com', 'https://c.example'])
      await usage.record({
        caller: { kind: 'site', origin, topOrigin: origin },
        attempts: [{ provider: 'groq', model: 'm', failed: false }],
        toolCalls: 0,
        failed: false,
      });
    expect(await control.listSites()).toMatchObject([
      { origin: pattern, lastUsedAt: ports.clock.now, today: { requests: 2 } },
    ]);
    expect(await control.getSite('https://new.example.com')).toMatchObject({ origin: pattern });
  });

  test('of a session stay of the session when they are edited', async () => {
    const { control, permissions, ports } = setUp();
    await permissions.check({
      caller: { kind: 'site', origin: ORIGIN, topOrigin: ORIGIN },
      scope: 'chat',
      signal: new AbortController().signal,
    });
    const [view] = await control.listSites();
    expect(view).toMatchObject({ session: true });
    await control.saveSite({ ...view!, limits: { requestsPerMinute: 5 } });
    expect(await control.listSites()).toMatchObject([
      { session: true, limits: { requestsPerMinute: 5 } },
    ]);
    expect(await (await ports.openDatabase()).count('sites')).toBe(0);
  });

  test('are forgotten when they are deleted', async () => {
    const { control } = setUp();
    await control.saveSite({ origin: ORIGIN, decision: 'allow', scopes: ['chat'], models: ['*'] });
    await control.deleteSite(ORIGIN);
    expect(await control.listSites()).toEqual([]);
  });
});
