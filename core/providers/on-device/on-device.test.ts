import { describe, expect, it } from 'vitest';
import type { OnDeviceState } from '../../ports.ts';
import { createTestRouter, errorOf } from '../../testing/parts.ts';
import { fromMessagePort } from '../../transport/port.ts';
import { CATALOG } from '../catalog.ts';
import { createModelOfPages, serveOnDevice } from './over-port.ts';
import { createOnDeviceModel, type PromptApi } from './prompt-api.ts';

type State = Exclude<OnDeviceState, 'none'>;

/** The Prompt API as a browser gives it: a session holds its turns, and streams its answer. */
function createApi(
  state: State,
  {
    pieces = ['Hi', ' there'],
    fault,
    hangs = false,
  }: { pieces?: string[]; fault?: Error; hangs?: boolean } = {},
) {
  const seen: unknown[] = [];
  let open = 0;
  const api: PromptApi = {
    availability: () => Promise.resolve(state),
    create(options = {}) {
      seen.push(options.initialPrompts);
      if (fault?.name === 'QuotaExceededError') return Promise.reject(fault);
      open++;
      const session = {
        contextUsage: 5,
        promptStreaming(input: string, settings: { signal?: AbortSignal }) {
          seen.push(input, settings);
          session.contextUsage = 20;
          return new ReadableStream<string>({
            start(controller) {
              for (const piece of pieces) controller.enqueue(piece);
              settings.signal?.addEventListener('abort', () =>
                controller.error(settings.signal?.reason),
              );
              if (fault !== undefined) controller.error(fault);
              else if (!hangs) controller.close();
            },
          });
        },
        destroy: () => void open--,
      };
      return Promise.resolve(session);
    },
  };
  return { api, seen, open: () => open };
}

type Api = ReturnType<typeof createApi>;

const inThisThread = (of: Api | undefined) => createOnDeviceModel(() => of?.api);

/** As the web app's worker has it: the first page has no model, the second does not answer. */
const overAPort = (of: Api | undefined) =>
  createModelOfPages(() => {
    const ports = [undefined, 'deaf' as const, of].map((page) => {
      const { port1, port2 } = new MessageChannel();
      if (page !== 'deaf')
        serveOnDevice(
          fromMessagePort(port2 as unknown as MessagePort),
          createOnDeviceModel(() => page?.api),
        );
      return fromMessagePort(port1 as unknown as MessagePort);
    });
    return Promise.resolve(of === undefined ? ports.slice(0, 1) : ports);
  });

/** On a machine that does something else besides. */
const SLOW = { timeout: 4_000 };

const MESSAGES = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'One' },
  { role: 'assistant', content: '1' },
  { role: 'user', content: 'Two' },
];

describe.each([
  ['asked in this thread', inThisThread],
  ['asked of a page over a port', overAPort],
])('the browser’s own model, %s', (_name, toModel) => {
  function start(of: Api | undefined) {
    const provider = CATALOG.find(({ onDevice }) => onDevice)!;
    const router = createTestRouter({ providers: [provider] });
    Object.assign(router.ports, { onDeviceModel: toModel(of) });
    return (body: object = {}, signal?: AbortSignal) =>
      router.chat(
        { model: 'chrome/gemini-nano', messages: MESSAGES, ...body },
        signal === undefined ? {} : { signal },
      );
  }

  it('answers whole, and its session is given back', async () => {
    const of = createApi('available');
    const answer = (await (await start(of)()).json()) as {
      choices: { message: { content: string } }[];
      usage: object;
    };
    expect(answer.choices[0]!.message.content).toBe('Hi there');
    expect(answer.usage).toMatchObject({ prompt_tokens: 18, total_tokens: 20 });
    expect(of.seen.slice(0, 2)).toEqual([MESSAGES.slice(0, 3), 'Two']);
    expect(of.open()).toBe(0);
  });

  it('streams, and keeps to a schema', async () => {
    const of = createApi('available');
    const schema = { type: 'object', properties: {} };
    const response_format = { type: 'json_schema', json_schema: { name: 'a', schema } };
    const text = await (await start(of)({ stream: true, response_format })).text();
    expect([...text.matchAll(/"content":"([^"]*)"/g)].map(([, words]) => words).join('')).toBe(
      'Hi there',
    );
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(of.seen[2]).toMatchObject({ responseConstraint: schema });
    expect(of.open()).toBe(0);
  });

  it.each([
    [undefined, 'no model of its own'],
    ['unavailable', 'can not run'],
    ['downloadable', 'not downloaded yet'],
    ['downloading', 'still downloading'],
  ] as const)('that is %s is an error that says so', async (state, words) => {
    const answer = await start(state && createApi(state))();
    expect(answer.status).toBe(503);
    const { code, message } = await errorOf(answer);
    expect(code).toBe('local_unreachable');
    expect(message).toContain(words);
  });

  it.each([
    ['QuotaExceededError', 400, 'context_length_exceeded'],
    ['NotReadableError', 400, 'content_filter'],
    ['UnknownError', 502, 'provider_error'],
  ])('that fails with %s answers %i %s', async (name, status, code) => {
    for (const stream of [false, true]) {
      const fault = new DOMException('It did not work.', name);
      const of = createApi('available', { pieces: [], fault });
      const answer = await start(of)({ stream });
      expect(answer.status).toBe(status);
      expect((await errorOf(answer)).code).toBe(code);
      expect(of.open()).toBe(0);
    }
  });

  it('that breaks off in the middle ends with an error event, and no false end', async () => {
    const of = createApi('available', { fault: new DOMException('Gone.', 'UnknownError') });
    // The pieces before a fault are lost where a stream is errored: one that comes later keeps them.
    of.api.create = () =>
      Promise.resolve({
        promptStreaming: () =>
          new ReadableStream<string>({
            pull(controller) {
              if (of.seen.push('pulled') === 1) controller.enqueue('Half');
              else controller.error(new DOMException('Gone.', 'UnknownError'));
            },
          }),
        destroy: () => undefined,
      });
    const text = await (await start(of)({ stream: true })).text();
    expect(text).toContain('Half');
    expect(text).toContain('"error"');
    expect(text).not.toContain('[DONE]');
  });

  it('gives its session back when the caller leaves, before and after the first word', async () => {
    for (const pieces of [[], ['Hi']]) {
      const of = createApi('available', { pieces, hangs: true });
      const caller = new AbortController();
      const asked = start(of)({ stream: true }, caller.signal);
      if (pieces.length > 0) await (await asked).body!.getReader().read();
      else await expect.poll(() => of.open(), SLOW).toBe(1);
      caller.abort();
      await expect.poll(() => of.open(), SLOW).toBe(0);
      await asked;
    }
  });

  it('refuses what it can’t read', async () => {
    const image_url = { url: 'data:image/png;base64,AA==' };
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url }] }];
    const answer = await start(createApi('available'))({ messages });
    expect(answer.status).toBe(400);
    expect((await errorOf(answer)).message).toContain('reads text only');
  });

  it('that says nothing is a failure', async () => {
    const of = createApi('available', { pieces: [] });
    expect((await start(of)({ stream: true })).status).toBe(502);
  });
});

describe('the model of a page', () => {
  it('that is closed in the middle is lost with words', async () => {
    const { port1, port2 } = new MessageChannel();
    const page = fromMessagePort(port2 as unknown as MessagePort);
    const of = createApi('available', { pieces: ['Hi'], hangs: true });
    serveOnDevice(page, inThisThread(of));
    const model = createModelOfPages(() =>
      Promise.resolve([fromMessagePort(port1 as unknown as MessagePort)]),
    );
    const prompt = { options: { initialPrompts: [] }, input: 'Hi' };
    const pieces = model.ask(prompt, new AbortController().signal);
    expect(await pieces.next()).toEqual({ done: false, value: 'Hi' });
    page.close();
    await expect(pieces.next()).rejects.toThrow('was closed');
  });
});
