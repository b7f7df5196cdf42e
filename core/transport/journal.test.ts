import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMemorySession } from '../testing/ports.ts';
import { createJournal, JOURNAL_PREFIX } from './journal.ts';

const ORIGIN = 'https://notes.example.com';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('knows in the next worker which call may have been sent', async () => {
  const session = createMemorySession();
  await createJournal(session).dispatched('page 1', ORIGIN);
  const next = createJournal(session);
  expect(await next.mayHaveBeenSent('page 1')).toBe(true);
  expect(await next.mayHaveBeenSent('page 2')).toBe(false);
});

test('keeps nothing of a call that is done, in this worker or asked for again in the next', async () => {
  const session = createMemorySession();
  const first = createJournal(session);
  await first.dispatched('page 1', ORIGIN);
  await first.dispatched('page 2', ORIGIN);
  first.done('page 1');
  const next = createJournal(session);
  await next.mayHaveBeenSent('page 2');
  next.done('page 2');
  expect(await session.keys()).toEqual([]);
});

test('sweeps what an earlier worker left, after its page had the time to ask; and nothing else', async () => {
  const session = createMemorySession();
  await session.set('grants', {});
  await createJournal(session).dispatched('gone 1', ORIGIN);
  const next = createJournal(session);
  const swept = next.sweep();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await next.mayHaveBeenSent('gone 1')).toBe(true);
  await createJournal(session).dispatched('gone 2', ORIGIN);
  await next.dispatched('own 1', ORIGIN);
  await vi.advanceTimersByTimeAsync(10_000);
  await swept;
  // `gone 1` was asked for in time, so it is its call that ends it.
  expect((await session.keys()).sort()).toEqual(
    ['gone 1', 'gone 2', 'own 1']
      .map((id) => JOURNAL_PREFIX + id)
      .concat('grants')
      .sort(),
  );
  const later = createJournal(session);
  const again = later.sweep();
  await vi.advanceTimersByTimeAsync(20_000);
  await again;
  expect(await session.keys()).toEqual(['grants']);
});
