/** Rows E11, E25: what OpenAI's SDK can do beside chat, from a strict page and from the PWA. */
import { createHash } from 'node:crypto';
import { CANARY_KEY, expect, openaiAt } from '../fixtures.ts';
import { SPEECH } from '../upstream/beside-chat.ts';
import { hostsWith } from './caller.ts';

const SCOPES = ['chat', 'embeddings', 'images', 'audio'];

for (const [host, test] of hostsWith('openai')) {
  test.describe(`openai SDK beside chat, in ${host}`, () => {
    test.beforeEach(async ({ caller, configure, upstream }) => {
      if (caller.baseURL.startsWith('https://gatehouse.invalid')) {
        const site = { origin: caller.origin, decision: 'allow', scopes: SCOPES, models: ['*'] };
        await configure({ ...openaiAt(upstream), sites: [site] });
      }
      await caller.page.evaluate((baseURL) => {
        const client = new OpenAI({ baseURL, apiKey: 'none', dangerouslyAllowBrowser: true });
        Object.assign(globalThis, { client });
      }, caller.baseURL);
    });

    test('embeddings come as numbers, though the SDK asks for text', async ({
      caller,
      upstream,
    }) => {
      const embedded = await caller.page.evaluate(async () => {
        const { data, model, usage } = await client.embeddings.create({
          model: 'openai/e',
          input: ['one', 'two'],
        });
        return { model, usage, vectors: data.map(({ embedding }) => [...embedding]) };
      });
      expect(embedded).toEqual({
        model: 'openai/e',
        usage: { prompt_tokens: 4, total_tokens: 4 },
        vectors: [
          [0, 0.5, -1.25],
          [1, 0.5, -1.25],
        ],
      });
      const { json, headers, path } = await upstream.arrived();
      expect(path).toBe('/v1/embeddings');
      expect(json).toMatchObject({ model: 'e', encoding_format: 'base64' });
      expect(headers.authorization).toBe(`Bearer ${CANARY_KEY}`);
    });

    test('a picture', async ({ caller }) => {
      const drawn = await caller.page.evaluate(() =>
        client.images.generate({ model: 'openai/p', prompt: 'a gate' }),
      );
      expect(drawn).toMatchObject({ created: 7, data: [{ b64_json: 'iVBORw0KGgo=' }] });
    });

    test('speech is heard while it is still spoken', async ({ caller }) => {
      const heard = await caller.page.evaluate(async () => {
        const response = await client.audio.speech.create({
          model: 'openai/t',
          voice: 'alloy',
          input: 'Hello',
        });
        const startedAt = performance.now();
        const reader = response.body!.getReader();
        const times: number[] = [];
        const bytes: number[] = [];
        for (let step = await reader.read(); !step.done; step = await reader.read()) {
          times.push(performance.now() - startedAt);
          bytes.push(...step.value);
        }
        return { type: response.headers.get('content-type'), bytes, times };
      });
      expect(heard.type).toBe('audio/mpeg');
      expect(Buffer.from(heard.bytes).equals(SPEECH)).toBe(true);
      expect(heard.times.at(-1)! - heard.times[0]!).toBeGreaterThan(200);
    });

    test('speech that breaks off is an error, not a short speech', async ({ caller }) => {
      const end = await caller.page.evaluate(async () => {
        const response = await client.audio.speech.create({
          model: 'openai/cut',
          voice: 'alloy',
          input: 'Hello',
        });
        return response.arrayBuffer().then(
          () => 'whole',
          () => 'broken',
        );
      });
      expect(end).toBe('broken');
    });

    test('a recording of 24 MB is written down, byte by byte', async ({ caller, upstream }) => {
      const size = 24 * 1024 * 1024;
      const told = await caller.page.evaluate(async (length) => {
        const bytes = new Uint8Array(length);
        for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8)) & 0xff;
        const file = new File([bytes], 'a gate.mp3', { type: 'audio/mpeg' });
        const startedAt = performance.now();
        const { text } = await client.audio.transcriptions.create({ model: 'openai/w', file });
        return { text, took: performance.now() - startedAt };
      }, size);
      const bytes = Buffer.alloc(size);
      for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8)) & 0xff;
      const hash = createHash('sha256').update(bytes).digest('hex');
      expect(told.text).toBe(`w a gate.mp3 audio/mpeg ${size} ${hash}`);
      const { path, headers } = await upstream.arrived();
      expect(path).toBe('/v1/audio/transcriptions');
      expect(headers.authorization).toBe(`Bearer ${CANARY_KEY}`);
      console.log(`24 MB of a recording, ${host}: ${Math.round(told.took)} ms`);
    });

    test('a recording goes by XMLHttpRequest too', async ({ caller }) => {
      const text = await caller.page.evaluate(
        (url) =>
          new Promise<string>((resolve, reject) => {
            const form = new FormData();
            form.append('model', 'openai/w');
            form.append(
              'file',
              new Blob([new Uint8Array(5_000_000)], { type: 'audio/wav' }),
              'b.wav',
            );
            const xhr = new XMLHttpRequest();
            xhr.open('POST', url);
            xhr.onload = () => resolve(xhr.responseText);
            xhr.onerror = () => reject(new Error('failed'));
            xhr.send(form);
          }),
        `${caller.baseURL}/audio/transcriptions`,
      );
      expect(JSON.parse(text)).toMatchObject({
        text: expect.stringMatching(/^w b\.wav audio\/wav 5000000 /) as unknown as string,
      });
    });

    test('moderations', async ({ caller }) => {
      const judged = await caller.page.evaluate(() =>
        client.moderations.create({ model: 'openai/m', input: 'bad' }),
      );
      expect(judged).toMatchObject({ model: 'openai/m', results: [{ flagged: true }] });
    });

    test('a legacy completion, whole and streamed', async ({ caller, upstream }) => {
      const told = await caller.page.evaluate(async () => {
        const whole = await client.completions.create({ model: 'openai/c', prompt: 'Hi' });
        const stream = await client.completions.create({
          model: 'openai/c',
          prompt: 'Hi',
          stream: true,
        });
        let streamed = '';
        for await (const chunk of stream) streamed += chunk.choices[0]?.text ?? '';
        return [whole.object, whole.choices[0]?.text, streamed];
      });
      expect(told).toEqual(['text_completion', 'Hi there', 'Hi there']);
      expect((await upstream.arrived()).path).toBe('/v1/completions');
    });

    test('what a provider does not have is a clear 404', async ({ caller }) => {
      const failure = await caller.page.evaluate(async () => {
        const thrown = await client.embeddings
          .create({ model: 'mock/echo', input: 'a' })
          .catch((error: unknown) => error);
        const { status, code, message } = thrown as InstanceType<typeof OpenAI.APIError>;
        return { status, code, message };
      });
      expect(failure).toMatchObject({ status: 404, code: 'unknown_url' });
      expect(failure.message).toContain('openai/text-embedding-3-small');
    });
  });
}
