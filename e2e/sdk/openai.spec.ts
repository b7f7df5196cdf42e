import { expect } from '../fixtures.ts';
import type { Upstream } from '../upstream.ts';
import { hostsWith, type Caller } from './caller.ts';
import { WEATHER_TOOL } from './weather.ts';

/** Puts a client where the page's code finds it. `retries` is the SDK's own count: 2 by default. */
async function connect({ page, baseURL }: Caller, retries?: number): Promise<void> {
  await page.evaluate(
    ([url, maxRetries]) => {
      const client = new OpenAI({
        baseURL: url,
        apiKey: 'gatehouse',
        dangerouslyAllowBrowser: true,
        ...(maxRetries === null ? {} : { maxRetries }),
      });
      Object.assign(globalThis, { client });
    },
    [baseURL, retries ?? null] as const,
  );
}

/** What a failed call looks like to an app. */
interface Failure {
  name: string;
  status: number | undefined;
  code: string | null | undefined;
  message: string;
  text: string;
}

/** Asks a model and tells how the SDK failed; `text` is what came before. */
async function fail({ page }: Caller, model: string, stream: boolean): Promise<Failure> {
  return page.evaluate(
    async ([name, streamed]) => {
      let text = '';
      try {
        const messages = [{ role: 'user' as const, content: 'Hi' }];
        if (!streamed) {
          const whole = await client.chat.completions.create({ model: name, messages });
          return {
            name: 'no failure',
            status: 200,
            code: '',
            message: JSON.stringify(whole),
            text,
          };
        }
        const chunks = await client.chat.completions.create({
          model: name,
          messages,
          stream: true,
        });
        for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? '';
        return { name: 'no failure', status: 200, code: '', message: '', text };
      } catch (error) {
        const { constructor, status, code, message } = error as InstanceType<
          typeof OpenAI.APIError
        >;
        return {
          name: constructor.name === 'Error' ? 'Error' : kindOf(error),
          status,
          code,
          message,
          text,
        };
      }
      // The bundle's class names are minified: tell the class by what it is an instance of.
      function kindOf(error: unknown): string {
        const kinds = Object.entries(OpenAI).filter(
          ([key, kind]) =>
            key.endsWith('Error') && typeof kind === 'function' && error instanceof (kind as never),
        );
        const [first] = kinds.sort(([, a], [, b]) =>
          a.prototype instanceof (b as never) ? -1 : 1,
        );
        return first?.[0] ?? String(error);
      }
    },
    [model, stream] as const,
  );
}

const upstreamBody = async (upstream: Upstream, index = 0) => (await upstream.arrived(index)).json;

for (const [host, test] of hostsWith('openai')) {
  test.describe(`openai SDK in ${host}`, () => {
    test.beforeEach(async ({ caller }) => connect(caller));

    test('create answers a whole completion', async ({ caller, upstream }) => {
      const completion = await caller.page.evaluate(() =>
        client.chat.completions.create({
          model: 'openai/m1',
          messages: [{ role: 'user', content: 'Hi' }],
          temperature: 0.3,
        }),
      );
      expect(completion.choices[0]).toMatchObject({
        index: 0,
        message: { role: 'assistant', content: 'Hello from the loopback upstream 🌍.' },
        finish_reason: 'stop',
      });
      expect(completion.object).toBe('chat.completion');
      expect(completion.usage).toMatchObject({
        prompt_tokens: 11,
        completion_tokens: 7,
        total_tokens: 18,
      });
      expect(await upstreamBody(upstream)).toMatchObject({
        model: 'm1',
        temperature: 0.3,
        messages: [{ role: 'user', content: 'Hi' }],
      });
    });

    test('a stream brings every delta in order and ends with its finish reason', async ({
      caller,
    }) => {
      const chunks = await caller.page.evaluate(async () => {
        const stream = await client.chat.completions.create({
          model: 'openai/chunks-200',
          messages: [{ role: 'user', content: 'Hi' }],
          stream: true,
        });
        return Array.fromAsync(stream);
      });
      const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
      expect(text.trim().split(/\s+/).map(Number)).toEqual([...Array(200).keys()]);
      expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
      expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
      expect(chunks.every((chunk) => chunk.object === 'chat.completion.chunk')).toBe(true);
    });

    test('the usage chunk comes when it is asked for, and only then', async ({
      caller,
      upstream,
    }) => {
      const [asked, unasked] = await caller.page.evaluate(async () => {
        const call = async (extra: object) => {
          const stream = await client.chat.completions.create({
            model: 'openai/m1',
            messages: [{ role: 'user', content: 'Hi' }],
            stream: true,
            ...extra,
          });
          return Array.fromAsync(stream);
        };
        return [await call({ stream_options: { include_usage: true } }), await call({})];
      });
      expect(asked?.at(-1)).toMatchObject({
        choices: [],
        usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
      });
      expect(unasked?.some((chunk) => chunk.usage || chunk.choices.length === 0)).toBe(false);
      // The router itself always wants to know.
      expect((await upstreamBody(upstream, 1))?.stream_options).toEqual({ include_usage: true });
    });

    test('a provider that refuses to count the tokens of a stream is asked again without', async ({
      caller,
      upstream,
    }) => {
      const text = await caller.page.evaluate(async () => {
        const stream = await client.chat.completions.create({
          model: 'openai/no-stream-options',
          messages: [{ role: 'user', content: 'Hi' }],
          stream: true,
        });
        let all = '';
        for await (const chunk of stream) all += chunk.choices[0]?.delta.content ?? '';
        return all;
      });
      expect(text).toBe('Hello from the loopback upstream 🌍.');
      expect(upstream.received.map(({ json }) => 'stream_options' in (json ?? {}))).toEqual([
        true,
        false,
      ]);
    });

    test('tools are called, whole and streamed, and their result goes back', async ({
      caller,
      upstream,
    }) => {
      const result = await caller.page.evaluate(async (tool) => {
        const messages: never[] = [];
        const push = (message: unknown) => messages.push(message as never);
        push({ role: 'user', content: 'How warm is it in Porto?' });
        const whole = await client.chat.completions.create({
          model: 'openai/tools',
          messages,
          tools: [tool],
        });
        const streamed = await client.chat.completions
          .stream({ model: 'openai/tools', messages, tools: [tool] })
          .finalChatCompletion();
        const call = streamed.choices[0]?.message.tool_calls?.[0];
        push(streamed.choices[0]?.message);
        push({ role: 'tool', tool_call_id: call?.id, content: '21' });
        const last = await client.chat.completions.create({
          model: 'openai/tools',
          messages,
          tools: [tool],
        });
        return {
          whole: whole.choices[0]?.message.tool_calls,
          finish: whole.choices[0]?.finish_reason,
          streamed: streamed.choices[0]?.message.tool_calls,
          text: last.choices[0]?.message.content,
        };
      }, WEATHER_TOOL);
      const expected = {
        id: 'call_weather_1',
        type: 'function',
        function: { name: 'get_weather', arguments: '{"city":"Porto","unit":"C"}' },
      };
      expect(result.whole).toMatchObject([expected]);
      expect(result.streamed).toMatchObject([expected]);
      expect(result.finish).toBe('tool_calls');
      expect(result.text).toBe('It is 21 °C in Porto.');
      expect((await upstreamBody(upstream))?.tools).toEqual([WEATHER_TOOL]);
      expect((await upstreamBody(upstream, 2))?.messages).toMatchObject([
        { role: 'user' },
        { role: 'assistant', tool_calls: [expected] },
        { role: 'tool', tool_call_id: 'call_weather_1', content: '21' },
      ]);
    });

    test('two tool calls of one stream stay two', async ({ caller }) => {
      const calls = await caller.page.evaluate(async (tool) => {
        const stream = client.chat.completions.stream({
          model: 'openai/two-tools',
          messages: [{ role: 'user', content: 'Hi' }],
          tools: [tool],
        });
        return (await stream.finalChatCompletion()).choices[0]?.message.tool_calls;
      }, WEATHER_TOOL);
      expect(calls?.map((call) => call.id)).toEqual(['call_weather_1', 'call_time_2']);
    });

    test('JSON mode is passed on and its answer parses', async ({ caller, upstream }) => {
      const content = await caller.page.evaluate(async () => {
        const completion = await client.chat.completions.create({
          model: 'openai/json',
          messages: [{ role: 'user', content: 'Give me JSON.' }],
          response_format: { type: 'json_object' },
        });
        return completion.choices[0]?.message.content ?? '';
      });
      expect(JSON.parse(content)).toEqual({ city: 'Porto', degrees: 21 });
      expect((await upstreamBody(upstream))?.response_format).toEqual({ type: 'json_object' });
    });

    test('models are listed and one is found', async ({ caller }) => {
      const { ids, one, missing } = await caller.page.evaluate(async () => {
        const list = await Array.fromAsync(client.models.list());
        return {
          ids: list.map((model) => model.id),
          one: await client.models.retrieve('openai/m1'),
          missing: await client.models.retrieve('openai/no-such').then(
            () => 'found',
            (error: InstanceType<typeof OpenAI.APIError>) => `${error.status} ${error.code}`,
          ),
        };
      });
      expect(ids).toEqual(expect.arrayContaining(['openai/m1', 'openai/m2', 'mock/echo']));
      expect(one).toMatchObject({ id: 'openai/m1', object: 'model' });
      expect(missing).toBe('404 model_not_found');
    });

    for (const [status, name, code] of [
      [400, 'BadRequestError', 'provider_error'],
      [401, 'AuthenticationError', 'key_refused'],
      [403, 'PermissionDeniedError', undefined],
      [404, 'NotFoundError', 'model_not_found'],
      [422, 'UnprocessableEntityError', 'provider_error'],
      [429, 'RateLimitError', 'rate_limited'],
      [500, 'InternalServerError', undefined],
      [503, 'InternalServerError', undefined],
    ] as const) {
      test(`an upstream ${status} is the SDK's ${name}, with the provider's words`, async ({
        caller,
        upstream,
      }) => {
        await connect(caller, 0);
        for (const stream of [false, true]) {
          upstream.clear();
          // Models of their own: a key that was refused or ran out is not asked for the same one again.
          const model = `openai/${stream ? 'streamed' : 'whole'}/status-${status}`;
          const failure = await fail(caller, model, stream);
          expect(failure.name).toBe(name);
          expect(failure.message).toContain(
            { 429: 'Rate limit reached', 500: 'had an error', 404: 'does not exist' }[
              status as number
            ] ?? '',
          );
          if (code) expect(failure.code).toBe(code);
          // What may pass is asked once more, by us and not by the SDK.
          expect(upstream.received).toHaveLength(status >= 500 ? 2 : 1);
        }
      });
    }

    test("the SDK's own retries do not multiply ours", async ({ caller, upstream }) => {
      expect((await fail(caller, 'openai/status-500', false)).name).toBe('InternalServerError');
      expect(upstream.received).toHaveLength(2);
    });

    for (const model of ['cut', 'end-early', 'garbage', 'error-event', 'error-event-named']) {
      test(`a stream with the fault ${model} throws and keeps what came before`, async ({
        caller,
      }) => {
        const failure = await fail(caller, `openai/${model}`, true);
        expect(failure.name).toBe('APIError');
        expect(failure.text).toMatch(/^Hello from/);
        expect(failure.code).toBe(model.startsWith('error') ? 'provider_error' : failure.code);
        if (model === 'cut' || model === 'end-early')
          expect(failure.code).toBe('upstream_truncated');
        if (model.startsWith('error')) expect(failure.message).toContain('The upstream is sick.');
      });
    }

    for (const model of [
      'byte-by-byte',
      'crlf',
      'cr',
      'glued',
      'no-blank-lines',
      'comments',
      'split-7',
      'open-after-done',
    ]) {
      test(`a stream sent as ${model} reads like any other`, async ({ caller }) => {
        const result = await fail(caller, `openai/${model}`, true);
        expect(result).toMatchObject({
          name: 'no failure',
          text: 'Hello from the loopback upstream 🌍.',
        });
      });
    }

    test('abort of a stream closes the upstream socket within 250 ms', async ({
      caller,
      upstream,
    }) => {
      const started = caller.page.evaluate(async () => {
        const stream = await client.chat.completions.create({
          model: 'openai/endless',
          messages: [{ role: 'user', content: 'Hi' }],
          stream: true,
        });
        let deltas = 0;
        for await (const chunk of stream) {
          deltas += chunk.choices.length;
          if (deltas === 10) stream.controller.abort();
        }
        return performance.timeOrigin + performance.now();
      });
      const ended = (await started) - performance.timeOrigin;
      const received = await upstream.arrived();
      expect(await upstream.closed(received, ended)).toBeLessThan(250);
      expect(received.aborted).toBe(true);
    });

    test('eight streams at once do not mix', async ({ caller }) => {
      const texts = await caller.page.evaluate(() =>
        Promise.all(
          Array.from({ length: 8 }, async (_, index) => {
            const stream = await client.chat.completions.create({
              model: 'openai/echo',
              messages: [{ role: 'user', content: `canary-${index}`.repeat(50) }],
              stream: true,
            });
            let text = '';
            for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
            return text;
          }),
        ),
      );
      expect(texts).toEqual(Array.from({ length: 8 }, (_, index) => `canary-${index}`.repeat(50)));
    });
  });
}
