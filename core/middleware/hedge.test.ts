import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RouterError, toRouterError } from '../errors.ts';
import type { Provider } from '../providers/provider.ts';
import { firstToAnswer, type Walk } from './fallback.ts';
import { pause } from '../streams/pause.ts';
import { verdictOf } from './verdict.ts';

type Play = [afterMs: number, outcome: 'answers' | RouterError];

const fault = new RouterError('provider_error', 'Oops.', { status: 500 });
const refused = new RouterError('content_filter', 'No.');
const NEVER = 1_000_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Routes that come to their outcome after a time, each with one key. */
function setUp(plays: Record<string, Play>, change: Partial<Walk> = {}) {
  const log: string[] = [];
  const at = Date.now();
  const note = (words: string) => void log.push(`${Date.now() - at} ${words}`);
  const walk: Walk = {
    credentials: {
      async next({ id }, { tried, model }) {
        if (tried?.has('')) return { waiting: [] };
        return { ticket: { place: { provider: id, keyId: '', model }, order: 0 } };
      },
      answered: async () => {},
      failed: async (_turn, error) => verdictOf(error),
    },
    signal: new AbortController().signal,
    fallback: true,
    hedgeAfterMs: 100,
    nameKey: () => 'key',
    now: () => 0,
    left: () => 10_000,
    ...change,
  };
  const targets = Object.keys(plays).map((id) => ({ provider: { id } as Provider, model: 'm' }));
  const walking = firstToAnswer(targets, walk, async ({ target, signal, cause }) => {
    signal.throwIfAborted();
    const { id } = target.provider;
    const [afterMs, outcome] = plays[id]!;
    note(`${cause} ${id}`);
    try {
      await pause(afterMs, signal);
    } catch (error) {
      note(`aborted ${id}`);
      throw error;
    }
    if (outcome !== 'answers') throw outcome;
    return id;
  });
  const outcome = walking.then(
    ({ answer }) => answer,
    (error: unknown) => toRouterError(error).code,
  );
  return { outcome, log };
}

describe('a hedge', () => {
  // prettier-ignore
  it.each<[string, Record<string, Play>, string, string[]]>([
    ['is not started where the first has content in time',
      { a: [99, 'answers'], b: [0, 'answers'] }, 'a', ['0 first a']],
    ['wins where it has content first, and the other is aborted at once',
      { a: [NEVER, 'answers'], b: [50, 'answers'] }, 'b', ['0 first a', '100 hedge b', '150 aborted a']],
    ['loses where the first comes first, and is aborted at once',
      { a: [120, 'answers'], b: [50, 'answers'] }, 'a', ['0 first a', '100 hedge b', '120 aborted b']],
    ['that fails leaves the first to answer, and the next route takes its place',
      { a: [300, 'answers'], b: [50, fault], c: [NEVER, 'answers'] }, 'a',
      ['0 first a', '100 hedge b', '150 failover c', '300 aborted c']],
    ['goes on where the first fails',
      { a: [150, fault], b: [200, 'answers'] }, 'b', ['0 first a', '100 hedge b']],
    ['takes no route that the first one has taken',
      { a: [50, fault], b: [NEVER, 'answers'], c: [10, 'answers'] }, 'c',
      ['0 first a', '50 failover b', '100 hedge c', '110 aborted b']],
    ['has nothing to start where all routes are under way',
      { a: [500, 'answers'] }, 'a', ['0 first a']],
    ['ends with all that failed',
      { a: [150, refused], b: [20, fault] }, 'all_routes_failed', ['0 first a', '100 hedge b']],
  ])('%s', async (_name, plays, expected, expectedLog) => {
    const { outcome, log } = setUp(plays);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await outcome).toBe(expected);
    expect(log).toEqual(expectedLog);
  });

  it('ends with the call: an abort stops both at once', async () => {
    const aborter = new AbortController();
    const { outcome, log } = setUp(
      { a: [NEVER, 'answers'], b: [NEVER, 'answers'], c: [0, 'answers'] },
      { signal: aborter.signal },
    );
    await vi.advanceTimersByTimeAsync(130);
    aborter.abort(new RouterError('cancelled', 'Gone.'));
    expect(await outcome).toBe('cancelled');
    await vi.advanceTimersByTimeAsync(2000);
    expect(log).toEqual(['0 first a', '100 hedge b', '130 aborted a', '130 aborted b']);
  });

  it.each([
    ['nobody asks for one', { hedgeAfterMs: undefined }],
    ['fallback is off', { fallback: false }],
  ])('is not made where %s', async (_name, change) => {
    const { outcome, log } = setUp({ a: [400, 'answers'], b: [0, 'answers'] }, change);
    await vi.advanceTimersByTimeAsync(2000);
    expect([await outcome, log]).toEqual(['a', ['0 first a']]);
  });
});
