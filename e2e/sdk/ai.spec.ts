import { expect } from '../fixtures.ts';
import { hostsWith } from './caller.ts';

for (const [host, test] of hostsWith('ai')) {
  test.describe(`the ai package in ${host}`, () => {
    test('generateText answers with its usage', async ({ caller, upstream }) => {
      const result = await caller.page.evaluate(async (baseURL) => {
        const provider = ai.createOpenAICompatible({ name: 'gatehouse', baseURL });
        const { text, finishReason, usage } = await ai.generateText({
          model: provider('openai/m1'),
          prompt: 'Hi',
          maxRetries: 0,
        });
        return { text, finishReason, usage };
      }, caller.baseURL);
      expect(result).toMatchObject({
        text: 'Hello from the loopback upstream 🌍.',
        finishReason: 'stop',
        usage: { inputTokens: 11, outputTokens: 7 },
      });
      expect((await upstream.arrived()).json?.model).toBe('m1');
    });

    test('streamText streams', async ({ caller }) => {
      const pieces = await caller.page.evaluate(async (baseURL) => {
        const provider = ai.createOpenAICompatible({ name: 'gatehouse', baseURL });
        const { textStream } = ai.streamText({
          model: provider('openai/slow-20-20'),
          prompt: 'Hi',
        });
        return Array.fromAsync(textStream);
      }, caller.baseURL);
      expect(pieces.length).toBeGreaterThan(5);
      expect(pieces.join('').trim().split(/\s+/).map(Number)).toEqual([...Array(20).keys()]);
    });

    test('a tool runs in the page and its result comes back into the answer', async ({
      caller,
    }) => {
      const result = await caller.page.evaluate(async (baseURL) => {
        const provider = ai.createOpenAICompatible({ name: 'gatehouse', baseURL });
        const asked: unknown[] = [];
        const { textStream } = ai.streamText({
          model: provider('openai/tools'),
          prompt: 'How warm is it in Porto?',
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
        return { text: (await Array.fromAsync(textStream)).join(''), asked };
      }, caller.baseURL);
      expect(result).toEqual({
        text: 'It is 21 °C in Porto.',
        asked: [{ city: 'Porto', unit: 'C' }],
      });
    });

    test('an error keeps its status and is not asked again', async ({ caller, upstream }) => {
      const failure = await caller.page.evaluate(async (baseURL) => {
        const provider = ai.createOpenAICompatible({ name: 'gatehouse', baseURL });
        return ai.generateText({ model: provider('openai/status-401'), prompt: 'Hi' }).then(
          () => undefined,
          (error) => ({ status: error.statusCode, message: error.message }),
        );
      }, caller.baseURL);
      expect(failure).toEqual({
        status: 401,
        message: expect.stringContaining('Incorrect API key'),
      });
      expect(upstream.received).toHaveLength(1);
    });

    test('abort closes the upstream socket within 250 ms', async ({ caller, upstream }) => {
      const at = await caller.page.evaluate(async (baseURL) => {
        const provider = ai.createOpenAICompatible({ name: 'gatehouse', baseURL });
        const controller = new AbortController();
        const { textStream } = ai.streamText({
          model: provider('openai/endless'),
          prompt: 'Hi',
          abortSignal: controller.signal,
        });
        let pieces = 0;
        for await (const piece of textStream) {
          pieces += piece ? 1 : 0;
          if (pieces === 5) controller.abort();
        }
        return performance.timeOrigin + performance.now();
      }, caller.baseURL);
      const received = await upstream.arrived();
      expect(await upstream.closed(received, at - performance.timeOrigin)).toBeLessThan(250);
    });
  });
}
