import { expect } from '../fixtures.ts';
import { hostsWith, wiresOf } from './caller.ts';
import { HELLO_TEXT, WEATHER_INPUT, WEATHER_TOOL } from './weather.ts';

for (const [host, test] of hostsWith('langchain')) {
  test.describe(`@langchain/openai in ${host}`, () => {
    for (const useResponsesApi of [false, true]) {
      const dialect = useResponsesApi ? 'openai-responses' : 'openai-chat';
      for (const [wire, provider] of wiresOf(host, dialect)) {
        test(`${dialect} is answered, streamed and calls tools of a provider of ${wire}`, async ({
          caller,
        }) => {
          const result = await caller.page.evaluate(
            async ([baseURL, id, responses, tool]) => {
              const create = (model: string) =>
                new langchain.ChatOpenAI({
                  model: `${id}/${model}`,
                  apiKey: 'none',
                  useResponsesApi: responses,
                  maxRetries: 0,
                  configuration: { baseURL, dangerouslyAllowBrowser: true },
                });
              const whole = await create('m1').invoke('Hi');
              const chunks = await Array.fromAsync(await create('m1').stream('Hi'));
              const weather = create('tools').bindTools([tool]);
              const question = new langchain.HumanMessage('How warm is it in Porto?');
              const first = await weather.invoke([question]);
              const call = first.tool_calls?.[0];
              const answer = new langchain.ToolMessage({
                content: '21',
                tool_call_id: call?.id ?? '',
              });
              const last = await weather.invoke([question, first, answer]);
              return {
                text: whole.text,
                usage: whole.usage_metadata,
                streamed: chunks.map((chunk) => chunk.text).join(''),
                call,
                last: last.text,
              };
            },
            [caller.baseURL, provider, useResponsesApi, WEATHER_TOOL] as const,
          );
          expect(result).toMatchObject({
            text: HELLO_TEXT,
            usage: { input_tokens: 11, output_tokens: 7 },
            streamed: HELLO_TEXT,
            call: { name: 'get_weather', args: WEATHER_INPUT },
            last: 'It is 21 °C in Porto.',
          });
        });
      }
    }

    test('an error is thrown with its status', async ({ caller, upstream }) => {
      const status = await caller.page.evaluate(async (baseURL) => {
        const model = new langchain.ChatOpenAI({
          model: 'anthropic/status-401',
          apiKey: 'none',
          configuration: { baseURL, dangerouslyAllowBrowser: true },
        });
        return model.invoke('Hi').then(
          () => 0,
          (error: { status: number }) => error.status,
        );
      }, caller.baseURL);
      expect(status).toBe(401);
      expect(upstream.received).toHaveLength(1);
    });
  });
}
