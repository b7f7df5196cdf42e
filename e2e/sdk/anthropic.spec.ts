import type { MessageParam } from '@anthropic-ai/sdk/resources/messages';
import { CANARY_KEY, expect } from '../fixtures.ts';
import { COUNTED_TOKENS } from '../upstream/anthropic-messages.ts';
import { hostsWith, wiresOf, type Caller } from './caller.ts';
import { ANTHROPIC_WEATHER_TOOL, HELLO_TEXT, WEATHER_INPUT } from './weather.ts';

/** Puts a client where the page's code finds it. */
async function connect({ page, root }: Caller): Promise<void> {
  await page.evaluate((baseURL) => {
    const claude = new Anthropic({
      baseURL,
      apiKey: 'page-key',
      dangerouslyAllowBrowser: true,
    });
    Object.assign(globalThis, { claude });
  }, root);
}

/** Asks a model and tells how the SDK failed; `text` is what came before. */
async function fail({ page }: Caller, model: string, stream: boolean) {
  return page.evaluate(
    async ([name, streamed]) => {
      let text = '';
      const body = {
        model: name,
        max_tokens: 100,
        messages: [{ role: 'user' as const, content: 'Hi' }],
      };
      try {
        if (streamed) {
          for await (const event of await claude.messages.create({ ...body, stream: true })) {
            if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
              text += event.delta.text;
          }
        } else await claude.messages.create(body);
        return { name: 'no failure', text };
      } catch (thrown) {
        const error = thrown as InstanceType<typeof Anthropic.APIError>;
        // The bundle's class names are minified: tell the class by what it is an instance of.
        const kinds: [string, typeof Error][] = [];
        for (const key in Anthropic) {
          const kind = Anthropic[key as 'APIError'] as unknown as typeof Error;
          if (key.endsWith('Error') && thrown instanceof kind) kinds.push([key, kind]);
        }
        kinds.sort(([, a], [, b]) => (a.prototype instanceof b ? -1 : 1));
        return {
          name: kinds[0]?.[0] ?? String(thrown),
          status: error.status,
          type: error.type,
          requestId: error.requestID,
          message: error.message,
          text,
        };
      }
    },
    [model, stream] as const,
  );
}

for (const [host, test] of hostsWith('anthropic')) {
  test.describe(`@anthropic-ai/sdk in ${host}`, () => {
    test.beforeEach(async ({ caller }) => connect(caller));

    for (const [wire, provider] of wiresOf(host, 'anthropic-messages')) {
      test.describe(`of a provider that speaks ${wire}`, () => {
        test('a message is answered whole and streamed', async ({ caller, upstream }) => {
          const { whole, streamed, text, types } = await caller.page.evaluate(async (model) => {
            const body = {
              model,
              max_tokens: 100,
              system: 'Be brief.',
              messages: [{ role: 'user' as const, content: 'Hi' }],
            };
            const whole = await claude.messages.create(body);
            const stream = claude.messages.stream(body);
            const types: string[] = [];
            let text = '';
            stream.on('streamEvent', ({ type }) => types.push(type));
            stream.on('text', (delta) => (text += delta));
            return { whole, streamed: await stream.finalMessage(), text, types };
          }, `${provider}/m1`);
          for (const message of [whole, streamed]) {
            expect(message).toMatchObject({
              type: 'message',
              role: 'assistant',
              model: `${provider}/m1`,
              content: [{ type: 'text', text: HELLO_TEXT }],
              stop_reason: 'end_turn',
              usage: { input_tokens: 11, output_tokens: 7 },
            });
          }
          expect(text).toBe(HELLO_TEXT);
          expect(types[0]).toBe('message_start');
          expect(types.at(-1)).toBe('message_stop');
          const [first] = upstream.received;
          expect(first?.asked?.model).toBe('m1');
          expect(first?.body).toContain('Be brief.');
          expect(JSON.stringify([first?.path, first?.headers])).not.toMatch(/page-key|stainless/i);
          expect(JSON.stringify(first?.headers)).toContain(CANARY_KEY);
        });

        test('a tool is called, streamed, and its result goes back', async ({
          caller,
          upstream,
        }) => {
          const { call, stop, text } = await caller.page.evaluate(
            async ([model, tool]) => {
              const messages: MessageParam[] = [
                { role: 'user', content: 'How warm is it in Porto?' },
              ];
              const body = { model, max_tokens: 100, tools: [tool] };
              const first = await claude.messages.stream({ ...body, messages }).finalMessage();
              const call = first.content.find((block) => block.type === 'tool_use')!;
              messages.push({ role: 'assistant', content: first.content });
              messages.push({
                role: 'user',
                content: [{ type: 'tool_result', tool_use_id: call.id, content: '21' }],
              });
              const last = await claude.messages.create({ ...body, messages });
              const [said] = last.content;
              return {
                call,
                stop: first.stop_reason,
                text: said?.type === 'text' ? said.text : '',
              };
            },
            [`${provider}/tools`, ANTHROPIC_WEATHER_TOOL] as const,
          );
          expect(call).toMatchObject({
            type: 'tool_use',
            name: 'get_weather',
            input: WEATHER_INPUT,
          });
          expect(stop).toBe('tool_use');
          expect(text).toBe('It is 21 °C in Porto.');
          expect(upstream.received[1]?.asked?.hasToolResult).toBe(true);
        });

        test('what it thought is told before what it said', async ({ caller }) => {
          const content = await caller.page.evaluate(async (model) => {
            const body = {
              model,
              max_tokens: 4000,
              thinking: { type: 'enabled' as const, budget_tokens: 1024 },
              messages: [{ role: 'user' as const, content: 'Hi' }],
            };
            const streamed = await claude.messages.stream(body).finalMessage();
            return [streamed.content, (await claude.messages.create(body)).content];
          }, `${provider}/reasoning`);
          for (const blocks of content) {
            // A proof of another provider stands in a block of its own.
            const told = blocks.filter(({ type }) => type !== 'redacted_thinking');
            expect(told).toMatchObject([
              { type: 'thinking', thinking: 'Let me think.' },
              { type: 'text', text: 'Forty-two.' },
            ]);
          }
        });

        test('a stream that is cut throws and keeps what came before', async ({ caller }) => {
          const failure = await fail(caller, `${provider}/cut`, true);
          expect(failure).toMatchObject({
            name: 'APIError',
            type: 'api_error',
            message: expect.stringContaining('broke off'),
            text: expect.stringMatching(/^Hello from/),
          });
        });

        test('an error in a stream throws with the provider’s words', async ({ caller }) => {
          const failure = await fail(caller, `${provider}/error-event`, true);
          expect(failure.message).toContain('The upstream is sick.');
          expect(failure.text).toMatch(/^Hello from/);
        });

        test('an error is of its class, and the SDK asks no second time', async ({
          caller,
          upstream,
        }) => {
          for (const [status, name, type] of [
            [400, 'BadRequestError', 'invalid_request_error'],
            [401, 'AuthenticationError', 'authentication_error'],
            [403, 'PermissionDeniedError', 'permission_error'],
            [404, 'NotFoundError', 'not_found_error'],
            [500, 'InternalServerError', 'api_error'],
          ] as const) {
            upstream.clear();
            const failure = await fail(caller, `${provider}/status-${status}`, status === 500);
            expect(failure).toMatchObject({
              name,
              status,
              type,
              requestId: expect.stringMatching(/./),
            });
            // What may pass is asked once more, by us and not by the SDK.
            expect(upstream.received).toHaveLength(status >= 500 ? 2 : 1);
          }
        });
      });
    }

    test('tokens are counted by the provider, or estimated and said so', async ({ caller }) => {
      const counts = await caller.page.evaluate(() =>
        Promise.all(
          ['anthropic/m1', 'google-ai-studio/m1', 'openai/m1'].map(async (model) => {
            const { data, response } = await claude.messages
              .countTokens({ model, messages: [{ role: 'user', content: 'Hi' }] })
              .withResponse();
            return [data.input_tokens, response.headers.get('x-gatehouse-estimated')];
          }),
        ),
      );
      expect(counts).toEqual([
        [COUNTED_TOKENS, null],
        [COUNTED_TOKENS, null],
        [expect.any(Number), 'input_tokens'],
      ]);
    });

    test('models are listed and one is found', async ({ caller }) => {
      const { ids, one, missing } = await caller.page.evaluate(async () => ({
        ids: (await Array.fromAsync(claude.models.list())).map(({ id }) => id),
        one: await claude.models.retrieve('anthropic/m1'),
        missing: await claude.models.retrieve('anthropic/none').then(
          () => 'found',
          (error: unknown) => error instanceof Anthropic.NotFoundError,
        ),
      }));
      expect(ids).toEqual(expect.arrayContaining(['anthropic/m1', 'openai/m2', 'mock/echo']));
      expect(one).toMatchObject({ type: 'model', id: 'anthropic/m1' });
      expect(missing).toBe(true);
    });

    test('abort of a stream closes the upstream socket within 250 ms', async ({
      caller,
      upstream,
    }) => {
      const at = await caller.page.evaluate(async () => {
        const stream = await claude.messages.create({
          model: 'anthropic/endless',
          max_tokens: 100,
          messages: [{ role: 'user', content: 'Hi' }],
          stream: true,
        });
        let events = 0;
        for await (const event of stream) {
          events += event.type === 'content_block_delta' ? 1 : 0;
          if (events === 10) stream.controller.abort();
        }
        return performance.timeOrigin + performance.now();
      });
      const received = await upstream.arrived();
      expect(await upstream.closed(received, at - performance.timeOrigin)).toBeLessThan(250);
      expect(received.aborted).toBe(true);
    });

    test('a base URL with /v1 works as well', async ({ caller }) => {
      const text = await caller.page.evaluate(async (baseURL) => {
        const other = new Anthropic({ baseURL, apiKey: 'x', dangerouslyAllowBrowser: true });
        const { content } = await other.messages.create({
          model: 'mock/echo',
          max_tokens: 100,
          messages: [{ role: 'user', content: 'Hi' }],
        });
        return content[0]?.type === 'text' && content[0].text;
      }, caller.baseURL);
      expect(text).toBe('Hi');
    });
  });
}
