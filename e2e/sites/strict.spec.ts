import { expect, test } from '../fixtures.ts';

test('a strict page loads the SDKs and can reach no server by itself', async ({
  site,
  page,
  upstream,
}) => {
  const app = await site({ scripts: ['openai', 'ai', 'axios'] });
  await page.goto(app.url);
  expect(
    await page.evaluate(() => [typeof OpenAI, typeof ai.streamText, typeof axios.get]),
  ).toEqual(['function', 'function', 'function']);
  const refused = await page.evaluate(
    (url) =>
      fetch(`${url}/models`).then(
        () => 'answered',
        (error) => String(error),
      ),
    upstream.url,
  );
  expect(refused).toContain('Failed to fetch');
  expect(upstream.received).toEqual([]);
});
