/** The way through the extension against the direct call, from the same page in the same run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/chromium.mjs';
import { expect, openaiAt, test } from '../fixtures.ts';
import { EXTENSION } from '../gatehouse.ts';
import type { Upstream } from '../upstream.ts';
import { median, report } from './figures.ts';

const GATEHOUSE = 'https://gatehouse.invalid/v1';

interface Timed {
  firstByteMs: number;
  totalMs: number;
  bytes: number;
}

/** Streams `parallel` answers of one model and times them from the page. */
async function time(page: Page, base: string, model: string, parallel = 1): Promise<Timed> {
  return page.evaluate(
    async ([url, name, count]) => {
      const started = performance.now();
      const one = async () => {
        // A text body without headers of its own needs no preflight: the direct call at its best.
        const response = await fetch(`${url}/chat/completions`, {
          method: 'POST',
          body: JSON.stringify({
            model: name,
            stream: true,
            messages: [{ role: 'user', content: 'Hi' }],
          }),
        });
        const reader = response.body!.getReader();
        let firstByteMs = 0;
        let bytes = 0;
        for (let read = await reader.read(); !read.done; read = await reader.read()) {
          firstByteMs ||= performance.now() - started;
          bytes += read.value.length;
        }
        return { firstByteMs, bytes };
      };
      const all = await Promise.all(Array.from({ length: count }, one));
      return {
        firstByteMs: all[0]!.firstByteMs,
        totalMs: performance.now() - started,
        bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    },
    [base, model, parallel] as const,
  );
}

/** Direct and through the extension in turn, so that both see the same machine. */
async function compare(
  page: Page,
  upstream: Upstream,
  model: string,
  rounds: number,
  parallel = 1,
) {
  const direct: Timed[] = [];
  const through: Timed[] = [];
  for (let round = -1; round < rounds; round++) {
    const a = await time(page, upstream.url, model, parallel);
    const b = await time(page, GATEHOUSE, `openai/${model}`, parallel);
    expect(b.bytes).toBeGreaterThan(a.bytes * 0.5); // both carried the whole answer
    if (round < 0) continue; // the first round warms both up
    direct.push(a);
    through.push(b);
  }
  return { direct, through };
}

const totals = (all: Timed[]) => median(all.map(({ totalMs }) => totalMs));

test.describe('transport', () => {
  test.beforeEach(async ({ site, page, gatehouse, upstream }) => {
    const app = await site({ csp: null });
    await gatehouse.configure(openaiAt(upstream, app.origin));
    await page.goto(app.url);
  });

  test('added time to the first byte', async ({ page, upstream }) => {
    const { direct, through } = await compare(page, upstream, 'm1', 60);
    const added =
      median(through.map(({ firstByteMs }) => firstByteMs)) -
      median(direct.map(({ firstByteMs }) => firstByteMs));
    report({
      what: 'added time to the first byte',
      value: added,
      unit: 'ms',
      aim: 3,
      how: 'median of 60',
    });
  });

  for (const [what, model, aim, parallel] of [
    ['20,000 small chunks', 'chunks-20000', 1.1, 1],
    ['10 MB in large chunks', 'big-10', 1.3, 1],
    ['8 streams at once, 2,000 chunks each', 'chunks-2000', 1.3, 8],
  ] as const) {
    test(what, async ({ page, upstream }) => {
      const { direct, through } = await compare(page, upstream, model, 7, parallel);
      const [a, b] = [totals(direct), totals(through)];
      report({
        what,
        value: b / a,
        unit: 'x direct',
        aim,
        how: `${b.toFixed(0)} / ${a.toFixed(0)} ms`,
      });
    });
  }

  test('cold start of the worker', async ({ page, gatehouse }) => {
    const cold: number[] = [];
    const warm: number[] = [];
    const ping = () =>
      page.evaluate(async () => {
        const started = performance.now();
        await fetch('https://gatehouse.invalid/ping').then((response) => response.text());
        return performance.now() - started;
      });
    for (let round = 0; round < 10; round++) {
      await gatehouse.stopWorker();
      await page.waitForTimeout(300);
      cold.push(await ping());
      warm.push(await ping());
    }
    const how = `median of 10; ${median(warm).toFixed(1)} ms when it runs`;
    report({
      what: 'cold start of the worker to its first answer',
      value: median(cold),
      unit: 'ms',
      aim: 60,
      how,
    });
  });
});

test('going on to the next route', async ({ site, page, gatehouse, upstream }) => {
  const app = await site({ csp: null });
  const routes = ['status-404', 'm1'].map((model) => ({ provider: 'openai', model }));
  const models = [{ id: 'chain', routes }];
  await gatehouse.configure({ ...openaiAt(upstream, app.origin), models });
  await page.goto(app.url);
  /** What the router says of its own time, in whole milliseconds: the same way for all. */
  const latency = (model: string) =>
    page.evaluate(async (name) => {
      const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: name, messages: [{ role: 'user', content: 'Hi' }] }),
      });
      await response.text();
      return Number(response.headers.get('x-gatehouse-latency-ms'));
    }, model);
  const sums = { failed: 0, direct: 0, chained: 0 };
  const rounds = 100;
  for (let round = -3; round < rounds; round++) {
    const failed = await latency('openai/status-404');
    const direct = await latency('openai/m1');
    const chained = await latency('chain');
    if (round < 0) continue; // the first ones warm up
    sums.failed += failed;
    sums.direct += direct;
    sums.chained += chained;
  }
  const added = (sums.chained - sums.direct - sums.failed) / rounds;
  report({
    what: 'going on to the next route',
    value: Math.max(0, added),
    unit: 'ms',
    aim: 5,
    how: `${(sums.chained / rounds).toFixed(1)} with, ${(sums.failed / rounds).toFixed(1)} the failed attempt; mean of ${rounds}`,
  });
});

test('an unrelated fetch, and the heap of a frame', async ({ site, page, playwright }) => {
  const app = await site({
    csp: null,
    body: Array.from({ length: 50 }, () => '<iframe src="/frame.html"></iframe>').join(''),
    pages: { '/frame.html': '<!doctype html><title>frame</title><p>frame' },
  });
  /** Microseconds a call of `fetch` takes by itself: the call was given up before it is sent. */
  const fetchCost = (target: Page) =>
    target.evaluate(async () => {
      const gone = AbortSignal.abort();
      const batches: number[] = [];
      for (let batch = 0; batch < 25; batch++) {
        const waiting: Promise<unknown>[] = [];
        const started = performance.now();
        for (let call = 0; call < 2000; call++) {
          waiting.push(fetch('/nothing', { signal: gone }).catch(() => {}));
        }
        batches.push(((performance.now() - started) * 1000) / 2000);
        await Promise.all(waiting);
      }
      return batches.sort((a, b) => a - b)[5]!; // the quiet ones: the machine has other work
    });
  const heap = async (target: Page) => {
    const session = await target.context().newCDPSession(target);
    await session.send('HeapProfiler.enable');
    for (let round = 0; round < 3; round++) await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    await session.detach();
    return usedSize;
  };

  const browser = await playwright.chromium.launch({
    executablePath: findChromium(),
    args: CHROMIUM_ARGUMENTS,
  });
  const plain = await browser.newPage();
  const [withCosts, withoutCosts]: [number[], number[]] = [[], []];
  const [withHeap, withoutHeap]: [number[], number[]] = [[], []];
  for (let round = 0; round < 5; round++) {
    await page.goto(app.url, { waitUntil: 'load' });
    await plain.goto(app.url, { waitUntil: 'load' });
    withHeap.push(await heap(page));
    withoutHeap.push(await heap(plain));
    withoutCosts.push(await fetchCost(plain));
    withCosts.push(await fetchCost(page));
  }
  await browser.close();
  const [a, b] = [median(withoutCosts), median(withCosts)];
  report({
    what: 'an unrelated fetch, added',
    value: Math.max(0, b - a),
    unit: 'µs',
    aim: 1,
    how: `${b.toFixed(2)} with, ${a.toFixed(2)} without`,
  });
  const kilobytes = (median(withHeap) - median(withoutHeap)) / 1024;
  report({
    what: 'heap of a frame that never calls',
    value: Math.max(0, kilobytes) / 51,
    unit: 'kB',
    aim: 0,
    how: `${kilobytes.toFixed(0)} kB on a page with 50 frames`,
  });
});

test('size of the scripts that every page gets', () => {
  const { content_scripts } = JSON.parse(readFileSync(join(EXTENSION, 'manifest.json'), 'utf8'));
  const files: string[] = content_scripts.flatMap(({ js }: { js: string[] }) => js);
  const sizes = files.map(
    (file) => gzipSync(readFileSync(join(EXTENSION, file)), { level: 9 }).length / 1024,
  );
  const how = sizes.map((size) => size.toFixed(2)).join(' + ');
  report({
    what: 'inpage + relay, gzipped',
    value: sizes.reduce((a, b) => a + b),
    unit: 'kB',
    aim: 4,
    how,
  });
});
