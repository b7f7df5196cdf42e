import { describe, expect, it } from 'vitest';
import type { Caller, Ports } from './ports.ts';
import { createRouter } from './router.ts';
import { createTestPorts } from './testing/ports.ts';

const FIRST_PARTY: Caller = { kind: 'first-party' };
const SITE: Extract<Caller, { kind: 'site' }> = {
  kind: 'site',
  origin: 'https://app.example',
  topOrigin: 'https://app.example',
};
const URL_BASE = 'https://gatehouse.invalid';
const MESSAGES = [{ role: 'user', content: 'Good morning' }];
const COMPLETION = {
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'm1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
};

function chat(body: object): Request {
  return new Request(`${URL_BASE}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ messages: MESSAGES, ...body }),
  });
}

/** A router that was set up by a bundle, over real storage; its network is `fetch`. */
async function setUp(fetch: Ports['fetch'], sections: object = {}) {
  const ports = createTestPorts({ fetch });
  const router = createRouter(ports);
  const bundle = {
    format: 'gatehouse-bundle',
    version: 1,
    providers: [
      { id: 'box', name: 'Box', format: 'openai-chat', baseUrl: 'https://box.example/v1' },
    ],
    keys: [
      { provider: 'box', label: 'one', secret: 'sk-canary-one' },
      { provider: 'box', label: 'two', secret: 'sk-canary-two' },
    ],
    sites: [{ origin: SITE.origin, decision: 'allow', scopes: ['chat'], models: ['*'] }],
    ...sections,
  };
  const put = new Request(`${URL_BASE}/api/bundle`, {
    method: 'PUT',
    body: JSON.stringify(bundle),
  });
  const answer = await router.handle(put, FIRST_PARTY);
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
  return { ports, router };
}

const json = (body: unknown) =>
  new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

describe('createRouter', () => {
  it('answers our own pages on a fresh install, without a key', async () => {
    const { handle } = createRouter(createTestPorts());
    for (const model of ['auto', 'default', undefined]) {
      const answer = await handle(chat({ model, stream: true }), FIRST_PARTY);
      expect(answer.headers.get('x-gatehouse-provider')).toBe('mock');
      expect((await answer.text()).endsWith('data: [DONE]\n\n')).toBe(true);
    }
  });

  it('sends a granted site’s call with the saved key, a key a call, and hides it', async () => {
    const sent: Request[] = [];
    const { router } = await setUp(async (request) => (sent.push(request), json(COMPLETION)));
    for (let i = 0; i < 4; i++) {
      const answer = await router.handle(chat({ model: 'box/m1' }), SITE);
      expect(answer.status).toBe(200);
      expect(JSON.stringify([...answer.headers]) + (await answer.text())).not.toContain('canary');
    }
    expect(sent.map((request) => request.headers.get('authorization'))).toEqual(
      ['one', 'two', 'one', 'two'].map((name) => `Bearer sk-canary-${name}`),
    );
    expect(sent[0]).toMatchObject({
      url: 'https://box.example/v1/chat/completions',
      method: 'POST',
      redirect: 'manual',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
    });
    expect(await sent[0]!.json()).toMatchObject({ model: 'm1', messages: MESSAGES });
  });

  it('counts what was used, for the screens and for the site', async () => {
    const { router } = await setUp(async () => json(COMPLETION));
    await Promise.all(
      Array.from({ length: 10 }, () => router.handle(chat({ model: 'box/m1' }), SITE)),
    );
    await expect
      .poll(() => router.control.usageToday())
      .toMatchObject({
        requests: 10,
        inputTokens: 30,
        outputTokens: 50,
        bySite: [{ origin: SITE.origin, requests: 10 }],
      });
    expect(await router.control.getSite(SITE.origin)).toMatchObject({
      lastUsedAt: expect.any(Number) as number,
      today: { requests: 10 },
    });
  });

  it('counts failed tries where they were made, and never a key’s secret', async () => {
    const { router } = await setUp(async (request) =>
      request.headers.get('authorization')!.endsWith('one')
        ? new Response('{}', { status: 429 })
        : json(COMPLETION),
    );
    await (await router.handle(chat({ model: 'box/m1' }), SITE)).text();
    const rows = async () => router.control.usageBetween('2026-11-20', '2026-11-20');
    await expect.poll(async () => (await rows()).length).toBe(2);
    const [one, two] = (await router.control.listProviders()).find(({ id }) => id === 'box')!.keys;
    const byKey = new Map((await rows()).map((row) => [row.key, row]));
    expect(byKey.get(one!.id)).toMatchObject({ requests: 0, attempts: 1, failedAttempts: 1 });
    expect(byKey.get(two!.id)).toMatchObject({ requests: 1, attempts: 1, inputTokens: 3 });
    expect(JSON.stringify(await rows())).not.toContain('canary');
  });

  it('guesses what a stream used that was stopped before its count came, and says that it guessed', async () => {
    const { router } = await setUp(async () => {
      const delta = { content: 'twelve chars' };
      const chunk = { choices: [{ index: 0, delta, finish_reason: null }] };
      const body = new ReadableStream<Uint8Array>({
        start: (controller) =>
          controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\n\n`)),
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
    const answer = await router.handle(chat({ model: 'box/m1', stream: true }), SITE);
    const reader = answer.body!.getReader();
    await reader.read();
    await reader.cancel();
    const rows = () => router.control.usageBetween('2026-11-20', '2026-11-20');
    await expect.poll(rows).toMatchObject([{ requests: 1, errors: 0, outputTokens: 3 }]);
    const [row] = await rows();
    expect(row!.inputTokens).toBeGreaterThan(3);
    expect(row!.estimated).toBe(1);
  });

  it('writes down each request with its tries, and nothing that was said, and no secret', async () => {
    const { router } = await setUp(async (request) =>
      request.headers.get('authorization')!.endsWith('one')
        ? new Response('{"error":{"message":"Slow down."}}', { status: 429 })
        : json(COMPLETION),
    );
    const answer = await router.handle(chat({ model: 'box/m1' }), SITE);
    const refused = await router.handle(chat({ model: 'box' }), {
      ...{ kind: 'site', origin: 'https://b.example', topOrigin: 'https://b.example' },
    });
    expect(refused.status).toBe(403);
    const written = async () =>
      (await router.control.requestLog()).filter(({ outcome }) => outcome);
    await expect.poll(async () => (await written()).length).toBe(2);
    const denied = (await written()).find(({ origin }) => origin === 'https://b.example');
    const one = (await written()).find(({ origin }) => origin === SITE.origin);
    expect(denied).toMatchObject({ code: 'origin_not_authorized', attempts: [] });
    expect(one).toMatchObject({
      ...{ id: answer.headers.get('x-request-id'), origin: SITE.origin, asked: 'box/m1' },
      attempts: [
        {
          number: 1,
          outcome: 'failed',
          status: 429,
          key: { label: 'one' },
          reason: expect.stringMatching(/Slow down/) as string,
        },
        { number: 2, outcome: 'answered', key: { label: 'two' }, input: 3, output: 5 },
      ],
    });
    const text = JSON.stringify([denied, one]);
    expect(text).not.toContain('canary');
    expect(text).not.toContain('Good morning');
    expect(text).not.toContain('"Hi"');
  });

  it('tells a site its own tokens, our pages everyone’s, and a stranger nothing', async () => {
    const { router } = await setUp(async () => json(COMPLETION));
    const messages = [{ role: 'system', content: 'Be brief.' }, ...MESSAGES];
    await (await router.handle(chat({ model: 'box/m1', messages }), SITE)).text();
    await (await router.handle(chat({ model: 'box/m1' }), FIRST_PARTY)).text();
    await expect.poll(() => router.control.usageToday()).toMatchObject({ requests: 2 });
    const ask = async (caller: Caller) => {
      const answer = await router.handle(new Request(`${URL_BASE}/token-stats`), caller);
      return { status: answer.status, ...((await answer.json()) as { stats: object }) };
    };
    const own = {
      ...{ inputTokens: 3, outputTokens: 5, requestCount: 1, queryEvaluationCount: 1 },
      ...{ inferenceCount: 0, toolCallCount: 0, costUsd: null },
      lastUpdated: '2026-11-20T12:00:00.000Z',
    };
    expect((await ask(SITE)).stats).toEqual({ [SITE.origin]: own });
    expect((await ask(FIRST_PARTY)).stats).toEqual({
      [SITE.origin]: own,
      gatehouse: { ...own, queryEvaluationCount: 0 },
    });
    const stranger = { ...SITE, origin: 'https://b.example', topOrigin: 'https://b.example' };
    expect(await ask(stranger)).toMatchObject({
      status: 403,
      error: { code: 'origin_not_authorized' },
    });
  });

  it('aborts a site’s streams when its grant is taken away', async () => {
    let upstream: AbortSignal | undefined;
    const { router } = await setUp(async (request) => {
      upstream = request.signal;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const chunk = { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }] };
          controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\n\n`));
          request.signal.addEventListener('abort', () => controller.error(request.signal.reason));
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
    const answer = await router.handle(chat({ model: 'box/m1', stream: true }), SITE);
    const text = answer.text();
    expect(await router.control.liveRequests()).toMatchObject([
      { origin: SITE.origin, model: 'box/m1', provider: 'box', state: 'streaming' },
    ]);
    await router.control.deleteSite(SITE.origin);
    expect(await text).toMatch(/"error":\{.*"code":"origin_not_authorized"/);
    expect(await text).not.toContain('[DONE]');
    expect(upstream?.aborted).toBe(true);
    await expect.poll(() => router.control.liveRequests()).toEqual([]);
  });

  it('walks the routes of a logical model', async () => {
    const { router } = await setUp(
      async (request) => {
        const { model } = (await request.json()) as { model: string };
        return model === 'bad' ? new Response('{}', { status: 500 }) : json(COMPLETION);
      },
      {
        models: [
          {
            id: 'turbo',
            routes: [
              { provider: 'box', model: 'bad' },
              { provider: 'box', model: 'm1' },
            ],
          },
        ],
      },
    );
    const answer = await router.handle(chat({ model: 'turbo' }), SITE);
    expect(await answer.json()).toMatchObject({ model: 'turbo' });
    expect(answer.headers.get('x-gatehouse-model')).toBe('m1');
    expect(answer.headers.get('x-gatehouse-attempts')).toBe('2');
  });

  it('sends nothing for a site that was never allowed', async () => {
    const sent: Request[] = [];
    const { router } = await setUp(async (request) => (sent.push(request), json(COMPLETION)), {
      sites: [{ origin: SITE.origin, decision: 'deny' }],
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => router.handle(chat({ model: 'box/m1' }), SITE)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
    expect(sent).toEqual([]);
  });

  it('obeys the limits of time that the person set', async () => {
    const { router } = await setUp(
      (request) =>
        new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason));
        }),
      { settings: { firstByteTimeoutMs: 20 } },
    );
    expect((await router.handle(chat({ model: 'box/m1' }), SITE)).status).toBe(504);
    // Longer than the test may take: the next answer comes from the new setting only.
    await router.control.saveSettings({ firstByteTimeoutMs: 600_000 });
    const waiting = router.handle(chat({ model: 'box/m1' }), SITE);
    const first = await Promise.race([waiting, new Promise((later) => setTimeout(later, 200))]);
    expect(first).toBeUndefined();
    await router.control.stopAllRequests();
    await waiting;
  });
});
