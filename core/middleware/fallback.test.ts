import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChanges } from '../changes.ts';
import { RouterError } from '../errors.ts';
import type { Provider } from '../providers/provider.ts';
import { createMemoryState, toKeyRecord } from '../testing/parts.ts';
import { createTestPorts } from '../testing/ports.ts';
import { createCredentials } from './credentials.ts';
import { firstToAnswer, type Walk } from './fallback.ts';
import { createHealth } from './health.ts';
import type { Target } from './resolve.ts';

const providerOf = (id: string): Provider => ({
  id,
  name: id,
  format: 'openai-chat',
  baseUrl: `https://${id}.example/v1`,
  auth: { scheme: 'bearer' },
});

type Outcome = RouterError | 'answers';
interface Key {
  secret: string;
  weight?: number;
}

/** Pools of keys behind real credentials and cooldowns; `play` is what each key meets. */
function setUp(pools: Record<string, Key[]>, play: (key: string) => Outcome) {
  const ports = createTestPorts();
  const changes = createChanges(ports);
  const store = createMemoryState();
  const parts = () => ({
    ports,
    changes,
    store,
    health: createHealth({ ports, changes, store }),
    keys: {
      listOf: async (provider: string) =>
        (pools[provider] ?? []).map(({ secret, weight }) => toKeyRecord(provider, secret, weight)),
      update: async (id: string) => toKeyRecord('', id),
    },
    vault: { open: async ({ id }: { id: string }) => id },
  });
  let credentials = createCredentials(parts());
  const asked: string[] = [];
  const targets = Object.keys(pools).map((id): Target => ({
    provider: providerOf(id),
    model: 'm',
  }));
  return {
    ports,
    asked,
    /** The worker dies; what is stored stays. */
    async die() {
      await new Promise((later) => setTimeout(later));
      credentials = createCredentials(parts());
    },
    call(change: Partial<Walk> = {}) {
      const walk: Walk = {
        credentials,
        signal: new AbortController().signal,
        fallback: true,
        nameKey: ({ number }) => `key ${number}`,
        now: () => ports.now(),
        left: () => 1000,
        ...change,
      };
      return firstToAnswer(targets, walk, async ({ credential, signal }) => {
        signal.throwIfAborted();
        const key = String(credential?.secret ?? '');
        asked.push(key);
        const outcome = play(key);
        if (outcome !== 'answers') throw outcome;
        return key;
      });
    },
  };
}

const refused = () => new RouterError('key_refused', 'Who?');
const limited = (retryAfterMs?: number) =>
  new RouterError('rate_limited', 'Slow.', { retryAfterMs });
const fault = () => new RouterError('provider_error', 'Oops.', { status: 500 });
const bad = () => new RouterError('provider_error', 'Your fault.', { status: 400 });
const many = (count: number, prefix = 'k') =>
  Array.from({ length: count }, (_, index) => ({ secret: `${prefix}${index}` }));

describe('the walk', () => {
  it('finds the one key of fifty-one that works, whatever the others say', async () => {
    for (const dead of [refused, () => limited(), () => limited(5000), fault]) {
      const { call, asked } = setUp({ box: many(51) }, (key) =>
        key === 'k50' ? 'answers' : dead(),
      );
      expect((await call()).answer).toBe('k50');
      expect(asked).toHaveLength(51);
      asked.length = 0;
      expect((await call()).answer).toBe('k50');
      if (dead !== fault) expect(asked).toEqual(['k50']);
    }
  });

  it('asks no other key where the request is at fault, and tells it as it is', async () => {
    const { call, asked } = setUp({ box: many(3) }, bad);
    await expect(call()).rejects.toMatchObject({ status: 400, message: 'Your fault.' });
    expect(asked).toHaveLength(1);
  });

  it('goes to another provider first where the provider is at fault, then to the other keys', async () => {
    const { call, asked } = setUp({ a: many(2, 'a'), b: many(1, 'b') }, (key) =>
      key === 'a1' ? 'answers' : fault(),
    );
    expect((await call()).answer).toBe('a1');
    expect(asked).toEqual(['a0', 'b0', 'a1']);
  });

  it('tells the earliest reset where all are limited, and asks nothing until then', async () => {
    const { call, asked, ports } = setUp({ box: many(3) }, (key) =>
      limited(key === 'k1' ? 40_000 : 90_000),
    );
    const failing = { code: 'all_routes_failed', status: 503, retryAfterMs: 40_000 };
    await expect(call()).rejects.toMatchObject(failing);
    ports.clock.now += 10_000;
    await expect(call()).rejects.toMatchObject({ ...failing, retryAfterMs: 30_000 });
    expect(asked).toHaveLength(3);
    ports.clock.now += 30_000;
    await expect(call()).rejects.toMatchObject({ code: 'all_routes_failed' });
    expect(asked.slice(3)).toEqual(['k1']);
  });

  it('says 429 and how long where the only key is limited', async () => {
    const { call, asked, ports } = setUp({ box: many(1) }, () => limited(7000));
    await expect(call()).rejects.toMatchObject({ status: 429, retryAfterMs: 7000 });
    ports.clock.now += 2000;
    await expect(call()).rejects.toMatchObject({ status: 429, retryAfterMs: 5000 });
    expect(asked).toHaveLength(1);
  });

  it('asks a refused key again only where nothing else can be asked', async () => {
    let isRepaired = false;
    const { call, asked } = setUp({ box: many(1) }, () => (isRepaired ? 'answers' : refused()));
    await expect(call()).rejects.toMatchObject({ status: 401 });
    isRepaired = true;
    expect((await call()).answer).toBe('k0');
    expect(asked).toHaveLength(2);
  });

  it('stops at an abort, and when the time of the call is over', async () => {
    const aborter = new AbortController();
    const cancelled = new RouterError('cancelled', 'Gone.');
    const first = setUp({ box: many(5) }, (key) => {
      if (key === 'k1') aborter.abort(cancelled);
      return refused();
    });
    await expect(first.call({ signal: aborter.signal })).rejects.toBe(cancelled);
    expect(first.asked).toEqual(['k0', 'k1']);
    let time = 2;
    const second = setUp({ box: many(5) }, refused);
    await expect(second.call({ left: () => time-- })).rejects.toMatchObject({ status: 503 });
    expect(second.asked).toHaveLength(2);
  });

  it('is one try where fallback is off', async () => {
    const { call, asked } = setUp({ a: many(2, 'a'), b: many(1, 'b') }, refused);
    await expect(call({ fallback: false })).rejects.toMatchObject({ code: 'key_refused' });
    expect(asked).toEqual(['a0']);
  });

  it('uses the pinned key, by label, number or range, whatever is known of it', async () => {
    const { call, asked } = setUp({ box: many(4) }, () => limited(9000));
    for (const [pin, keys] of [
      ['k2', ['k2']],
      ['3', ['k2']],
      ['2-3', ['k1', 'k2']],
    ] as const) {
      asked.length = 0;
      await expect(call({ pin })).rejects.toThrow();
      expect(asked.toSorted()).toEqual(keys);
    }
    await expect(call({ pin: 'nope' })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('shares calls by weight, evenly mixed, and goes on so after the worker’s death', async () => {
    const keys = [
      { secret: 'a', weight: 5 },
      { secret: 'b', weight: 1 },
      { secret: 'c', weight: 1 },
    ];
    const { call, asked, die } = setUp({ box: keys }, () => 'answers');
    for (let i = 0; i < 14; i++) {
      await call();
      await die();
    }
    expect(asked.join('')).toBe('aabacaaaabacaa');
  });

  it('asks the same key once more, where nothing else is left and what failed may pass', async () => {
    let failures = 1;
    const { call, asked } = setUp({ a: many(1, 'a'), b: many(1, 'b') }, (key) =>
      key === 'b0' ? bad() : failures-- > 0 ? fault() : 'answers',
    );
    expect((await call({ retries: 1 })).answer).toBe('a0');
    expect(asked).toEqual(['a0', 'b0', 'a0']);
  });

  it.each([
    ['a fault that the provider states', fault, 3],
    ['a limit', () => limited(), 1],
    ['a limit that names its time', () => limited(1), 1],
    ['a refused key', refused, 1],
    ['a request that is at fault', bad, 1],
    ['what broke off on the way', () => new RouterError('bad_upstream', 'Lost.', { cause: 1 }), 1],
    ['slowness', () => new RouterError('upstream_timeout', 'Slow.'), 1],
  ])('%s is met %#x: asked in all', async (_name, outcome, calls) => {
    const { call, asked } = setUp({ box: many(1) }, outcome);
    const alone = outcome();
    await expect(call({ retries: 2 })).rejects.toMatchObject({
      code: alone.code,
      message: alone.message,
    });
    expect(asked).toHaveLength(calls);
  });

  it('ends a pause between two tries at an abort, and makes none that the call has no time for', async () => {
    const aborter = new AbortController();
    const cancelled = new RouterError('cancelled', 'Gone.');
    const { call, asked } = setUp({ box: many(1) }, () => {
      setTimeout(() => aborter.abort(cancelled), 20);
      return fault();
    });
    const since = performance.now();
    await expect(call({ retries: 3, signal: aborter.signal })).rejects.toBe(cancelled);
    expect(performance.now() - since).toBeLessThan(250);
    expect(asked).toHaveLength(1);
    await expect(call({ retries: 3, left: () => 100 })).rejects.toMatchObject({ status: 500 });
    expect(asked).toHaveLength(2);
  });

  it('tells what it did not ask, and why, once', async () => {
    const { call } = setUp({ a: many(2, 'a'), b: many(1, 'b') }, (key) =>
      key === 'b0' ? 'answers' : limited(9000),
    );
    const told: string[] = [];
    const onSkipped: Walk['onSkipped'] = (all) =>
      told.push(...all.map(({ provider, reason }) => `${provider}: ${reason}`));
    await call({ onSkipped });
    expect(told).toEqual([]);
    await call({ onSkipped });
    expect(told).toEqual(['a: Slow.', 'a: Slow.']);
  });

  it('keeps its rules over random pools and outcomes', async () => {
    const key = fc.record({ weight: fc.integer({ min: 1, max: 10 }), fate: fc.nat(9) });
    const pools = fc.array(fc.array(key, { minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 3,
    });
    const steps = fc.array(fc.nat(20_000), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(pools, steps, fc.infiniteStream(fc.nat(9)), async (drawn, waits, luck) => {
        const cools = new Map<string, number>();
        const fates = new Map<string, number>();
        const named = Object.fromEntries(
          drawn.map((keys, at) => [
            `p${at}`,
            keys.map(({ weight, fate }, index) => {
              fates.set(`p${at}k${index}`, fate);
              return { secret: `p${at}k${index}`, weight };
            }),
          ]),
        );
        const setting = setUp(named, (secret) => {
          const fate = fates.get(secret)!;
          if (fate < 3) return 'answers';
          if (fate < 5) return refused();
          if (fate < 7) return fault();
          const wait = (luck.next().value as number) * 3000;
          cools.set(secret, setting.ports.now() + wait);
          return limited(wait);
        });
        const isLive = [...fates.values()].some((fate) => fate < 3);
        for (const wait of waits) {
          setting.asked.length = 0;
          const cooling = new Set(
            [...cools].filter(([, until]) => until > setting.ports.now()).map(([id]) => id),
          );
          const reached = await setting.call().then(
            ({ answer }) => answer,
            () => undefined,
          );
          // Whatever can answer is found; no key is asked twice, and none that cools.
          expect(reached !== undefined).toBe(isLive);
          expect(new Set(setting.asked).size).toBe(setting.asked.length);
          expect(setting.asked.filter((id) => cooling.has(id))).toEqual([]);
          setting.ports.clock.now += wait;
          if (wait % 5 === 0) await setting.die();
        }
      }),
      { numRuns: 150 },
    );
  });

  it('gives each key its weight’s share of the calls, within one turn', async () => {
    const weights = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 2, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(weights, async (drawn) => {
        const keys = drawn.map((weight, index) => ({ secret: `k${index}`, weight }));
        const { call, asked } = setUp({ box: keys }, () => 'answers');
        const total = drawn.reduce((sum, weight) => sum + weight, 0);
        for (let i = 0; i < total * 3; i++) await call();
        for (const { secret, weight } of keys)
          expect(asked.filter((id) => id === secret)).toHaveLength(weight * 3);
        const rare = Math.ceil(total / Math.min(...drawn)) + drawn.length;
        for (const { secret } of keys) expect(asked.indexOf(secret)).toBeLessThan(rare);
      }),
      { numRuns: 40 },
    );
  });
});
