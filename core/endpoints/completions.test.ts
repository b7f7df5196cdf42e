import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Provider } from '../providers/provider.ts';
import {
  chunkOf,
  completionOf,
  DONE,
  openEvents,
  sendJson,
  serve,
  type Loopback,
} from '../testing/loopback.ts';
import { createTestRouter, errorOf, providerAt, type TestRouter } from '../testing/parts.ts';

let upstream: Loopback | undefined;
afterEach(() => upstream?.close());

async function routerAt(
  play: Parameters<typeof serve>[0],
  change: Partial<Provider> = {},
): Promise<{ router: TestRouter; upstream: Loopback }> {
  const served = await serve(play);
  upstream = served;
  return {
    router: createTestRouter({ providers: [providerAt(served.origin, change)] }),
    upstream: served,
  };
}

const HAS: Partial<Provider> = { endpoints: ['completions'] };
const path = '/v1/completions';

const legacyChunk = (text: string, finish: string | null = null, rest: object = {}) =>
  `data: ${JSON.stringify({
    id: 'cmpl-1',
    object: 'text_completion',
    created: 7,
    model: 'm-2024',
    choices: [{ text, index: 0, logprobs: null, finish_reason: finish }],
    ...rest,
  })}\n\n`;

const eventsOf = (text: string) =>
  text
    .split('\n\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
const textOf = (text: string) =>
  eventsOf(text)
    .map((event) => (event.choices as { text?: string }[])[0]?.text ?? '')
    .join('');

describe('a provider that has completions', () => {
  it('is asked for one as it was written, and answers unchanged but for the name', async () => {
    const answered = {
      id: 'cmpl-1',
      object: 'text_completion',
      created: 7,
      model: 'm-2024',
      choices: [{ text: ' there', index: 0, logprobs: null, finish_reason: 'length' }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
      extra: { kept: true },
    };
    const { router, upstream } = await routerAt((response) => sendJson(response, answered), HAS);
    const body = { model: 'box/m', prompt: ['Hi', 'Ho'], best_of: 2, echo: true, suffix: '!' };
    const answer = await router.chat(body, { path });
    expect(await answer.json()).toEqual({ ...answered, model: 'box/m' });
    expect(upstream.received[0]).toMatchObject({
      path: '/v1/completions',
      body: { ...body, model: 'm' },
    });
    expect(router.usage).toMatchObject([{ usage: { input: 1, output: 2 } }]);
  });

  it('streams, and its usage is counted though the caller does not ask', async () => {
    const { router, upstream } = await routerAt((response) => {
      openEvents(response);
      response.write(legacyChunk('Hello'));
      response.write(legacyChunk(' you', 'stop'));
      response.write(
        legacyChunk('', null, { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }),
      );
      response.end(DONE);
    }, HAS);
    const body = { model: 'box/m', prompt: 'Hi', stream: true };
    const text = await (await router.chat(body, { path })).text();
    expect(textOf(text)).toBe('Hello you');
    expect(text.endsWith(DONE)).toBe(true);
    expect(text).not.toContain('usage');
    expect(eventsOf(text)[0]).toMatchObject({ model: 'box/m', object: 'text_completion' });
    expect(upstream.received[0]!.body).toMatchObject({ stream_options: { include_usage: true } });
    expect(router.usage).toMatchObject([{ usage: { input: 1, output: 2 } }]);
  });

  it('that breaks off makes an error and no false end', async () => {
    const { router } = await routerAt((response) => {
      openEvents(response);
      response.write(legacyChunk('Hello'), () => setTimeout(() => response.destroy(), 20));
    }, HAS);
    const body = { model: 'box/m', prompt: 'Hi', stream: true };
    const text = await (await router.chat(body, { path })).text();
    expect(eventsOf(text).at(-1)).toMatchObject({ error: { code: 'upstream_truncated' } });
    expect(text).not.toContain('[DONE]');
  });
});

describe('a provider that has none', () => {
  it('is asked for a chat of one message', async () => {
    const { router, upstream } = await routerAt((response) =>
      sendJson(response, completionOf('there')),
    );
    const body = { model: 'box/m', prompt: 'Hi', max_tokens: 5, stop: '\n', best_of: 2, user: 'u' };
    const answer = await router.chat(body, { path });
    expect(await answer.json()).toMatchObject({
      id: expect.stringMatching(/^cmpl-/) as string,
      object: 'text_completion',
      model: 'box/m',
      choices: [{ text: 'there', index: 0, logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
    });
    expect(upstream.received[0]).toMatchObject({
      path: '/v1/chat/completions',
      body: { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stop: ['\n'] },
    });
    expect(answer.headers.get('x-gatehouse-dropped-params')).toBe('best_of');
  });

  it('streams in the shape of old', async () => {
    const { router } = await routerAt((response) => {
      openEvents(response);
      response.write(chunkOf({ role: 'assistant', content: '' }));
      response.write(chunkOf({ content: 'Hello' }));
      response.write(chunkOf({ content: ' you' }));
      response.write(chunkOf({}, 'length'));
      response.end(DONE);
    });
    const body = { model: 'box/m', prompt: 'Hi', stream: true };
    const text = await (await router.chat(body, { path })).text();
    expect(textOf(text)).toBe('Hello you');
    const last = eventsOf(text).at(-1) as { choices: object[]; object: string };
    expect(last.object).toBe('text_completion');
    expect(last.choices[0]).toMatchObject({ text: '', finish_reason: 'length' });
    expect(text.endsWith(DONE)).toBe(true);
  });

  it.each([
    ['several prompts', { prompt: ['a', 'b'] }, 'prompt[1]'],
    ['tokens', { prompt: [1, 2] }, 'prompt[0]'],
    ['a suffix', { prompt: 'a', suffix: 'z' }, 'suffix'],
    ['its own prompt back', { prompt: 'a', echo: true }, 'echo'],
  ])('refuses %s, which no chat can say', async (_, fields, param) => {
    const { router, upstream } = await routerAt((response) => sendJson(response, {}));
    const answer = await router.chat({ model: 'box/m', ...fields }, { path });
    expect(answer.status).toBe(400);
    expect(await errorOf(answer)).toMatchObject({ code: 'invalid_request', param });
    expect(upstream.received).toEqual([]);
  });

  it('refuses what is no prompt', async () => {
    const { router } = await routerAt((response) => sendJson(response, {}));
    const missing = await router.chat({ model: 'box/m' }, { path });
    expect(await errorOf(missing)).toMatchObject({ code: 'invalid_request', param: 'prompt' });
  });
});

const WIRE = fileURLToPath(new URL('../../../shared/wire/', import.meta.url));
const recorded = existsSync(WIRE)
  ? readdirSync(WIRE, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name: provider }) =>
        readdirSync(`${WIRE}${provider}`)
          .filter((name) => name.startsWith('completions-') && name.endsWith('.meta.json'))
          .map((name) => `${provider}/${name.slice(0, -'.meta.json'.length)}`),
      )
  : [];

interface Meta {
  status: number;
  content_type?: string;
  streaming: boolean;
}

/** The text of a recording, read on its own. */
function toldBy(body: string, streaming: boolean): string {
  const objects = streaming
    ? eventsOf(body.replaceAll('\r\n', '\n'))
    : [JSON.parse(body) as object];
  return objects
    .flatMap(
      (object) => (object as { choices?: { text?: string; index?: number }[] }).choices ?? [],
    )
    .filter(({ index = 0 }) => index === 0)
    .map(({ text = '' }) => text)
    .join('');
}

describe.skipIf(recorded.length === 0)('recorded completions', () => {
  it.each(recorded)('%s', async (name) => {
    const meta = JSON.parse(readFileSync(`${WIRE}${name}.meta.json`, 'utf8')) as Meta;
    const body = readFileSync(
      `${WIRE}${name}.${meta.streaming ? 'sse.txt' : 'response.json'}`,
      'utf8',
    );
    const { router } = await routerAt((response) => {
      response.writeHead(meta.status, {
        'content-type': meta.content_type ?? 'application/json',
      });
      response.end(body);
    }, HAS);
    const asked = { model: 'box/m', prompt: 'Hi', stream: meta.streaming };
    const answer = await router.chat(asked, { path });
    if (meta.status !== 200) {
      const { message } = (JSON.parse(body) as { error: { message: string } }).error;
      const error = await errorOf(answer);
      expect(answer.status).toBe(meta.status);
      // Keys that a provider quotes with stars are told as such.
      expect(error.message.slice(0, 20)).toBe(message.slice(0, 20));
      return;
    }
    // Some gateways file their own chats under this name.
    if (!/"text":/.test(body)) return;
    const text = await answer.text();
    const shown = meta.streaming ? textOf(text) : toldBy(text, false);
    expect(shown).toBe(toldBy(body, meta.streaming));
    expect(shown).not.toBe('');
  });
});
