import { describe, expect, it } from 'vitest';
import { RouterError } from '../errors.ts';
import type { LoggedAttempt, Settings } from '../storage/records.ts';
import { createTestPorts } from '../testing/ports.ts';
import { createRequestLog, KEPT_MS, MOST_KEPT } from './request-log.ts';

const CALL = { origin: 'https://a.example', endpoint: '/v1/chat/completions', asked: 'turbo' };
const ATTEMPT: LoggedAttempt = {
  ...{ number: 1, cause: 'first', provider: 'groq', model: 'm', startedAt: 0, endMs: 5 },
  outcome: 'failed',
  ...{ status: 429, code: 'rate_limited', reason: 'Slow down.' },
};

function setUp(settings: Settings = {}) {
  let awake = 0;
  const ports = createTestPorts({ keepAlive: () => ((awake += 1), () => (awake -= 1)) });
  const log = createRequestLog(ports, () => Promise.resolve({ ...settings }), 0);
  const written = () => ports.changes.filter(({ topic }) => topic === 'log').length;
  return { ports, log, written, awake: () => awake };
}

describe('the request log', () => {
  it('keeps a request with its tries and its end, written at once where they come together', async () => {
    const { ports, log, written } = setUp();
    log.begin({ id: 'r1', ...CALL, stream: true });
    log.attempt('r1', ATTEMPT);
    log.attempt('r1', { ...ATTEMPT, number: 2, outcome: 'answered' });
    ports.clock.now += 1200;
    log.end('r1');
    await expect.poll(written).toBe(1);
    expect(await log.list()).toMatchObject([
      {
        ...{ id: 'r1', ...CALL, stream: true, endMs: 1200, outcome: 'answered' },
        attempts: [{ number: 1, reason: 'Slow down.' }, { number: 2 }],
      },
    ]);
  });

  it('shows a request that runs, and puts the rest of it to what is there', async () => {
    const { log, written } = setUp();
    log.begin({ id: 'r1', ...CALL });
    log.attempt('r1', ATTEMPT);
    await expect.poll(written).toBe(1);
    const [running] = await log.list();
    expect(running).not.toHaveProperty('outcome');
    log.attempt('r1', { ...ATTEMPT, number: 2 });
    log.end('r1', new RouterError('all_routes_failed', 'No route answered.'));
    await expect.poll(written).toBe(2);
    expect(await log.list()).toMatchObject([
      { outcome: 'failed', code: 'all_routes_failed', attempts: [{ number: 1 }, { number: 2 }] },
    ]);
  });

  it('tells one that the caller left from one that failed', async () => {
    const { log, written } = setUp();
    log.begin({ id: 'r1', ...CALL });
    log.end('r1', new RouterError('cancelled', 'The caller stopped waiting.'));
    await expect.poll(written).toBe(1);
    expect(await log.list()).toMatchObject([{ outcome: 'cancelled' }]);
  });

  it('writes nothing while it is switched off, and the host may sleep', async () => {
    const settings: Settings = { requestLog: false };
    const { log, written, awake } = setUp(settings);
    log.begin({ id: 'r1', ...CALL });
    expect(awake()).toBe(1);
    await expect.poll(awake).toBe(0);
    expect(await log.list()).toEqual([]);
    // What began unseen stays unseen; the next one is written, also where both end at once.
    log.end('r1');
    log.begin({ id: 'r3', ...CALL });
    settings.requestLog = true;
    log.begin({ id: 'r2', ...CALL });
    log.end('r3');
    await expect.poll(written).toBe(1);
    expect((await log.list()).map(({ id }) => id)).toEqual(['r2']);
  });

  it('forgets what is older than a week', async () => {
    const { ports, written, log } = setUp();
    log.begin({ id: 'old', ...CALL });
    await expect.poll(written).toBe(1);
    ports.clock.now += KEPT_MS + 1;
    const next = createRequestLog(ports, () => Promise.resolve({}), 0);
    next.begin({ id: 'new', ...CALL });
    await expect.poll(written).toBe(2);
    expect((await next.list()).map(({ id }) => id)).toEqual(['new']);
  });

  it('keeps no more than so many, and the newest of them', async () => {
    const { ports, written, log } = setUp();
    for (let index = 0; index < MOST_KEPT; index++) log.begin({ id: `r${index}`, ...CALL });
    await expect.poll(written, { timeout: 20_000 }).toBe(1);
    ports.clock.now += 1;
    for (let index = 0; index < 100; index++) log.begin({ id: `n${index}`, ...CALL });
    await expect.poll(written, { timeout: 20_000 }).toBe(2);
    const ids = (await log.list()).map(({ id }) => id);
    expect(ids).toHaveLength(MOST_KEPT);
    expect(ids.filter((id) => id.startsWith('n'))).toHaveLength(100);
  });

  it('answers what changed since, and only that', async () => {
    const { ports, written, log } = setUp();
    log.begin({ id: 'r1', ...CALL });
    await expect.poll(written).toBe(1);
    ports.clock.now += 10;
    log.begin({ id: 'r2', ...CALL });
    await expect.poll(written).toBe(2);
    expect((await log.list(ports.clock.now)).map(({ id }) => id)).toEqual(['r2']);
    ports.clock.now += 10;
    log.end('r1');
    await expect.poll(written).toBe(3);
    expect((await log.list(ports.clock.now)).map(({ id }) => id)).toEqual(['r1']);
  });

  it('is gone when it is cleared, and a call under way does not bring it back', async () => {
    const { written, log } = setUp();
    log.begin({ id: 'r1', ...CALL });
    await expect.poll(written).toBe(1);
    await log.clear();
    log.end('r1');
    log.begin({ id: 'r2', ...CALL });
    await expect.poll(written).toBe(3);
    expect((await log.list()).map(({ id }) => id)).toEqual(['r2']);
  });

  it('shortens what a page or a provider may make as long as they like', async () => {
    const { written, log } = setUp();
    log.begin({ id: 'r1', ...CALL, asked: 'm'.repeat(9_000) });
    log.attempt('r1', { ...ATTEMPT, reason: 'no '.repeat(9_000) });
    await expect.poll(written).toBe(1);
    expect(JSON.stringify(await log.list()).length).toBeLessThan(1_500);
  });
});
