/** Row D5: the mock provider, for people who build apps: no key, no network, every outcome. */
import { expect, test } from '../fixtures.ts';

test.beforeEach(async ({ site, page, configure }) => {
  const app = await site({ scripts: ['openai'] });
  await configure({
    sites: [{ origin: app.origin, decision: 'allow', scopes: ['chat'], models: ['*'] }],
  });
  await page.goto(app.url);
  await page.evaluate(() => {
    const sdk = new OpenAI({
      baseURL: 'https://gatehouse.invalid/v1',
      apiKey: 'none',
      dangerouslyAllowBrowser: true,
      maxRetries: 0,
    });
    Object.assign(globalThis, { client: sdk });
  });
});

const messages = [{ role: 'user' as const, content: 'Say these words back.' }];

test('auto on a fresh install is mock/echo', async ({ page }) => {
  const answer = await page.evaluate(async (asked) => {
    const { data, response } = await client.chat.completions
      .create({ model: 'auto', messages: asked })
      .withResponse();
    return {
      text: data.choices[0]?.message.content,
      provider: response.headers.get('x-gatehouse-provider'),
    };
  }, messages);
  expect(answer).toEqual({ text: 'Say these words back.', provider: 'mock' });
});

test('mock/echo, mock/slow and mock/markdown stream', async ({ page }) => {
  const answers = await page.evaluate(async (asked) => {
    const all: { text: string; ms: number; deltas: number }[] = [];
    for (const model of ['mock/echo', 'mock/slow', 'mock/markdown']) {
      const started = performance.now();
      const stream = await client.chat.completions.create({ model, messages: asked, stream: true });
      let [text, deltas] = ['', 0];
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? '';
        deltas += 1;
      }
      all.push({ text, ms: performance.now() - started, deltas });
    }
    return all;
  }, messages);
  expect(answers[0]?.text).toBe('Say these words back.');
  expect(answers[1]?.text).toBe('Say these words back.');
  expect(answers[1]?.ms).toBeGreaterThan(300);
  expect(answers[2]?.text).toContain('```');
  expect(answers[2]?.deltas).toBeGreaterThan(50);
});

test('mock/tools calls the tool that it is given, mock/json answers JSON, mock/reasoning thinks', async ({
  page,
}) => {
  const [call, json, reasoning] = await page.evaluate(async (asked) => {
    const parameters = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
    };
    const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters } }];
    const called = await client.chat.completions.create({
      model: 'mock/tools',
      messages: asked,
      tools,
    });
    const shaped = await client.chat.completions.create({ model: 'mock/json', messages: asked });
    const thought = await client.chat.completions.create({
      model: 'mock/reasoning',
      messages: asked,
    });
    return [
      called.choices[0]?.message.tool_calls?.[0],
      shaped.choices[0]?.message.content ?? '',
      (thought.choices[0]?.message as { reasoning_content?: string }).reasoning_content,
    ] as const;
  }, messages);
  expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } });
  expect(
    JSON.parse((call as { function: { arguments: string } }).function.arguments),
  ).toHaveProperty('city');
  expect(() => JSON.parse(json)).not.toThrow();
  expect(reasoning).toMatch(/\w+/);
});

for (const [model, status, code] of [
  ['error-401', 401, 'key_refused'],
  ['error-429', 429, 'rate_limited'],
  ['error-500', 500, 'provider_error'],
  ['error-503', 503, 'provider_error'],
  ['empty', 502, 'bad_upstream'],
  ['html', 502, 'bad_upstream'],
  ['garbage', 502, 'bad_upstream'],
  ['cut', 502, 'upstream_truncated'],
] as const) {
  test(`mock/${model} fails as ${status} ${code}`, async ({ page }) => {
    const failure = await page.evaluate(
      ([name, asked]) =>
        client.chat.completions.create({ model: name, messages: asked }).then(
          () => 'answered',
          (error) => `${error.status} ${error.code}`,
        ),
      [`mock/${model}`, messages] as const,
    );
    expect(failure).toBe(`${status} ${code}`);
  });
}

test('mock/cut breaks off in the middle of a stream, mock/error-in-stream fails in one', async ({
  page,
}) => {
  const failures = await page.evaluate(async (asked) => {
    const seen: string[] = [];
    for (const model of ['mock/cut', 'mock/error-in-stream']) {
      try {
        const stream = await client.chat.completions.create({
          model,
          messages: asked,
          stream: true,
        });
        for await (const chunk of stream)
          if (chunk.choices[0]?.finish_reason) seen.push('finished');
      } catch (error) {
        seen.push((error as { code: string }).code);
      }
    }
    return seen;
  }, messages);
  expect(failures).toEqual(['upstream_truncated', 'provider_error']);
});

test('mock/hang never answers, until the app gives up', async ({ page }) => {
  const name = await page.evaluate(
    (asked) =>
      client.chat.completions
        .create({ model: 'mock/hang', messages: asked }, { signal: AbortSignal.timeout(500) })
        .then(
          () => 'answered',
          (error) => String(error.message),
        ),
    messages,
  );
  expect(name).toMatch(/abort/i);
});

test('the mock models are listed, and say that they are no AI', async ({ page }) => {
  const models = await page.evaluate(() => Array.fromAsync(client.models.list()));
  const mock = models.filter(({ id }) => id.startsWith('mock/'));
  expect(mock.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['mock/echo', 'mock/slow', 'mock/tools', 'mock/error-429', 'mock/cut']),
  );
});
