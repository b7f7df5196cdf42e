import { expect, test, openaiAt } from '../fixtures.ts';
import type { Received, Upstream } from '../upstream.ts';
import { answers, chooseModel, say, stopButton } from './chat-page.ts';

/** The chat call: the list of models is asked for too. */
async function asked(upstream: Upstream): Promise<Received> {
  const find = () => upstream.received.find(({ path }) => path.endsWith('/chat/completions'));
  await expect.poll(find).toBeDefined();
  return find() as Received;
}

// R14: what a person gives up ends at the provider, in the PWA too.

test('Stop ends the call at the provider before there are headers', async ({
  pwa,
  upstream,
  configurePwa,
}) => {
  await configurePwa({
    ...openaiAt(upstream),
    models: [{ id: 'mine', routes: [{ provider: 'openai', model: 'hang' }] }],
  });
  await chooseModel(pwa, 'mine');
  await say(pwa, 'hello');
  const call = await asked(upstream);
  await pwa.waitForTimeout(400);
  const since = performance.now();
  await stopButton(pwa).click();
  const took = await upstream.closed(call, since);
  console.info(`stopped before headers: upstream closed after ${took.toFixed(0)} ms`);
  expect(took).toBeGreaterThan(0);
  expect(took).toBeLessThan(1000);
  await expect(answers(pwa)).toContainText('Stopped by you.');
});

test('Stop ends the call at the provider in the middle of the answer', async ({
  pwa,
  upstream,
  configurePwa,
}) => {
  await configurePwa({
    ...openaiAt(upstream),
    models: [{ id: 'mine', routes: [{ provider: 'openai', model: 'endless' }] }],
  });
  await chooseModel(pwa, 'mine');
  await say(pwa, 'hello');
  const call = await asked(upstream);
  await expect(answers(pwa).locator('.markdown')).not.toBeEmpty();
  const since = performance.now();
  await stopButton(pwa).click();
  const took = await upstream.closed(call, since);
  console.info(`stopped in the middle: upstream closed after ${took.toFixed(0)} ms`);
  expect(took).toBeGreaterThan(0);
  expect(took).toBeLessThan(1000);
});

test('a tab that is closed ends its call within two seconds, also before there are headers', async ({
  pwa,
  upstream,
  configurePwa,
}) => {
  await configurePwa({
    ...openaiAt(upstream),
    models: [{ id: 'mine', routes: [{ provider: 'openai', model: 'hang' }] }],
  });
  const other = await pwa.context().newPage();
  await other.goto(pwa.url());
  await chooseModel(other, 'mine');
  await say(other, 'hello');
  const call = await asked(upstream);
  const since = performance.now();
  await other.close();
  const took = await upstream.closed(call, since);
  console.info(`tab closed before headers: upstream closed after ${took.toFixed(0)} ms`);
  expect(took).toBeGreaterThan(0);
  expect(took).toBeLessThan(4000);
});
