import { afterEach, describe, expect, it } from 'vitest';
import {
  createTestRouter,
  errorOf,
  FIRST_PARTY,
  providerAt,
  SITE,
  type TestRouter,
} from '../testing/parts.ts';
import { openEvents, sendJson, serve, type Loopback } from '../testing/loopback.ts';
import type { Provider } from '../providers/provider.ts';

const KEY = 'sk-canary-0123456789abcdef';
const ALL: Partial<Provider> = {
  endpoints: ['embeddings', 'images', 'speech', 'transcriptions', 'translations', 'moderations'],
};

let upstream: Loopback | undefined;
afterEach(() => upstream?.close());

async function routerAt(
  play: Parameters<typeof serve>[0],
  change: Partial<Provider> = {},
): Promise<{ router: TestRouter; upstream: Loopback }> {
  const served = await serve(play);
  upstream = served;
  const provider = providerAt(served.origin, { ...ALL, ...change });
  return {
    router: createTestRouter({ providers: [provider], keys: { box: [KEY] } }),
    upstream: served,
  };
}

const post = (
  router: TestRouter,
  path: string,
  body: object | FormData,
  init: RequestInit = {},
  caller = FIRST_PARTY,
) =>
  router.handle(
    new Request(`https://gatehouse.invalid${path}`, {
      method: 'POST',
      ...(body instanceof FormData
        ? { body }
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      ...init,
    }),
    caller,
  );

const listOf = (...vectors: unknown[]) => ({
  object: 'list',
  data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
  model: 'e-2024-01',
  usage: { prompt_tokens: 4, total_tokens: 4 },
});

const floatsOf = (base64: string) => [
  ...new Float32Array(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer),
];

describe('embeddings', () => {
  it('go to the provider with its key, and name the model as it was asked for', async () => {
    const { router, upstream } = await routerAt((response) =>
      sendJson(response, listOf([0.5, -1])),
    );
    const answer = await post(router, '/v1/embeddings', {
      model: 'box/e',
      input: ['a', 'b'],
      dimensions: 2,
      api_base: 'http://203.0.113.9/v1',
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ ...listOf([0.5, -1]), model: 'box/e' });
    const [request] = upstream.received;
    expect(request).toMatchObject({
      method: 'POST',
      path: '/v1/embeddings',
      body: { model: 'e', input: ['a', 'b'], dimensions: 2 },
    });
    expect(request!.body).not.toHaveProperty('api_base');
    expect(request!.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(answer.headers.get('x-gatehouse-provider')).toBe('box');
    expect(answer.headers.get('x-gatehouse-model')).toBe('e');
    expect(answer.headers.get('x-gatehouse-dropped-params')).toBe('api_base');
  });

  it('are counted, and leave nothing behind', async () => {
    const { router } = await routerAt((response) => sendJson(response, listOf([1])));
    await post(router, '/v1/embeddings', { model: 'box/e', input: 'a' }, {}, SITE);
    expect(router.usage).toMatchObject([
      { provider: 'box', model: 'e', usage: { input: 4, output: 0 }, failed: false },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(router.parts.live.list()).toEqual([]);
    expect(router.awake()).toBe(0);
  });

  it('come as the caller asked, also from a server that knows numbers only', async () => {
    const { router } = await routerAt((response) => sendJson(response, listOf([0.5, -1], [2, 3])));
    const body = { model: 'box/e', input: 'a', encoding_format: 'base64' };
    const answer = (await (await post(router, '/v1/embeddings', body)).json()) as {
      data: { embedding: string }[];
    };
    expect(answer.data.map(({ embedding }) => floatsOf(embedding))).toEqual([
      [0.5, -1],
      [2, 3],
    ]);
  });

  it('come as numbers from a server that writes text', async () => {
    const text = btoa(String.fromCharCode(...new Uint8Array(new Float32Array([0.25, 8]).buffer)));
    const { router } = await routerAt((response) => sendJson(response, listOf(text)));
    const answer = await post(router, '/v1/embeddings', { model: 'box/e', input: 'a' });
    expect(await answer.json()).toMatchObject({ data: [{ embedding: [0.25, 8] }] });
  });

  it('are converted to and from the Gemini API, a hundred texts a call', async () => {
    const { router, upstream } = await routerAt(
      (response, { body }) => {
        const requests = body.requests as { content: { parts: { text: string }[] } }[];
        const embeddings = requests.map(({ content }) => ({
          values: [Number(content.parts[0]!.text), 0],
        }));
        sendJson(response, { embeddings, usageMetadata: { promptTokenCount: requests.length } });
      },
      {
        format: 'google-generate-content',
        auth: { scheme: 'header', name: 'x-goog-api-key' },
        ways: { embeddings: { conversion: 'google-embeddings' } },
      },
    );
    const input = Array.from({ length: 230 }, (_, index) => String(index));
    const answer = await post(router, '/v1/embeddings', {
      model: 'box/g-1',
      input,
      dimensions: 2,
      user: 'me',
    });
    const body = (await answer.json()) as { data: { index: number; embedding: number[] }[] };
    expect(upstream.received.map(({ path }) => path)).toEqual(
      Array(3).fill('/v1/models/g-1:batchEmbedContents'),
    );
    expect(upstream.received[0]).toMatchObject({
      headers: { 'x-goog-api-key': KEY },
      body: { requests: { 0: { model: 'models/g-1', outputDimensionality: 2 } } },
    });
    expect(body.data.map(({ index, embedding }) => [index, embedding[0]])).toEqual(
      input.map((_, index) => [index, index]),
    );
    expect(body).toMatchObject({ object: 'list', model: 'box/g-1', usage: { prompt_tokens: 230 } });
    expect(answer.headers.get('x-gatehouse-dropped-params')).toBe('user');
  });

  it('are converted to and from Cohere', async () => {
    const { router, upstream } = await routerAt(
      (response) =>
        sendJson(response, {
          embeddings: { float: [[1, 2]] },
          meta: { billed_units: { input_tokens: 3 } },
        }),
      {
        ways: { embeddings: { path: '/../v2/embed', conversion: 'cohere-embeddings' } },
      },
    );
    const body = { model: 'box/c', input: 'a', dimensions: 2, encoding_format: 'base64' };
    const answer = await post(router, '/v1/embeddings', body);
    const shown = (await answer.json()) as { data: { embedding: string }[] };
    expect(floatsOf(shown.data[0]!.embedding)).toEqual([1, 2]);
    expect(shown).toMatchObject({ usage: { prompt_tokens: 3 } });
    expect(upstream.received[0]).toMatchObject({
      path: '/v2/embed',
      body: {
        model: 'c',
        texts: ['a'],
        input_type: 'search_document',
        embedding_types: ['float'],
        output_dimension: 2,
      },
    });
  });

  it('of tokens are refused where only text is known', async () => {
    const { router, upstream } = await routerAt((response) => sendJson(response, {}), {
      ways: { embeddings: { conversion: 'cohere-embeddings' } },
    });
    const answer = await post(router, '/v1/embeddings', { model: 'box/c', input: [[1, 2]] });
    expect(answer.status).toBe(400);
    expect(await errorOf(answer)).toMatchObject({ code: 'invalid_request', param: 'input' });
    expect(upstream.received).toEqual([]);
  });
});

describe('pictures', () => {
  it('pass through, with a date where there is none', async () => {
    const { router } = await routerAt((response) => sendJson(response, { data: [{ url: 'u' }] }));
    const body = { model: 'box/p', prompt: 'a gate' };
    const answer = (await (await post(router, '/v1/images/generations', body)).json()) as {
      created: number;
    };
    expect(answer).toMatchObject({ data: [{ url: 'u' }] });
    expect(answer).not.toHaveProperty('model');
    expect(answer.created).toBeGreaterThan(1_700_000_000);
  });

  it('are drawn by Imagen', async () => {
    const { router, upstream } = await routerAt(
      (response) =>
        sendJson(response, {
          predictions: [{ bytesBase64Encoded: 'AAAA', mimeType: 'image/png', prompt: 'better' }],
        }),
      {
        format: 'google-generate-content',
        ways: { images: { conversion: 'google-images' } },
      },
    );
    const body = { model: 'box/imagen-4', prompt: 'a gate', n: 2, size: '1792x1024' };
    const answer = await post(router, '/v1/images/generations', body);
    expect(await answer.json()).toMatchObject({
      data: [{ b64_json: 'AAAA', revised_prompt: 'better' }],
    });
    expect(upstream.received[0]).toMatchObject({
      path: '/v1/models/imagen-4:predict',
      body: {
        instances: [{ prompt: 'a gate' }],
        parameters: { sampleCount: 2, aspectRatio: '16:9' },
      },
    });
  });

  it('stream their events as they came', async () => {
    const events = `event: image_generation.partial_image\ndata: {"b64_json":"AA"}\n\nevent: image_generation.completed\ndata: {"b64_json":"AB","usage":{"input_tokens":3,"output_tokens":9}}\n\n`;
    const { router } = await routerAt((response) => {
      openEvents(response);
      response.end(events);
    });
    const body = { model: 'box/p', prompt: 'a gate', stream: true };
    const answer = await post(router, '/v1/images/generations', body);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(await answer.text()).toBe(events);
    expect(router.usage).toMatchObject([{ usage: { input: 3, output: 9 }, failed: false }]);
  });
});

describe('speech', () => {
  it('streams its bytes as they come', async () => {
    let go = () => {};
    const { router } = await routerAt(async (response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg', 'set-cookie': 'a=b' });
      response.write(Buffer.from([0xff, 0xfb, 1]));
      await new Promise<void>((resolve) => (go = resolve));
      response.end(Buffer.from([2, 3]));
    });
    const body = { model: 'box/t', input: 'hello', voice: 'v' };
    const answer = await post(router, '/v1/audio/speech', body);
    expect(answer.headers.get('content-type')).toBe('audio/mpeg');
    expect(answer.headers.has('set-cookie')).toBe(false);
    const reader = answer.body!.getReader();
    expect((await reader.read()).value).toEqual(new Uint8Array([0xff, 0xfb, 1]));
    go();
    expect((await reader.read()).value).toEqual(new Uint8Array([2, 3]));
    expect((await reader.read()).done).toBe(true);
    expect(router.usage).toMatchObject([{ model: 't', failed: false }]);
  });

  it('that breaks off breaks here too, and is counted as failed', async () => {
    const { router } = await routerAt((response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': '100' });
      response.write(Buffer.from([1]), () => setTimeout(() => response.destroy(), 20));
    });
    const answer = await post(router, '/v1/audio/speech', {
      model: 'box/t',
      input: 'a',
      voice: 'v',
    });
    await expect(answer.arrayBuffer()).rejects.toThrow();
    expect(router.usage).toMatchObject([{ failed: true }]);
  });

  it('closes the provider’s socket when the caller stops reading', async () => {
    const { router, upstream } = await routerAt((response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      response.write(Buffer.from([1]));
    });
    const answer = await post(router, '/v1/audio/speech', {
      model: 'box/t',
      input: 'a',
      voice: 'v',
    });
    const reader = answer.body!.getReader();
    await reader.read();
    await reader.cancel();
    expect(await upstream.received[0]!.closed).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(router.awake()).toBe(0);
  });

  it('comes as bytes from a provider that writes base64', async () => {
    const { router } = await routerAt(
      (response) => sendJson(response, { audio_data: btoa('ID3!') }),
      {
        ways: { speech: { conversion: 'json-speech' } },
      },
    );
    const answer = await post(router, '/v1/audio/speech', {
      model: 'box/t',
      input: 'a',
      voice: 'v',
    });
    expect(answer.headers.get('content-type')).toBe('audio/mpeg');
    expect(await answer.text()).toBe('ID3!');
  });

  it('that is a web page is none', async () => {
    const { router } = await routerAt((response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in to the hotel');
    });
    const answer = await post(router, '/v1/audio/speech', {
      model: 'box/t',
      input: 'a',
      voice: 'v',
    });
    expect(answer.status).toBe(502);
    expect(await errorOf(answer)).toMatchObject({ code: 'bad_upstream' });
  });
});

describe('a recording', () => {
  const formOf = (fields: Record<string, string | Blob>) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields))
      if (typeof value === 'string') form.append(name, value);
      else form.append(name, value, 'a “gate”.mp3');
    return form;
  };
  const readForm = async ({ bytes, headers }: Loopback['received'][number]) =>
    new Response(new Uint8Array(bytes), { headers }).formData();

  it('goes as a form whose model is the provider’s, its file byte by byte', async () => {
    const { router, upstream } = await routerAt((response) => sendJson(response, { text: 'Hi.' }));
    const sound = crypto.getRandomValues(new Uint8Array(60_000));
    const form = formOf({ model: 'box/w', language: 'en', base_url: 'http://203.0.113.9' });
    form.append('timestamp_granularities[]', 'word');
    form.append('timestamp_granularities[]', 'segment');
    form.append('file', new Blob([sound], { type: 'audio/mpeg' }), 'a “gate”.mp3');
    const answer = await post(router, '/v1/audio/transcriptions', form);
    expect(await answer.json()).toEqual({ text: 'Hi.' });
    const [request] = upstream.received;
    expect(request!.path).toBe('/v1/audio/transcriptions');
    expect(request!.headers.authorization).toBe(`Bearer ${KEY}`);
    const sent = await readForm(request!);
    expect(sent.getAll('model')).toEqual(['w']);
    expect(sent.getAll('timestamp_granularities[]')).toEqual(['word', 'segment']);
    expect(sent.has('base_url')).toBe(false);
    const file = sent.get('file') as File;
    expect([file.name, file.type]).toEqual(['a “gate”.mp3', 'audio/mpeg']);
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(sound);
    expect(answer.headers.get('x-gatehouse-dropped-params')).toBe('base_url');
  });

  it('is told its one model, however many the form holds', async () => {
    const { router, upstream } = await routerAt((response) => sendJson(response, { text: '' }));
    const form = formOf({ model: 'box/w', file: new Blob(['x']) });
    form.append('model', 'box/another');
    await post(router, '/v1/audio/transcriptions', form);
    expect((await readForm(upstream.received[0]!)).getAll('model')).toEqual(['another']);
  });

  it('is answered as text where that is asked for', async () => {
    const { router } = await routerAt((response) => {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('Hi.\n');
    });
    const form = formOf({ model: 'box/w', response_format: 'text', file: new Blob(['x']) });
    const answer = await post(router, '/v1/audio/transcriptions', form);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await answer.text()).toBe('Hi.\n');
  });

  it('in a form of answer that the provider does not know is 422', async () => {
    const { router, upstream } = await routerAt((response) => sendJson(response, {}), {
      ways: { transcriptions: { responseFormats: ['json'] } },
    });
    const form = formOf({ model: 'box/w', response_format: 'vtt', file: new Blob(['x']) });
    const answer = await post(router, '/v1/audio/transcriptions', form);
    expect(answer.status).toBe(422);
    expect(await errorOf(answer)).toMatchObject({
      code: 'invalid_request',
      param: 'response_format',
    });
    expect(upstream.received).toEqual([]);
  });

  it('goes as base64 to a provider that takes JSON', async () => {
    const { router, upstream } = await routerAt(
      (response) => sendJson(response, { text: 'Hi.', usage: { seconds: 6, cost: 0.0006 } }),
      { ways: { transcriptions: { conversion: 'json-transcriptions' } } },
    );
    const form = formOf({ model: 'box/w', file: new Blob(['sound']) });
    const answer = await post(router, '/v1/audio/transcriptions', form);
    expect(await answer.json()).toMatchObject({ text: 'Hi.' });
    expect(upstream.received[0]!.body).toEqual({
      model: 'w',
      input_audio: { data: btoa('sound'), format: 'mp3' },
    });
    expect(router.usage).toMatchObject([{ usage: { costUsd: 0.0006 } }]);
  });

  it('in a form that is none is 400', async () => {
    const { router } = await routerAt((response) => sendJson(response, {}));
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const init = { headers, body: '--y\r\nnothing' };
    const answer = await post(router, '/v1/audio/transcriptions', {}, init);
    expect(answer.status).toBe(400);
    expect(await errorOf(answer)).toMatchObject({ code: 'invalid_request' });
  });

  it('above 48 MiB is 413, announced or not', async () => {
    const { router } = await routerAt((response) => sendJson(response, {}));
    const form = formOf({ model: 'box/w', file: new Blob([new Uint8Array(49 * 1024 * 1024)]) });
    const answer = await post(router, '/v1/audio/transcriptions', form);
    expect(answer.status).toBe(413);
    expect(await errorOf(answer)).toMatchObject({ code: 'request_too_large' });
  });
});

describe('what fails', () => {
  it('is told in the provider’s words, without its key', async () => {
    const { router } = await routerAt((response) =>
      sendJson(response, { error: { message: `Bad input near ${KEY}.`, code: 'x' } }, 400),
    );
    const answer = await post(router, '/v1/moderations', { model: 'box/m', input: 'a' });
    expect(answer.status).toBe(400);
    expect(await errorOf(answer)).toMatchObject({
      code: 'provider_error',
      message: 'Bad input near [key].',
    });
    expect(router.usage).toMatchObject([{ failed: true }]);
  });

  it('is bad_upstream where the JSON is no answer of this endpoint', async () => {
    const { router } = await routerAt((response) => sendJson(response, { hello: 'world' }));
    for (const [path, body] of [
      ['/v1/embeddings', { model: 'box/e', input: 'a' }],
      ['/v1/audio/speech', { model: 'box/t', input: 'a', voice: 'v' }],
      ['/v1/moderations', { model: 'box/m', input: 'a' }],
    ] as const) {
      const answer = await post(router, path, body);
      expect(answer.status).toBe(502);
      expect(await errorOf(answer)).toMatchObject({ code: 'bad_upstream' });
    }
  });

  it('fails over to the next route', async () => {
    const { router } = await routerAt((response, { body }) =>
      body.model === 'first' ? sendJson(response, {}, 500) : sendJson(response, listOf([1])),
    );
    const answer = await post(router, '/v1/embeddings', {
      model: 'box/first,box/second',
      input: 'a',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-gatehouse-attempts')).toBe('2');
    expect(answer.headers.get('x-gatehouse-model')).toBe('second');
  });

  it('is unknown_url where the provider has no such endpoint', async () => {
    const { router, upstream } = await routerAt((response) => sendJson(response, {}), {
      endpoints: [],
    });
    const answer = await post(router, '/v1/embeddings', { model: 'box/e', input: 'a' });
    expect(answer.status).toBe(404);
    expect(await errorOf(answer)).toMatchObject({
      code: 'unknown_url',
      param: 'model',
      message: expect.stringContaining('Box has no embeddings') as string,
    });
    expect(upstream.received).toEqual([]);
  });

  it('ends after the first-byte limit', async () => {
    await routerAt(() => {});
    const slow = createTestRouter({
      providers: [providerAt(upstream!.origin, ALL)],
      parts: { settings: async () => ({ firstByteTimeoutMs: 60 }) },
    });
    const answer = await post(slow, '/v1/embeddings', { model: 'box/e', input: 'a' });
    expect(answer.status).toBe(504);
    expect(await errorOf(answer)).toMatchObject({ code: 'upstream_timeout' });
  });

  it('stops when the caller does', async () => {
    const { router, upstream } = await routerAt(() => {});
    const controller = new AbortController();
    const { signal } = controller;
    const running = post(router, '/v1/embeddings', { model: 'box/e', input: 'a' }, { signal });
    while (upstream.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    controller.abort();
    expect((await running).status).toBe(499);
    expect(await upstream.received[0]!.closed).toBe(true);
  });
});
