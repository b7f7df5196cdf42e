import { describe, expect, it } from 'vitest';
import type { OnDeviceModel } from '../../ports.ts';
import { createTestRouter, errorOf } from '../../testing/parts.ts';
import { CATALOG } from '../catalog.ts';

/** The Prompt API as a browser gives it: a session holds its turns, and streams its answer. */
function createModel(
  state: Awaited<ReturnType<OnDeviceModel['availability']>>,
  pieces = ['Hi', ' there'],
) {
  const seen: unknown[] = [];
  let open = 0;
  const model: OnDeviceModel = {
    availability: () => Promise.resolve(state),
    create(options = {}) {
      seen.push(options.initialPrompts);
      open++;
      const session = {
        inputUsage: 5,
        promptStreaming(input: string, settings: object) {
          seen.push(input, settings);
          session.inputUsage = 20;
          return new ReadableStream<string>({
            start(controller) {
              for (const piece of pieces) controller.enqueue(piece);
              controller.close();
            },
          });
        },
        destroy: () => void open--,
      };
      return Promise.resolve(session);
    },
  };
  return { model, seen, open: () => open };
}

async function ask(model: OnDeviceModel | undefined, body: object = {}) {
  const provider = CATALOG.find(({ id }) => id === 'chrome')!;
  const router = createTestRouter({ providers: [provider] });
  if (model !== undefined) router.ports.onDeviceModel = () => model;
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'One' },
    { role: 'assistant', content: '1' },
    { role: 'user', content: 'Two' },
  ];
  return router.chat({ model: 'chrome/gemini-nano', messages, ...body });
}

describe('the browser’s own model', () => {
  it('answers whole, and its session is given back', async () => {
    const { model, seen, open } = createModel('available');
    const answer = (await (await ask(model)).json()) as {
      choices: { message: { content: string } }[];
      usage: object;
    };
    expect(answer.choices[0]!.message.content).toBe('Hi there');
    expect(answer.usage).toMatchObject({ total_tokens: 20 });
    expect(seen.slice(0, 2)).toEqual([
      [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'One' },
        { role: 'assistant', content: '1' },
      ],
      'Two',
    ]);
    expect(open()).toBe(0);
  });

  it('streams, and keeps to a schema', async () => {
    const { model, seen, open } = createModel('available');
    const schema = { type: 'object', properties: {} };
    const response_format = { type: 'json_schema', json_schema: { name: 'a', schema } };
    const text = await (await ask(model, { stream: true, response_format })).text();
    expect([...text.matchAll(/"content":"([^"]*)"/g)].map(([, words]) => words).join('')).toBe(
      'Hi there',
    );
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(seen[2]).toMatchObject({ responseConstraint: schema });
    expect(open()).toBe(0);
  });

  it('says in plain words where it is not there, or not yet', async () => {
    for (const [state, words] of [
      [undefined, 'no model of its own'],
      ['unavailable', 'can not run'],
      ['downloadable', 'downloading'],
      ['downloading', 'downloading'],
    ] as const) {
      const answer = await ask(state && createModel(state).model);
      expect(answer.status).toBe(503);
      expect((await errorOf(answer)).message).toContain(words);
    }
  });

  it('refuses what it can’t read', async () => {
    const image_url = { url: 'data:image/png;base64,AA==' };
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url }] }];
    expect((await ask(createModel('available').model, { messages })).status).toBe(400);
  });

  it('that says nothing is a failure', async () => {
    expect((await ask(createModel('available', []).model, { stream: true })).status).toBe(502);
  });
});
