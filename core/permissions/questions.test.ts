import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PermissionQuestion } from '../ports.ts';
import { createQuestions } from './questions.ts';

const origin = 'https://notes.example.com';
const asked: PermissionQuestion = { origin, topOrigin: origin, scope: 'chat' };
const events = { answered: () => Promise.resolve(), abandoned: () => Promise.resolve() };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('lets a call wait longer when the person shows that they are there', async () => {
  let extend = () => {};
  const questions = createQuestions(
    {
      askUser: (_question, _signal, again) => {
        extend = again;
        return new Promise(() => {});
      },
      keepAlive: () => () => {},
    },
    events,
    { waitMs: 1_000 },
  );
  const settled = vi.fn();
  const call = questions.ask({ origin }, asked, new AbortController().signal);
  call.then(settled, settled);
  await vi.advanceTimersByTimeAsync(900);
  extend();
  await vi.advanceTimersByTimeAsync(900);
  expect(settled).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(100);
  await expect(call).rejects.toMatchObject({ code: 'consent_pending' });
});
