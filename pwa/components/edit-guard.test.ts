import { expect, test } from 'vitest';
import { createEditGuard } from './edit-guard.ts';

test('an edit of what another tab changed is told once for each change, and then saved', async () => {
  let stored: object | undefined = { id: 'a', weight: 1 };
  const guard = createEditGuard(stored, () => Promise.resolve(stored));
  expect(await guard.check()).toBeUndefined();
  stored = { id: 'a', weight: 2 };
  expect(await guard.check()).toMatch(/changed in another tab/);
  expect(await guard.check()).toBeUndefined();
  stored = undefined;
  expect(await guard.check()).toMatch(/deleted in another tab/);
  expect(await guard.check()).toBeUndefined();
});

test('something new is nobody else’s', async () => {
  expect(await createEditGuard(undefined, () => Promise.reject(new Error())).check()).toBe(
    undefined,
  );
});
