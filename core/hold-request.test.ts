import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEvents, serve, type Loopback } from './testing/loopback.ts';
import { createTestRouter, providerAt } from './testing/parts.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let upstream: Loopback;
beforeAll(async () => {
  upstream = await serve((response, { body }) => {
    if (body.model === 'hang-after-head') openEvents(response);
  });
});
afterAll(() => upstream.close());

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

it.each(['hang', 'hang-after-head'])(
  'an abort reaches an upstream that plays %s, whatever was collected meanwhile',
  async (model) => {
    const router = createTestRouter({
      providers: [providerAt(upstream.origin, { id: 'one' })],
      keys: { one: ['sk-one-0123456789'] },
    });
    const controller = new AbortController();
    const answered = router.chat(
      { model: `one/${model}`, messages: [{ role: 'user', content: 'Hello' }], stream: true },
      { signal: controller.signal },
    );
    while (upstream.received.length === 0) await pause(5);
    for (let round = 0; round < 10; round += 1) {
      collectGarbage();
      await pause(5);
    }
    controller.abort();
    expect((await answered).status).toBe(499);
    expect(await upstream.received.pop()!.closed).toBe(true);
  },
);
