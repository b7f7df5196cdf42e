/** The auto-lock by the real clock: the browser's alarm wakes a worker that sleeps. */
import { expect, openaiAt, test } from '../fixtures.ts';

const PASSWORD = 'correct horse battery staple';
const MINUTE = 60_000;

test('locks by its time while the worker is asleep', async ({ launch, upstream }) => {
  test.skip(process.env.LONG !== '1', 'It waits for two minutes: LONG=1 runs it.');
  test.setTimeout(5 * MINUTE);
  const gatehouse = await launch();
  const { context, options } = gatehouse;
  await gatehouse.configure({ ...openaiAt(upstream), settings: { autoLockMinutes: 1 } });
  await options.goto(gatehouse.url('extension/options/index.html#/settings'));
  await options.getByRole('button', { name: 'Set a password' }).click();
  await options.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await options.getByLabel('New password again').fill(PASSWORD);
  await options.keyboard.press('Enter');
  await expect(options.getByRole('button', { name: 'Lock now' })).toBeVisible({ timeout: 30_000 });
  const unlockedAt = Date.now();
  // A file of ours that runs no script: nothing but the alarm may wake the worker.
  await options.goto(gatehouse.url('manifest.json'));
  for (const page of context.pages()) if (page !== options) await page.close();
  await gatehouse.stopWorker();

  const lastEvent = () =>
    options.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open('gatehouse');
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('not opened'));
      });
      const events = await new Promise<{ at: number; what: string }[]>((resolve) => {
        const request = database.transaction('state').objectStore('state').get('lock events');
        request.onsuccess = () => resolve(request.result as { at: number; what: string }[]);
      });
      database.close();
      return events.at(-1);
    });
  expect((await lastEvent())?.what).toBe('unlocked');
  await expect.poll(async () => (await lastEvent())?.what, { timeout: 3 * MINUTE }).toBe('idle');
  const late = (await lastEvent())!.at - unlockedAt - MINUTE;
  test
    .info()
    .annotations.push({ type: 'figure', description: `${Math.round(late / 1000)} s late` });
  expect(late).toBeLessThan(MINUTE);
});
