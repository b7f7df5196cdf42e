import { describe, expect, it } from 'vitest';
import { createTestRouter, errorOf } from '../../testing/parts.ts';
import { MOCK_MODELS } from './models.ts';
import { shapeOf } from './shape.ts';

const MESSAGES = [{ role: 'user', content: 'Hello there, gate' }];
const router = createTestRouter();
const ask = (model: string, rest: object = {}, signal?: AbortSignal) =>
  router.chat({ model: `mock/${model}`, messages: MESSAGES, ...rest }, { signal });

interface Completion {
  choices: {
    message: { content: string | null; tool_calls?: ToolCall[]; reasoning_content?: string };
    finish_reason: string;
  }[];
}
interface ToolCall {
  id: string;
  function: { name: string; arguments: string };
}
const first = async (answer: Response) => ((await answer.json()) as Completion).choices[0]!;

describe('the mock provider', () => {
  it.each(['error-401', 'error-429', 'error-500', 'error-503'])(
    'mock/%s fails so',
    async (model) => {
      const answer = await ask(model);
      const status = Number(model.slice(-3));
      expect(answer.status).toBe(status);
      expect((await errorOf(answer)).message).toContain('mock provider');
      if (status === 429) expect(answer.headers.get('retry-after')).toBe('1');
    },
  );

  it.each([
    ['cut', 502, 'upstream_truncated'],
    ['empty', 502, 'bad_upstream'],
    ['garbage', 502, 'bad_upstream'],
    ['html', 502, 'bad_upstream'],
    ['error-in-stream', 502, 'provider_error'],
  ])('mock/%s fails without a stream', async (model, status, code) => {
    const answer = await ask(model);
    expect([answer.status, (await errorOf(answer)).code]).toEqual([status, code]);
  });

  it('mock/cut breaks off after its first words', async () => {
    const text = await (await ask('cut', { stream: true })).text();
    expect(text).toContain('"content":"Hello"');
    expect(text).toContain('"code":"upstream_truncated"');
    expect(text).not.toContain('[DONE]');
  });

  it('mock/comments answers after its comments', async () => {
    expect(await (await ask('comments', { stream: true })).text()).toContain('[DONE]');
  });

  it('mock/hang waits for the caller to go', async () => {
    const controller = new AbortController();
    const answered = ask('hang', {}, controller.signal);
    const early = await Promise.race([
      answered,
      new Promise((done) => setTimeout(done, 30, 'waiting')),
    ]);
    expect(early).toBe('waiting');
    controller.abort();
    expect((await answered).status).toBe(499);
  });

  it('mock/slow takes its time, and stops at once', async () => {
    const reader = (await ask('slow', { stream: true })).body!.getReader();
    const startedAt = performance.now();
    await reader.read();
    await reader.read();
    expect(performance.now() - startedAt).toBeGreaterThan(50);
    await reader.cancel();
  });

  it('mock/tools calls the first tool in its shape, then says what it answered', async () => {
    const parameters = {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'kelvin'] } },
      required: ['city'],
    };
    const tools = [{ type: 'function', function: { name: 'weather', parameters } }];
    const choice = await first(await ask('tools', { tools }));
    const call = choice.message.tool_calls![0]!;
    expect(choice.finish_reason).toBe('tool_calls');
    expect(call.function.name).toBe('weather');
    expect(JSON.parse(call.function.arguments)).toEqual({ city: 'mock', unit: 'celsius' });
    const messages = [
      ...MESSAGES,
      { ...choice.message, role: 'assistant' },
      { role: 'tool', tool_call_id: call.id, content: '21 degrees' },
    ];
    const { message } = await first(await ask('tools', { tools, messages }));
    expect(message.content).toContain('21 degrees');
  });

  it('mock/tools streams the same call in pieces', async () => {
    const tools = [
      {
        type: 'function',
        function: {
          name: 'f',
          parameters: { type: 'object', properties: { long: { const: 'x'.repeat(40) } } },
        },
      },
    ];
    const text = await (await ask('tools', { tools, stream: true })).text();
    const pieces = [...text.matchAll(/"arguments":("(?:[^"\\]|\\.)*")/g)].map(
      (found) => JSON.parse(found[1]!) as string,
    );
    expect(pieces.length).toBeGreaterThan(3);
    expect(JSON.parse(pieces.join(''))).toEqual({ long: 'x'.repeat(40) });
  });

  it('mock/json answers in the schema that was asked for', async () => {
    const schema = {
      type: 'object',
      properties: { list: { type: 'array', items: { type: 'integer' } } },
    };
    const response_format = { type: 'json_schema', json_schema: { name: 'n', schema } };
    const { message } = await first(await ask('json', { response_format }));
    expect(JSON.parse(message.content!)).toEqual({ list: [1] });
  });

  it('mock/reasoning thinks first', async () => {
    const { message } = await first(await ask('reasoning'));
    expect(message.reasoning_content).toContain('mock provider');
    expect(message.content).toBe('Hello there, gate');
  });

  it('says the same each time', async () => {
    for (const model of ['echo', 'markdown', 'reasoning']) {
      const [one, other] = await Promise.all([ask(model), ask(model)]);
      expect(await one.json()).toEqual(await other.json());
    }
  });

  it('says in each model’s name that it is no AI', () => {
    for (const name of Object.values(MOCK_MODELS)) expect(name).toContain('no AI');
  });
});

describe('a value in the shape of a schema', () => {
  it.each([
    [{ type: 'string', format: 'date' }, '2026-01-01'],
    [{ type: 'string', minLength: 6 }, 'mockkk'],
    [{ type: ['null', 'string'] }, null],
    [{ type: 'integer', minimum: 2.5 }, 3],
    [{ anyOf: [{ type: 'boolean' }, { type: 'null' }] }, true],
    [{ allOf: [{ type: 'object' }, { properties: { a: { type: 'number' } } }] }, { a: 1 }],
    [{ $ref: '#/$defs/x', $defs: { x: { const: 7 } } }, 7],
    [{ type: 'array', minItems: 2, items: { default: 0 } }, [0, 0]],
    [undefined, null],
    [{}, {}],
  ])('%j', (schema, value) => {
    expect(shapeOf(schema)).toEqual(value);
  });

  it('ends where a schema holds itself', () => {
    const tree = { type: 'object', properties: { left: { $ref: '#' } } };
    expect(JSON.stringify(shapeOf(tree)).length).toBeLessThan(1000);
  });
});
