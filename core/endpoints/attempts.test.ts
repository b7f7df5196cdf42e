import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../middleware/attempts.ts';
import type { Resolution, Target } from '../middleware/resolve.ts';
import {
  chunkOf,
  completionOf,
  DONE,
  openEvents,
  sendJson,
  serve,
  type Loopback,
} from '../testing/loopback.ts';
import { createTestRouter, providerAt, SITE } from '../testing/parts.ts';

const KEY = 'sk-one-0123456789';
const ASKED = { messages: [{ role: 'user', content: 'Hello there' }] };
const USAGE = { usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 } };

let play: (response: ServerResponse) => void = () => {};
let one: Loopback;
let two: Loopback;
beforeAll(async () => {
  one = await serve((response) => play(response));
  two = await serve((response, { body }) => {
    if (body.stream !== true) return sendJson(response, completionOf('Hi'));
    openEvents(response);
    response.end(chunkOf({ content: 'Hi' }) + chunkOf({}, 'stop', USAGE) + DONE);
  });
});
afterAll(() => Promise.all([one.close(), two.close()]));
beforeEach(() => {
  one.received.length = 0;
  two.received.length = 0;
});

/** Two routes; `told` is what a listener heard, in order. */
function setUp(options: Partial<Resolution> & { routes?: Partial<Target>[] } = {}) {
  const { routes = [{}, {}], ...resolution } = options;
  const providers = [providerAt(one.origin, { id: 'one' }), providerAt(two.origin, { id: 'two' })];
  const router = createTestRouter({
    providers,
    keys: { one: [KEY], two: ['sk-two-0123456789'] },
    parts: {
      resolve: async () => ({
        targets: providers.map((provider, at) => ({ provider, model: 'm', ...routes[at] })),
        answerModel: 'mine',
        ...resolution,
      }),
    },
  });
  const told: AttemptRecord[] = [];
  router.parts.attempts.listen((attempt) => told.push(attempt));
  return { router, told };
}

const summary = (told: readonly AttemptRecord[]) =>
  told.map(({ cause, provider, outcome }) => `${cause} ${provider} ${outcome}`);

describe('the attempts of a call are told', () => {
  it('each once, with its key as a screen may show it, its times and its outcome', async () => {
    play = (response) => sendJson(response, { error: { message: `No, ${KEY}.` } }, 429);
    const { router, told } = setUp();
    const answer = await router.chat({ ...ASKED, stream: true, model: 'mine' }, { caller: SITE });
    expect(told).toHaveLength(1);
    await answer.text();
    expect(told).toMatchObject([
      {
        callId: answer.headers.get('x-request-id'),
        origin: 'https://app.example',
        asked: 'mine',
        number: 1,
        cause: 'first',
        provider: 'one',
        model: 'm',
        key: { id: KEY, preview: expect.stringMatching(/^sk.*…/) as string },
        outcome: 'failed',
        status: 429,
        code: 'rate_limited',
        reason: 'No, [key].',
      },
      { number: 2, cause: 'failover', provider: 'two', outcome: 'answered' },
    ]);
    const { firstByteMs = -1, firstContentMs = -1, endMs, usage } = told[1]!;
    expect([0, firstByteMs, firstContentMs, endMs].toSorted((a, b) => a - b)).toEqual([
      0,
      firstByteMs,
      firstContentMs,
      endMs,
    ]);
    expect(usage).toEqual({ input: 7, output: 2 });
    expect(told[0]).not.toHaveProperty('firstContentMs');
    // The key itself stands in the test's `id` alone.
    expect(JSON.stringify(told.map((attempt) => ({ ...attempt, key: null })))).not.toContain(KEY);
  });

  it('with those that were not asked: a key that cools, a route for other requests', async () => {
    play = (response) => sendJson(response, { error: { message: 'Slow.' } }, 429);
    const { router, told } = setUp();
    await router.chat({ ...ASKED, model: 'mine' });
    told.length = 0;
    await router.chat({ ...ASKED, model: 'mine' });
    // What holds a key back is known when the walk is over; what was asked ends with its answer.
    expect(summary(told)).toEqual(['failover one skipped', 'first two answered']);
    expect(told[0]).toMatchObject({ status: 429, code: 'rate_limited', reason: 'Slow.' });

    const other = setUp({ routes: [{ when: { hasTools: true } }, {}] });
    await other.router.chat({ ...ASKED, model: 'mine' });
    expect(summary(other.told)).toEqual(['failover one skipped', 'first two answered']);
    expect(other.told[0]!.reason).toBe('It is only with tools.');
  });

  it('as cut where the answer breaks off, as cancelled where the caller leaves', async () => {
    play = (response) => {
      openEvents(response);
      response.write(chunkOf({ content: 'Hi' }), () => setTimeout(() => response.destroy(), 10));
    };
    const cut = setUp();
    await (await cut.router.chat({ ...ASKED, stream: true, model: 'mine' })).text();
    expect(cut.told).toMatchObject([{ outcome: 'cut', code: 'upstream_truncated' }]);

    play = (response) => {
      openEvents(response);
      response.write(chunkOf({ content: 'Hi' }));
    };
    const left = setUp();
    const answer = await left.router.chat({ ...ASKED, stream: true, model: 'mine' });
    await answer.body!.cancel();
    expect(left.told).toMatchObject([{ outcome: 'cancelled', code: 'cancelled' }]);
  });

  it('to nobody at no cost, and no more to one that has left', async () => {
    play = (response) => sendJson(response, completionOf('Hi'));
    const { router, told } = setUp();
    const stop = router.parts.attempts.listen(() => {
      throw new Error('told after it left');
    });
    stop();
    await router.chat({ ...ASKED, model: 'mine' });
    expect(told.length).toBeGreaterThan(0);
    const { attempts } = createTestRouter().parts;
    const call = { callId: 'c', origin: 'o', asked: 'm' };
    const start = { cause: 'first', provider: 'p', model: 'm' } as const;
    expect(attempts.open(call)).toBe(attempts.open(call));
    expect(attempts.open(call).begin(start)).toBe(attempts.open(call).begin(start));
  });
});

describe('a hedged call', () => {
  it('closes the loser’s connection at once, and counts what it cost', async () => {
    play = (response) => {
      openEvents(response);
      response.write(chunkOf({ role: 'assistant' }));
    };
    const { router, told } = setUp({ hedgeAfterMs: 30 });
    const answer = await router.chat({ ...ASKED, stream: true, model: 'mine' });
    expect(answer.headers.get('x-gatehouse-provider')).toBe('two');
    expect(answer.headers.get('x-gatehouse-attempts')).toBe('2');
    expect(await one.received[0]!.closed).toBe(true);
    expect(await answer.text()).toContain('Hi');
    expect(summary(told)).toEqual(['first one lost', 'hedge two answered']);
    // One request of the caller's: the loser counts for its tokens, as far as anyone knows them.
    const { usage } = told[0]!;
    expect(router.usage).toMatchObject([
      {
        failed: false,
        attempts: [
          { provider: 'one', keyId: KEY, failed: false, estimated: true, usage },
          { provider: 'two', failed: false, usage: { input: 7, output: 2 } },
        ],
      },
    ]);
    expect(told[0]!.usage!.input).toBeGreaterThan(3);
    expect(router.awake()).toBe(0);
    expect(await router.cooldowns()).toEqual([]);
  });

  it('takes the loser’s own count where it has told one', async () => {
    play = (response) => {
      openEvents(response);
      response.write(chunkOf({ role: 'assistant' }, null, USAGE));
    };
    const { router } = setUp({ hedgeAfterMs: 40 });
    await (await router.chat({ ...ASKED, stream: true, model: 'mine' })).text();
    expect(router.usage[0]!.attempts[0]).toEqual({
      provider: 'one',
      model: 'm',
      keyId: KEY,
      failed: false,
      usage: { input: 7, output: 2 },
    });
  });

  it('counts the loser also where it takes its time to stop', async () => {
    const { router } = setUp({ hedgeAfterMs: 20 });
    const { ports } = router.parts;
    const send = ports.fetch;
    ports.fetch = (request) =>
      request.url.startsWith(one.origin) ? new Promise(() => {}) : send(request);
    expect((await router.chat({ ...ASKED, model: 'mine' })).status).toBe(200);
    expect(router.usage[0]!.attempts).toMatchObject([
      { provider: 'one', failed: false, estimated: true },
      { provider: 'two', failed: false },
    ]);
  });

  it('is ended in both by the caller’s abort', async () => {
    play = (response) => openEvents(response);
    const slow = await serve((response) => openEvents(response));
    const aborter = new AbortController();
    const { router, told } = setUp({
      hedgeAfterMs: 20,
      routes: [{}, { provider: providerAt(slow.origin, { id: 'slow' }) }],
    });
    const asking = router.chat({ ...ASKED, stream: true }, { signal: aborter.signal });
    await expect.poll(() => slow.received.length).toBe(1);
    aborter.abort();
    expect((await asking).status).toBe(499);
    expect(await Promise.all([one, slow].map(({ received }) => received[0]!.closed))).toEqual([
      true,
      true,
    ]);
    await expect.poll(() => summary(told)).toEqual(['first one cancelled', 'hedge slow cancelled']);
    await slow.close();
  });
});
