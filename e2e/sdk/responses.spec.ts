/** The openai package's Responses API; openai.spec.ts has its chat. */
import type { ResponseInput, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { expect } from '../fixtures.ts';
import { hostsWith, wiresOf, type Caller } from './caller.ts';
import { HELLO_TEXT, RESPONSES_WEATHER_TOOL, WEATHER_INPUT } from './weather.ts';

async function connect({ page, baseURL }: Caller): Promise<void> {
  await page.evaluate((url) => {
    const client = new OpenAI({ baseURL: url, apiKey: 'none', dangerouslyAllowBrowser: true });
    Object.assign(globalThis, { client });
  }, baseURL);
}

for (const [host, test] of hostsWith('openai')) {
  test.describe(`openai SDK's responses in ${host}`, () => {
    test.beforeEach(async ({ caller }) => connect(caller));

    for (const [wire, provider] of wiresOf(host, 'openai-responses')) {
      test.describe(`of a provider that speaks ${wire}`, () => {
        test('a response is created, whole and streamed', async ({ caller, upstream }) => {
          const { whole, streamed, text, events } = await caller.page.evaluate(async (model) => {
            const body = { model, input: 'Hi', instructions: 'Be brief.' };
            const whole = await client.responses.create(body);
            const stream = client.responses.stream(body);
            const events: ResponseStreamEvent['type'][] = [];
            let text = '';
            stream.on('event', (event) => {
              events.push(event.type);
              if (event.type === 'response.output_text.delta') text += event.delta;
            });
            return { whole, streamed: await stream.finalResponse(), text, events };
          }, `${provider}/m1`);
          for (const response of [whole, streamed]) {
            expect(response).toMatchObject({
              object: 'response',
              status: 'completed',
              model: `${provider}/m1`,
              output_text: HELLO_TEXT,
              usage: { input_tokens: 11, output_tokens: 7, total_tokens: 18 },
            });
          }
          expect(text).toBe(HELLO_TEXT);
          expect(events[0]).toBe('response.created');
          expect(events.at(-1)).toBe('response.completed');
          expect(upstream.received[0]?.body).toContain('Be brief.');
        });

        test('a function is called, streamed, and its output goes back', async ({
          caller,
          upstream,
        }) => {
          const { call, text } = await caller.page.evaluate(
            async ([model, tool]) => {
              const input: ResponseInput = [{ role: 'user', content: 'How warm is it in Porto?' }];
              const body = { model, tools: [tool] };
              const first = await client.responses.stream({ ...body, input }).finalResponse();
              const call = first.output.find((item) => item.type === 'function_call')!;
              input.push(...(first.output as ResponseInput));
              input.push({ type: 'function_call_output', call_id: call.call_id, output: '21' });
              const last = await client.responses.create({ ...body, input });
              return { call, text: last.output_text };
            },
            [`${provider}/tools`, RESPONSES_WEATHER_TOOL] as const,
          );
          expect(call.name).toBe('get_weather');
          expect(JSON.parse(call.arguments)).toEqual(WEATHER_INPUT);
          expect(text).toBe('It is 21 °C in Porto.');
          expect(upstream.received[1]?.asked?.hasToolResult).toBe(true);
        });

        test('what it thought is an item before what it said', async ({ caller }) => {
          const outputs = await caller.page.evaluate(async (model) => {
            const body = { model, input: 'Hi', reasoning: { summary: 'auto' as const } };
            const streamed = await client.responses.stream(body).finalResponse();
            return [streamed.output, (await client.responses.create(body)).output];
          }, `${provider}/reasoning`);
          for (const output of outputs) {
            expect(output).toMatchObject([
              { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Let me think.' }] },
              { type: 'message', content: [{ type: 'output_text', text: 'Forty-two.' }] },
            ]);
          }
        });

        test('an answer that was too long is incomplete', async ({ caller }) => {
          const response = await caller.page.evaluate(
            (model) => client.responses.create({ model, input: 'Hi', max_output_tokens: 20 }),
            `${provider}/length`,
          );
          expect(response).toMatchObject({
            status: 'incomplete',
            incomplete_details: { reason: 'max_output_tokens' },
          });
        });

        for (const [model, words] of [
          ['cut', 'broke off'],
          ['error-event', 'The upstream is sick.'],
        ] as const) {
          test(`a stream with the fault ${model} throws and keeps what came before`, async ({
            caller,
          }) => {
            const failure = await caller.page.evaluate(async (name) => {
              let text = '';
              try {
                const stream = await client.responses.create({
                  model: name,
                  input: 'Hi',
                  stream: true,
                });
                for await (const event of stream)
                  if (event.type === 'response.output_text.delta') text += event.delta;
                return { text, message: 'no failure' };
              } catch (error) {
                const { message } = error as Error;
                return { text, message, isApiError: error instanceof OpenAI.APIError };
              }
            }, `${provider}/${model}`);
            expect(failure.message).toContain(words);
            expect(failure.isApiError).toBe(true);
            expect(failure.text).toMatch(/^Hello from/);
          });
        }
      });
    }

    test('an error is of its class and is not asked again', async ({ caller, upstream }) => {
      const failures = await caller.page.evaluate(async () => {
        const failures = [];
        for (const status of [400, 401, 429, 500]) {
          const model = `anthropic/status-${status}`;
          failures.push(
            await client.responses.create({ model, input: 'Hi' }, { maxRetries: 1 }).then(
              () => 0,
              (error: InstanceType<typeof OpenAI.APIError>) => error.status,
            ),
          );
        }
        return failures;
      });
      expect(failures).toEqual([400, 401, 429, 500]);
      // A short 429 alone is the SDK's to try again; a 500 is asked once more by us.
      expect(upstream.received).toHaveLength(6);
    });

    test('a conversation passes to a provider that keeps it, and is refused by others', async ({
      caller,
      upstream,
    }) => {
      const [kept, refused] = await caller.page.evaluate(async () => {
        const body = { input: 'And?', previous_response_id: 'resp_1', store: true };
        const kept = await client.responses.create({ ...body, model: 'responses-box/m1' });
        const refused = await client.responses.create({ ...body, model: 'openai/m1' }).then(
          () => undefined,
          ({ status, param }: InstanceType<typeof OpenAI.APIError>) => ({ status, param }),
        );
        return [kept, refused] as const;
      });
      expect(kept).toMatchObject({ previous_response_id: 'resp_1', store: true });
      expect(refused).toEqual({ status: 400, param: 'previous_response_id' });
      expect(upstream.received).toHaveLength(1);
    });

    test('abort of a stream closes the upstream socket within 250 ms', async ({
      caller,
      upstream,
    }) => {
      const at = await caller.page.evaluate(async () => {
        const stream = await client.responses.create({
          model: 'anthropic/endless',
          input: 'Hi',
          stream: true,
        });
        let deltas = 0;
        for await (const event of stream) {
          deltas += event.type === 'response.output_text.delta' ? 1 : 0;
          if (deltas === 10) stream.controller.abort();
        }
        return performance.timeOrigin + performance.now();
      });
      const received = await upstream.arrived();
      expect(await upstream.closed(received, at - performance.timeOrigin)).toBeLessThan(250);
    });
  });
}
