import type { Content, GenerateContentResponse } from '@google/genai';
import { CANARY_KEY, expect } from '../fixtures.ts';
import { COUNTED_TOKENS } from '../upstream/anthropic-messages.ts';
import { hostsWith, wiresOf, type Caller } from './caller.ts';
import { GOOGLE_WEATHER_TOOL, HELLO_TEXT, WEATHER_INPUT } from './weather.ts';

/** Puts a client where the page's code finds it. */
async function connect({ page, root }: Caller): Promise<void> {
  await page.evaluate((baseUrl) => {
    const gemini = new google.GoogleGenAI({ apiKey: 'page-key', httpOptions: { baseUrl } });
    Object.assign(globalThis, { gemini });
  }, root);
}

/** Asks a model and tells how the SDK failed; `text` is what came before. */
async function fail({ page }: Caller, model: string, stream: boolean) {
  return page.evaluate(
    async ([name, streamed]) => {
      let text = '';
      const body = { model: name, contents: 'Hi' };
      try {
        if (streamed) {
          for await (const chunk of await gemini.models.generateContentStream(body))
            text += chunk.text ?? '';
        } else await gemini.models.generateContent(body);
        return { isApiError: false, text };
      } catch (thrown) {
        const { status, message } = thrown as InstanceType<typeof google.ApiError>;
        return { isApiError: thrown instanceof google.ApiError, status, message, text };
      }
    },
    [model, stream] as const,
  );
}

for (const [host, test] of hostsWith('google')) {
  test.describe(`@google/genai in ${host}`, () => {
    test.beforeEach(async ({ caller }) => connect(caller));

    for (const [wire, provider] of wiresOf(host, 'google-generate-content')) {
      test.describe(`of a provider that speaks ${wire}`, () => {
        test('content is generated whole and streamed', async ({ caller, upstream }) => {
          const { whole, chunks } = await caller.page.evaluate(async (model) => {
            const body = { model, contents: 'Hi', config: { systemInstruction: 'Be brief.' } };
            const whole = await gemini.models.generateContent(body);
            const chunks: GenerateContentResponse[] = await Array.fromAsync(
              await gemini.models.generateContentStream(body),
            );
            const shown = ({ text, candidates, usageMetadata, modelVersion }: typeof whole) => ({
              text,
              finish: candidates?.[0]?.finishReason,
              usageMetadata,
              modelVersion,
            });
            return { whole: shown(whole), chunks: chunks.map(shown) };
          }, `${provider}/m1`);
          const last = {
            finish: 'STOP',
            usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 7 },
            modelVersion: `${provider}/m1`,
          };
          expect(whole).toMatchObject({ text: HELLO_TEXT, ...last });
          expect(chunks.map(({ text }) => text ?? '').join('')).toBe(HELLO_TEXT);
          expect(chunks.length).toBeGreaterThan(3);
          expect(chunks.at(-1)).toMatchObject(last);
          const [first] = upstream.received;
          expect(first?.asked?.model).toBe('m1');
          expect(first?.body).toContain('Be brief.');
          expect(JSON.stringify([first?.path, first?.headers])).not.toContain('page-key');
          expect(JSON.stringify(first?.headers)).toContain(CANARY_KEY);
        });

        test('a function is called, streamed, and its response goes back', async ({
          caller,
          upstream,
        }) => {
          const { call, text } = await caller.page.evaluate(
            async ([model, tool]) => {
              const contents: Content[] = [
                { role: 'user', parts: [{ text: 'How warm is it in Porto?' }] },
              ];
              const config = { tools: [tool] };
              const stream = await gemini.models.generateContentStream({ model, contents, config });
              const parts = (await Array.fromAsync(stream)).flatMap(
                ({ candidates }) => candidates?.[0]?.content?.parts ?? [],
              );
              const call = parts.find(({ functionCall }) => functionCall)?.functionCall;
              contents.push({ role: 'model', parts });
              const { id, name } = call ?? {};
              const functionResponse = { id, name, response: { output: '21' } };
              contents.push({ role: 'user', parts: [{ functionResponse }] });
              const last = await gemini.models.generateContent({ model, contents, config });
              return { call, text: last.text };
            },
            [`${provider}/tools`, GOOGLE_WEATHER_TOOL] as const,
          );
          expect(call).toMatchObject({ name: 'get_weather', args: WEATHER_INPUT });
          expect(text).toBe('It is 21 °C in Porto.');
          expect(upstream.received[1]?.asked?.hasToolResult).toBe(true);
        });

        test('what it thought is told as a thought', async ({ caller }) => {
          const answers = await caller.page.evaluate(async (model) => {
            const body = {
              model,
              contents: 'Hi',
              config: { thinkingConfig: { includeThoughts: true } },
            };
            const whole = await gemini.models.generateContent(body);
            const chunks = await Array.fromAsync(await gemini.models.generateContentStream(body));
            return [[whole], chunks].map((list) => {
              const parts = list.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
              const join = (thought: boolean) =>
                parts
                  .filter((part) => (part.thought ?? false) === thought)
                  .map(({ text }) => text ?? '')
                  .join('');
              return [join(true), join(false)];
            });
          }, `${provider}/reasoning`);
          expect(answers).toEqual([
            ['Let me think.', 'Forty-two.'],
            ['Let me think.', 'Forty-two.'],
          ]);
        });

        test('a stream that fails throws and keeps what came before', async ({ caller }) => {
          const cut = await fail(caller, `${provider}/cut`, true);
          expect(cut).toMatchObject({
            isApiError: true,
            status: 502,
            message: expect.stringContaining('broke off'),
            text: expect.stringMatching(/^Hello from/),
          });
          const sick = await fail(caller, `${provider}/error-event`, true);
          expect(sick.isApiError).toBe(true);
          expect(sick.message).toContain('The upstream is sick.');
        });

        test('an error has its status and its words', async ({ caller, upstream }) => {
          for (const [status, name] of [
            [400, 'INVALID_ARGUMENT'],
            [401, 'UNAUTHENTICATED'],
            [403, 'PERMISSION_DENIED'],
            [404, 'NOT_FOUND'],
            [429, 'RESOURCE_EXHAUSTED'],
            [503, 'UNAVAILABLE'],
          ] as const) {
            upstream.clear();
            const failure = await fail(caller, `${provider}/status-${status}`, status === 503);
            expect(failure).toMatchObject({ isApiError: true, status });
            expect(failure.message).toContain(`"status":"${name}"`);
            // What may pass is asked once more.
            expect(upstream.received).toHaveLength(status >= 500 ? 2 : 1);
          }
        });
      });
    }

    test('tokens are counted', async ({ caller }) => {
      const counts = await caller.page.evaluate(() =>
        Promise.all(
          ['google-ai-studio/m1', 'anthropic/m1', 'openai/m1'].map(async (model) => {
            const { totalTokens } = await gemini.models.countTokens({ model, contents: 'Hi' });
            return totalTokens;
          }),
        ),
      );
      expect(counts).toEqual([COUNTED_TOKENS, COUNTED_TOKENS, expect.any(Number)]);
    });

    test('models are listed and one is found', async ({ caller }) => {
      const { names, one } = await caller.page.evaluate(async () => ({
        names: (await Array.fromAsync(await gemini.models.list())).map(({ name }) => name),
        one: await gemini.models.get({ model: 'openai/m1' }),
      }));
      expect(names).toEqual(expect.arrayContaining(['models/openai/m1', 'models/mock/echo']));
      expect(one).toMatchObject({ name: 'models/openai/m1', inputTokenLimit: 128_000 });
    });

    test('a chat keeps its turns', async ({ caller, upstream }) => {
      const text = await caller.page.evaluate(async () => {
        const chat = gemini.chats.create({ model: 'openai/echo' });
        await chat.sendMessage({ message: 'One' });
        return (await chat.sendMessage({ message: 'Two' })).text;
      });
      expect(text).toBe('Two');
      expect(upstream.received[1]?.json?.messages).toMatchObject([
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'One' },
        { role: 'user', content: 'Two' },
      ]);
    });

    test('abort of a stream closes the upstream socket within 250 ms', async ({
      caller,
      upstream,
    }) => {
      const at = await caller.page.evaluate(async () => {
        const controller = new AbortController();
        let chunks = 0;
        try {
          const stream = await gemini.models.generateContentStream({
            model: 'google-ai-studio/endless',
            contents: 'Hi',
            config: { abortSignal: controller.signal },
          });
          for await (const chunk of stream) {
            chunks += chunk.text ? 1 : 0;
            if (chunks === 10) controller.abort();
          }
        } catch {
          // the SDK throws the abort
        }
        return performance.timeOrigin + performance.now();
      });
      const received = await upstream.arrived();
      expect(await upstream.closed(received, at - performance.timeOrigin)).toBeLessThan(250);
      expect(received.aborted).toBe(true);
    });

    test('a base URL with /v1 works as well', async ({ caller }) => {
      const text = await caller.page.evaluate(async (baseUrl) => {
        const other = new google.GoogleGenAI({ apiKey: 'x', httpOptions: { baseUrl } });
        return (await other.models.generateContent({ model: 'mock/echo', contents: 'Hi' })).text;
      }, caller.baseURL);
      expect(text).toBe('Hi');
    });
  });
}
