import { afterEach, describe, expect, test } from 'vitest';
import type { Wanted } from '../middleware/reserve.ts';
import { openEvents, sendJson, serve, type Loopback } from '../testing/loopback.ts';
import { createTestRouter, errorOf, providerAt, SITE } from '../testing/parts.ts';
import { readRawCall } from './raw-call.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

function read(path: string, fields?: object | string, headers: Record<string, string> = JSON_TYPE) {
  const text = typeof fields === 'string' ? fields : JSON.stringify(fields);
  const body = fields === undefined ? null : new Blob([text]);
  return readRawCall(new Request('https://gatehouse.invalid/', { headers }), body, path);
}

describe('the model of a raw call', () => {
  // prettier-ignore
  test.each<[string, object, string | undefined]>([
    ['/chat/completions',                          { model: 'm' },     'm'],
    ['/models/dear:generateContent',               { model: 'cheap' }, 'dear'],
    ['/model/a.dear%3A0/converse',                 { model: 'cheap' }, 'a.dear:0'],
    ['/deployments/dear/chat/completions?v=1',     { model: 'cheap' }, 'dear'],
    ['/chat/completions?at=/models/cheap',         { model: 'dear' },  'dear'],
    ['/models/%zz',                                {},                 '%zz'],
    ['/chat/completions',                          { model: 7 },       undefined],
    ['/chat/completions',                          [1],                undefined],
    ['/files',                                     {},                 undefined],
  ])('%s %o is %s', async (path, fields, model) => {
    expect((await read(path, fields)).model).toBe(model);
  });
});

describe('what a raw call may use', () => {
  // prettier-ignore
  test.each<[string, object | undefined, Wanted['output']]>([
    ['/chat/completions',        { model: 'm', max_tokens: 9 },                          { named: 9, answers: 1 }],
    // Which of two a server reads no one knows.
    ['/chat/completions',        { model: 'm', max_tokens: 1, max_completion_tokens: 9 }, { named: 9, answers: 1 }],
    ['/chat/completions',        { model: 'm', max_tokens: 9, n: 4 },                    { named: 9, answers: 4 }],
    ['/completions',             { model: 'm', max_tokens: '9', best_of: 3, n: 2 },      { named: 9, answers: 3 }],
    ['/responses',               { model: 'm', max_output_tokens: 9 },                   { named: 9, answers: 1 }],
    ['/messages',                { model: 'm', max_tokens: 9 },                          { named: 9, answers: 1 }],
    ['/model/m/converse',        { inferenceConfig: { maxTokens: 9 } },                  { named: 9, answers: 1 }],
    ['/models/m:generateContent', { generationConfig: { maxOutputTokens: 9, candidateCount: 2 } },  { named: 9, answers: 2 }],
    ['/models/m:streamGenerateContent?alt=sse', { generation_config: { max_output_tokens: 9 } },    { named: 9, answers: 1 }],
    // The limit of another interface limits nothing here.
    ['/responses',               { model: 'm', max_tokens: 9 },                          { answers: 1 }],
    ['/chat/completions',        { model: 'm', max_output_tokens: 9 },                   { answers: 1 }],
    ['/chat/completions',        { model: 'm', max_tokens: -1, n: 0 },                   { answers: 1 }],
    ['/chat/completions',        { model: 'm', max_tokens: null },                       { answers: 1 }],
    ['/unheard/of',              { model: 'm', max_tokens: 9 },                          { answers: 1 }],
    ['/embeddings',              { model: 'm', input: 'x' },                             undefined],
    ['/models/m:embedContent',   {},                                                     undefined],
    ['/messages/count_tokens',   { model: 'm' },                                         undefined],
    ['/files',                   {},                                                     undefined],
    ['/models/m',                undefined,                                              undefined],
  ])('%s %o: %o', async (path, fields, output) => {
    expect((await read(path, fields)).wanted.output).toEqual(output);
  });

  test('a chat that is not said to be JSON may be as long as any', async () => {
    const fields = { model: 'm', max_tokens: 1 };
    expect(await read('/chat/completions', fields, { 'content-type': 'text/plain' })).toEqual({
      wanted: { input: 7, output: { answers: 1 } },
    });
    expect((await read('/chat/completions', '{"max_tokens": 1')).wanted.output).toEqual({
      answers: 1,
    });
  });

  test('the question is counted by its bytes', async () => {
    const fields = { model: 'm', messages: [{ role: 'user', content: 'x'.repeat(4_000) }] };
    expect((await read('/chat/completions', fields)).wanted.input).toBeGreaterThan(1_000);
  });
});

let upstream: Loopback | undefined;
afterEach(() => upstream?.close());

/** A site that has the scope `raw`, at an upstream that plays so; what was held and counted. */
async function routerAt(play: Parameters<typeof serve>[0], { room = Infinity, id = 'box' } = {}) {
  upstream = await serve(play);
  const held: (Wanted & { model: string })[] = [];
  const router = createTestRouter({
    providers: [providerAt(upstream.origin, { id })],
    grant: { scopes: ['raw'] },
    parts: {
      reserve: async (_grant, targets, wanted) => {
        const use = wanted();
        held.push({ ...use, model: targets[0]!.model });
        const named = use.output?.named;
        return {
          targets,
          hold: {
            ...(named !== undefined && { mostOutput: Math.min(named, room) }),
            persist: async () => {},
            release: () => {},
          },
        };
      },
    },
  });
  const post = (path: string, fields: object) =>
    router.handle(
      new Request(`https://gatehouse.invalid/${id}${path}`, {
        method: 'POST',
        headers: JSON_TYPE,
        body: JSON.stringify(fields),
      }),
      SITE,
    );
  return { router, held, post, received: upstream.received };
}

describe('a site’s budget and its raw calls', () => {
  test('holds the answer that is asked for, else the longest that the model writes', async () => {
    const { held, post } = await routerAt((response) => sendJson(response, {}), { id: 'openai' });
    await post('/chat/completions', { model: 'gpt-4.1', max_tokens: 50 });
    await post('/chat/completions', { model: 'gpt-4.1' });
    await post('/chat/completions', { model: 'new' });
    expect(held.map(({ model, output }) => [model, output?.named])).toEqual([
      ['gpt-4.1', 50],
      ['gpt-4.1', 32_768],
      ['new', 16_384],
    ]);
  });

  test('an answer that may be longer than the site’s is refused before it is sent', async () => {
    const { router, post, received } = await routerAt((response) => sendJson(response, {}), {
      room: 100,
    });
    for (const fields of [{ model: 'm' }, { model: 'm', max_tokens: 101 }]) {
      const answer = await post('/chat/completions', fields);
      expect(answer.status).toBe(400);
      const { message } = (await errorOf(answer)) as { message: string };
      expect(message).toContain('may have 100 tokens');
    }
    expect(received).toEqual([]);
    expect(router.awake()).toBe(0);
    const fitting = await post('/chat/completions', { model: 'm', max_tokens: 100 });
    expect(fitting.status).toBe(200);
  });

  test('a stream that its page leaves is charged for what came, though no one has counted', async () => {
    const { router, post } = await routerAt((response) => {
      openEvents(response);
      for (let count = 0; count < 20; count++)
        response.write(`data: {"choices":[{"delta":{"content":"${'word '.repeat(8)}"}}]}\n\n`);
    });
    const answer = await post('/chat/completions', { model: 'm', stream: true });
    const reader = answer.body!.getReader();
    let text = '';
    while (text.split('data:').length <= 20)
      text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    await expect.poll(() => router.usage.length).toBe(1);
    const [counted] = router.usage;
    expect(counted).toMatchObject({ estimated: true, usage: { output: 200 } });
    expect(counted!.usage!.input).toBeGreaterThan(0);
  });

  test('what the provider counted is what is charged, and what it refused is free', async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 5 };
    const { router, post } = await routerAt((response, { path }) =>
      path.endsWith('/messages')
        ? sendJson(response, { error: { message: 'No.' } }, 400)
        : sendJson(response, { usage }),
    );
    await (await post('/chat/completions', { model: 'm' })).text();
    await (await post('/messages', { model: 'm' })).text();
    await expect.poll(() => router.usage.length).toBe(2);
    expect(router.usage[0]).toMatchObject({ usage: { input: 3, output: 5 } });
    expect(router.usage[0]!.estimated).toBeUndefined();
    expect(router.usage[1]!.usage).toBeUndefined();
  });
});
