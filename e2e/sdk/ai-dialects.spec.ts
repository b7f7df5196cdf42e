/** The `ai` package's own providers, pointed at Gatehouse; ai.spec.ts has the OpenAI-compatible one. */
import { expect } from '../fixtures.ts';
import { hostsWith, wiresOf, type Caller } from './caller.ts';
import { HELLO_TEXT, WEATHER_INPUT } from './weather.ts';

type Dialect =
  'openai-responses' | 'openai-chat' | 'anthropic-messages' | 'google-generate-content';

declare global {
  const modelOf: (id: string) => Parameters<typeof ai.generateText>[0]['model'];
}

/** Puts `modelOf(id)` where the page’s code finds it. */
async function connect({ page, root }: Caller, dialect: Dialect): Promise<void> {
  await page.evaluate(
    ([base, name]) => {
      const options = { baseURL: `${base}/v1`, apiKey: 'page-key' };
      const openai = ai.createOpenAI(options);
      const models = {
        'openai-responses': openai,
        'openai-chat': openai.chat,
        'anthropic-messages': ai.createAnthropic(options),
        'google-generate-content': ai.createGoogle({ ...options, baseURL: `${base}/v1beta` }),
      };
      Object.assign(globalThis, { modelOf: models[name] });
    },
    [root, dialect] as const,
  );
}

for (const [host, test] of hostsWith('ai')) {
  for (const dialect of [
    'openai-responses',
    'openai-chat',
    'anthropic-messages',
    'google-generate-content',
  ] as const) {
    test.describe(`the ai package speaking ${dialect} in ${host}`, () => {
      test.beforeEach(async ({ caller }) => connect(caller, dialect));

      for (const [wire, provider] of wiresOf(host, dialect)) {
        test(`answers, streams and calls tools of a provider of ${wire}`, async ({
          caller,
          upstream,
        }) => {
          const result = await caller.page.evaluate(async (id) => {
            const ask = {
              prompt: 'Hi',
              system: 'Be brief.',
              maxRetries: 0,
              // By itself this SDK sends references to what it thinks that OpenAI has kept.
              providerOptions: { openai: { store: false } },
            };
            const whole = await ai.generateText({ ...ask, model: modelOf(`${id}/m1`) });
            const { text, finishReason, usage } = whole;
            const streamed = ai.streamText({ ...ask, model: modelOf(`${id}/m1`) });
            const pieces = await Array.fromAsync(streamed.textStream);
            const asked: unknown[] = [];
            const called = ai.streamText({
              ...ask,
              model: modelOf(`${id}/tools`),
              stopWhen: ai.stepCountIs(3),
              tools: {
                get_weather: ai.tool({
                  description: 'The weather of a city.',
                  inputSchema: ai.jsonSchema<{ city: string; unit: string }>({
                    type: 'object',
                    properties: { city: { type: 'string' }, unit: { type: 'string' } },
                  }),
                  execute: (input) => {
                    asked.push(input);
                    return '21';
                  },
                }),
              },
            });
            const afterTool = (await Array.fromAsync(called.textStream)).join('');
            return { text, finishReason, usage, pieces, asked, afterTool };
          }, provider);
          expect(result).toMatchObject({
            text: HELLO_TEXT,
            finishReason: 'stop',
            usage: { inputTokens: 11, outputTokens: 7 },
            asked: [WEATHER_INPUT],
            afterTool: 'It is 21 °C in Porto.',
          });
          expect(result.pieces.length).toBeGreaterThan(3);
          expect(result.pieces.join('')).toBe(HELLO_TEXT);
          expect(upstream.received[0]?.body).toContain('Be brief.');
          const sent = upstream.received.map(({ path, headers }) => [path, headers]);
          expect(JSON.stringify(sent)).not.toContain('page-key');
        });

        test(`tells what a model of ${wire} thought, and when its stream breaks`, async ({
          caller,
        }) => {
          const result = await caller.page.evaluate(async (id) => {
            const { reasoningText, text } = await ai.generateText({
              model: modelOf(`${id}/reasoning`),
              prompt: 'Hi',
              maxRetries: 0,
            });
            const broken = ai.streamText({
              model: modelOf(`${id}/cut`),
              prompt: 'Hi',
              maxRetries: 0,
              onError: () => {},
            });
            let came = '';
            let failed = false;
            for await (const part of broken.fullStream) {
              if (part.type === 'text-delta') came += part.text;
              if (part.type === 'error') failed = true;
            }
            return { reasoningText, text, came, failed };
          }, provider);
          expect(result.text).toBe('Forty-two.');
          // Its chat model reads no `reasoning_content`.
          expect(result.reasoningText).toBe(
            dialect === 'openai-chat' ? undefined : 'Let me think.',
          );
          expect(result.came).toMatch(/^Hello from/);
          expect(result.failed).toBe(true);
        });
      }

      test('an error keeps its status and its words, and is not asked again', async ({
        caller,
        upstream,
      }) => {
        const failure = await caller.page.evaluate(() =>
          ai.generateText({ model: modelOf('openai/status-401'), prompt: 'Hi' }).then(
            () => undefined,
            (error) => ({ status: error.statusCode, message: error.message }),
          ),
        );
        expect(failure).toEqual({
          status: 401,
          message: expect.stringContaining('Incorrect API key'),
        });
        expect(upstream.received).toHaveLength(1);
      });
    });
  }
}
