/**
 * Threat 16 in the built extension: a granted page runs away, and the worker dies on the way. In tokens,
 * because what runs on this computer costs no money; a budget counts both alike.
 */
import type { Page } from '@playwright/test';
import { expect, openaiAt, test } from '../fixtures.ts';

const PAGES = 2;
const CALLS = 250;
const ANSWER = 1_000;
/** Fifty answers, and not one more: the prompt counts too. */
const TOKENS = 50 * ANSWER;

test(`${PAGES * CALLS} calls at once get what the budget holds, also with the worker killed half-way`, async ({
  gatehouse,
  configure,
  context,
  site,
  upstream,
}) => {
  test.setTimeout(180_000);
  const app = await site();
  const limits = { tokensPerDay: TOKENS };
  const grant = { origin: app.origin, decision: 'allow', scopes: ['chat'], models: ['*'], limits };
  await configure({ ...openaiAt(upstream), sites: [grant] });
  const pages: Page[] = [];
  for (let count = 0; count < PAGES; count++) {
    const page = await context.newPage();
    await page.goto(app.url);
    pages.push(page);
  }
  /** How the calls of all pages ended, with how many of each. */
  const run = async () => {
    const codes = await Promise.all(
      pages.map((page) =>
        page.evaluate(
          ([calls, tokens]) => {
            document.title = '0';
            return Promise.all(
              Array.from({ length: calls }, async () => {
                const response = await fetch('https://gatehouse.invalid/v1/chat/completions', {
                  method: 'POST',
                  body: JSON.stringify({
                    model: 'openai/hang',
                    max_tokens: tokens,
                    messages: [{ role: 'user', content: 'Hi' }],
                  }),
                });
                const { error } = (await response.json()) as { error?: { code: string } };
                document.title = String(Number(document.title) + 1);
                return error?.code ?? 'answered';
              }),
            );
          },
          [CALLS, ANSWER] as const,
        ),
      ),
    );
    const refused = codes.flat().filter((code) => code === 'site_budget_exceeded');
    return { refused: refused.length, others: codes.flat().length - refused.length };
  };
  const arrived = () => upstream.received.filter(({ method }) => method === 'POST').length;

  const first = run();
  // A browser opens six connections to a host: the rest of what is held waits for one.
  await expect.poll(arrived, { timeout: 30_000 }).toBe(6);
  // Each call was either refused or holds its part; a page's title counts those that ended.
  const ended = async () => {
    const titles = await Promise.all(pages.map((page) => page.title()));
    return titles.reduce((sum, title) => sum + Number(title), 0);
  };
  const least = PAGES * CALLS - TOKENS / ANSWER;
  await expect.poll(ended, { timeout: 30_000 }).toBeGreaterThanOrEqual(least);
  await gatehouse.stopWorker();
  const { refused, others } = await first;
  expect(refused).toBe(PAGES * CALLS - others);
  expect(others).toBeLessThanOrEqual(TOKENS / ANSWER);
  expect(others).toBeGreaterThan(TOKENS / ANSWER - 5);

  // What was held when the worker died is paid for, so that dying frees nothing.
  const before = arrived();
  expect(await run()).toEqual({ refused: PAGES * CALLS, others: 0 });
  expect(arrived()).toBe(before);
  await Promise.all(pages.map((page) => page.close()));
  test.info().annotations.push({
    type: 'figure',
    description: `2 × ${PAGES * CALLS} calls, ${others} of ${TOKENS / ANSWER} held, 0 after the kill`,
  });
});
