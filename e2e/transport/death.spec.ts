/** A worker that dies in the middle of an answer ends it with an error: never a hang, never a false end. */
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';

interface Ending {
  status: number;
  text: string;
  /** On the machine's clock. */
  at: number;
}

/** Starts a stream and comes back once its first piece is there. */
async function startStream(page: Page, model: string): Promise<void> {
  await page.evaluate(
    (wanted) =>
      new Promise<void>((begun) => {
        const run = async () => {
          const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
            method: 'POST',
            body: JSON.stringify({
              model: wanted,
              stream: true,
              messages: [{ role: 'user', content: 'Hi' }],
            }),
          });
          let text = '';
          const decoder = new TextDecoder();
          for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
            text += decoder.decode(piece, { stream: true });
            begun();
          }
          return { status: response.status, text, at: Date.now() };
        };
        Object.assign(globalThis, {
          ending: run().catch((error: unknown) => ({ status: 0, text: String(error), at: 0 })),
        });
      }),
    model,
  );
}

const ending = (page: Page): Promise<Ending> =>
  page.evaluate(() => (globalThis as unknown as { ending: Promise<Ending> }).ending);

const KILLS = Number(process.env.KILLS ?? 50);

test(`killed ${KILLS} times in mid-stream: an error each time, and the next call works`, async ({
  gatehouse,
  allow,
  site,
  page,
}) => {
  test.setTimeout(60_000 + KILLS * 6000);
  const app = await site({ csp: null });
  await allow(app.origin);
  await page.goto(app.url);
  const delays: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    await startStream(page, 'openai/slow-10-1000');
    await page.waitForTimeout(Math.random() * 300);
    const killedAt = Date.now();
    await gatehouse.stopWorker();
    const { status, text, at } = await ending(page);
    delays.push(at - killedAt);
    expect(status).toBe(200);
    expect(text).not.toContain('[DONE]');
    const last = text.trimEnd().split('\n\n').at(-1) ?? '';
    expect(JSON.parse(last.replace(/^data: /, ''))).toMatchObject({
      error: { code: 'upstream_truncated', type: 'server_error', param: null },
    });
  }
  const next = await page.evaluate(async () => {
    const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'openai/m1', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    return response.status;
  });
  expect(next).toBe(200);
  delays.sort((a, b) => a - b);
  console.log(
    `${KILLS} kills: the page's error after ${delays[KILLS >> 1]} ms (median), ${delays.at(-1)} ms (longest), from before the kill`,
  );
});

test('closing the tab closes the upstream connection', async ({
  allow,
  context,
  site,
  upstream,
}) => {
  const app = await site({ csp: null });
  await allow(app.origin);
  const tab = await context.newPage();
  await tab.goto(app.url);
  await startStream(tab, 'openai/slow-20-1000');
  const received = await upstream.arrived();
  const since = performance.now();
  await tab.close();
  console.log(
    `tab closed: upstream closed after ${(await upstream.closed(received, since)).toFixed(0)} ms`,
  );
});
