import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouterError } from '../errors.ts';
import type { Settings } from '../storage/records.ts';
import {
  createCooldownTable,
  FAILING_AFTER,
  PROBE_MS,
  readCooldowns,
  type CooldownTable,
  type Place,
  type Ticket,
} from './cooldowns.ts';
import { verdictOf, type Cool } from './verdict.ts';

const PLACE: Place = { provider: 'box', keyId: 'k1', model: 'm' };
const OTHER_MODEL: Place = { ...PLACE, model: 'other' };
const OTHER_KEY: Place = { ...PLACE, keyId: 'k2' };

const limited = (retryAfterMs?: number) =>
  new RouterError('rate_limited', 'Slow.', { retryAfterMs });
const fault = () => new RouterError('provider_error', 'Oops.', { status: 500 });
const refused = () => new RouterError('key_refused', 'Who?');
const coolOf = (error: RouterError): Cool => verdictOf(error).cool!;

function fail(table: CooldownTable, place: Place, error: RouterError, now: number): void {
  table.failed(table.take(place, now), coolOf(error), error, now);
}

describe('cooldowns', () => {
  it('hold a limited key back for its model alone, as long as the provider says', () => {
    const table = createCooldownTable();
    fail(table, PLACE, limited(5289), 1000);
    expect(table.standing(PLACE, 6288)).toBe('cooling');
    expect(table.standing(OTHER_MODEL, 1001)).toBe('healthy');
    expect(table.standing(OTHER_KEY, 1001)).toBe('healthy');
    expect(table.standing(PLACE, 6289)).toBe('probe');
  });

  it('last days where the provider says so', () => {
    const table = createCooldownTable();
    const week = 7 * 86_400_000;
    fail(table, PLACE, limited(week), 0);
    expect(table.standing(PLACE, week - 1)).toBe('cooling');
  });

  it('let one probe through, and the others only where nothing else is left', () => {
    const table = createCooldownTable();
    fail(table, PLACE, limited(1000), 0);
    const probe = table.take(PLACE, 1000);
    expect(table.standing(PLACE, 1000)).toBe('doubtful');
    table.answered(probe);
    expect(table.standing(PLACE, 1000)).toBe('healthy');
    expect(table.list(1000)).toEqual([]);
  });

  it('take a probe that never came back for lost', () => {
    const table = createCooldownTable();
    fail(table, PLACE, limited(1000), 0);
    table.take(PLACE, 1000);
    expect(table.standing(PLACE, 1000 + PROBE_MS - 1)).toBe('doubtful');
    expect(table.standing(PLACE, 1000 + PROBE_MS)).toBe('probe');
  });

  it('grow with each failed probe where no wait is named', () => {
    const table = createCooldownTable();
    const waits: number[] = [];
    let now = 0;
    for (let i = 0; i < 4; i++) {
      fail(table, PLACE, limited(), now);
      const { until = 0 } = table.list(now)[0]!;
      waits.push(until - now);
      now = until;
    }
    expect(waits).toEqual([30_000, 60_000, 120_000, 240_000]);
  });

  it('set a refused key aside for all models, until it is reset or answers', () => {
    const table = createCooldownTable();
    fail(table, PLACE, refused(), 0);
    expect(table.standing(OTHER_MODEL, 1e12)).toBe('aside');
    expect(table.standing(OTHER_KEY, 0)).toBe('healthy');
    table.reset({ keyId: 'k1' });
    expect(table.standing(PLACE, 0)).toBe('healthy');
  });

  it('count a provider’s faults in a row, and then ask it last', () => {
    const table = createCooldownTable();
    for (let i = 1; i < FAILING_AFTER; i++) fail(table, PLACE, fault(), i);
    expect(table.standing(PLACE, 10)).toBe('healthy');
    fail(table, PLACE, fault(), 10);
    expect(table.standing(PLACE, 10)).toBe('doubtful');
    table.answered(table.take(PLACE, 11));
    fail(table, PLACE, fault(), 12);
    expect(table.standing(PLACE, 12)).toBe('healthy');
  });

  it('are not undone by an answer that was asked for before them', () => {
    const table = createCooldownTable();
    const early = table.take(PLACE, 0);
    fail(table, PLACE, limited(5000), 1);
    table.answered(early);
    expect(table.standing(PLACE, 2)).toBe('cooling');
  });

  it('count parallel failures once, and keep the longest wait', () => {
    const table = createCooldownTable();
    const tickets = Array.from({ length: 5 }, () => table.take(PLACE, 0));
    tickets.forEach((ticket, index) => {
      const error = limited(index === 1 ? 90_000 : undefined);
      table.failed(ticket, coolOf(error), error, 0);
    });
    expect(table.list(0)).toMatchObject([{ failures: 1, until: 90_000 }]);
  });

  it('drop what a disk holds that is none', () => {
    const table = createCooldownTable();
    fail(table, PLACE, limited(5000), 1);
    const [good] = table.toStored(1);
    expect(readCooldowns([good, { ...good, until: 'soon' }, null, 7])).toEqual([good]);
    expect(readCooldowns('x')).toEqual([]);
  });

  it('behave as their model does over any events, also when the worker dies', () => {
    const places = ['k1', 'k2'].flatMap((keyId) =>
      ['m', 'n'].map((model): Place => ({ provider: 'box', keyId, model })),
    );
    const event = fc.oneof(
      { weight: 3, arbitrary: fc.record({ type: fc.constant('wait'), by: fc.nat(100_000) }) },
      {
        weight: 4,
        arbitrary: fc.record({ type: fc.constant('limit'), at: fc.nat(3), by: fc.nat(100_000) }),
      },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('refuse'), at: fc.nat(3) }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('fault'), at: fc.nat(3) }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('answer'), at: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('leave'), at: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('reset'), at: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('die') }) },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let table = createCooldownTable();
        let now = 0;
        /** The model: which keys are aside, and until when each place cools. */
        const aside = new Set<string>();
        const until = new Map<Place, number>();
        for (const { type, at = 0, by = 0 } of events as {
          type: string;
          at?: number;
          by?: number;
        }[]) {
          const place = places[at]!;
          // Nothing that cools is ever asked, so nothing can be learnt of it.
          const asked = (until.get(place) ?? 0) <= now;
          if (type === 'wait') now += by;
          else if (type === 'die')
            table = createCooldownTable(readCooldowns(structuredClone(table.toStored(now))));
          else if (type === 'reset') {
            table.reset({ keyId: place.keyId });
            aside.delete(place.keyId);
            for (const other of places) if (other.keyId === place.keyId) until.delete(other);
          } else if (asked) {
            const ticket = table.take(place, now);
            if (type === 'limit') {
              const error = limited(by);
              table.failed(ticket, coolOf(error), error, now);
              until.set(place, now + by);
            } else if (type === 'refuse') {
              table.failed(ticket, coolOf(refused()), refused(), now);
              aside.add(place.keyId);
            } else if (type === 'fault') {
              table.failed(ticket, coolOf(fault()), fault(), now);
            } else if (type === 'answer') {
              table.answered(ticket);
              aside.delete(place.keyId);
              until.delete(place);
            } else table.released(ticket);
          }
          for (const other of places) {
            const standing = table.standing(other, now);
            const cools = (until.get(other) ?? 0) > now;
            expect(standing === 'cooling').toBe(cools);
            expect(standing === 'aside').toBe(!cools && aside.has(other.keyId));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never keep a place from being asked for good, but a refused key', () => {
    const kinds = [() => limited(), () => limited(86_400_000), fault];
    fc.assert(
      fc.property(fc.array(fc.nat(2), { maxLength: 40 }), (events) => {
        const table = createCooldownTable();
        let now = 0;
        let last: Ticket | undefined;
        for (const kind of events) {
          last = table.take(PLACE, now);
          const error = kinds[kind]!();
          table.failed(last, coolOf(error), error, now);
          now += 1000;
        }
        expect(['healthy', 'probe']).toContain(table.standing(PLACE, now + 41 * 86_400_000));
      }),
    );
  });
});

describe('R9: how long a key rests is the person’s to say', () => {
  const error = (status: number, retryAfterMs?: number) =>
    status === 429
      ? new RouterError('rate_limited', 'Slow.', { retryAfterMs })
      : new RouterError('provider_error', 'No.', { status, retryAfterMs });

  it.each<[number, Settings, number | undefined]>([
    [402, {}, 600_000],
    [402, { paymentCooldownMs: 5000 }, 5000],
    [402, { paymentCooldownMs: 0 }, undefined],
    [403, {}, 180_000],
    [403, { forbiddenCooldownMs: 86_400_000 }, 86_400_000],
    [403, { forbiddenCooldownMs: 0 }, undefined],
    [403, { paymentCooldownMs: 0 }, 180_000],
    [429, {}, 30_000],
    [429, { rateLimitCooldownMs: 90_000 }, 90_000],
    [429, { rateLimitCooldownMs: 0 }, 0],
  ])('a %i under %o: %s ms', (status, settings, expected) => {
    expect(verdictOf(error(status), settings).cool?.firstMs).toBe(expected);
    expect(verdictOf(error(status), settings).next).toBe('key');
  });

  it('but a limit that names its time holds for that time', () => {
    const table = createCooldownTable();
    const place = { provider: 'p', keyId: 'k', model: 'm' };
    const failure = error(429, 7000);
    const { cool } = verdictOf(failure, { rateLimitCooldownMs: 0 });
    table.failed(table.take(place, 0), cool!, failure, 0);
    expect(table.list(0)).toMatchObject([{ until: 7000 }]);
  });
});
