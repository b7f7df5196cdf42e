/** No key comes out of the router but to its provider, whatever the provider does with it. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import '../testing/figures.ts';
import type { Caller } from '../ports.ts';
import { createRouter } from '../router.ts';
import { createTestPorts } from '../testing/ports.ts';

const FIRST_PARTY: Caller = { kind: 'first-party' };
const SITE: Caller = {
  kind: 'site',
  origin: 'https://app.example',
  topOrigin: 'https://app.example',
};
const BASE = 'https://gatehouse.invalid';

const sse = (...events: unknown[]) =>
  new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''), {
    headers: { 'content-type': 'text/event-stream' },
  });
const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
const delta = (content: string) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: { content } }],
});

/** What a provider may answer with a key that it was sent. */
const ANSWERS: Readonly<Record<string, (key: string) => Response | Promise<Response>>> = {
  'an error that quotes it': (key) =>
    json(401, {
      error: { message: `Incorrect API key provided: ${key}.`, code: 'invalid_api_key' },
    }),
  'an error of another shape': (key) => json(400, { detail: [{ input: `Bearer ${key}` }] }),
  'an error in plain words': (key) => new Response(`no: ${key}`, { status: 403 }),
  'a page': (key) =>
    new Response(`<html><title>${key}</title></html>`, {
      headers: { 'content-type': 'text/html' },
    }),
  'headers that hold it': (key) =>
    json(429, { error: { message: 'slow down' } }, { 'x-key': key, 'retry-after': '0' }),
  'JSON that is none': (key) =>
    new Response(`{"choices": ${key}`, { headers: { 'content-type': 'application/json' } }),
  'an error in mid-stream': (key) =>
    sse(delta('Hello'), { error: { message: `key ${key} was revoked`, code: 'x' } }),
  'a stream that is none': (key) => sse('x', { key }, [key]),
  'no answer': (key) => Promise.reject(new TypeError(`Failed to fetch with ${key}`)),
  'a model list of it': (key) => json(200, { data: [{ id: 'm1' }], note: key }),
};

/** As providers make them. */
const secret = fc
  .tuple(
    fc.constantFrom('sk-', 'gsk_', 'sk-ant-api03-', 'AIza', 'xai-', ''),
    fc.string({
      unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-'),
      minLength: 24,
      maxLength: 80,
    }),
  )
  .map((parts) => parts.join(''));

const TOKEN_URL = 'https://auth.example/token';

/** What the owner pastes for a secret, and all in it that no one else may see. */
const FORMS: Readonly<Record<string, (secret: string) => { text: string; hidden: string[] }>> = {
  'a key': (key) => ({ text: key, hidden: [key] }),
  'an OAuth credential': (key) => {
    // None holds another: each must be masked by itself.
    const refresh = [...key].reverse().join('');
    const client = key.slice(12) + key.slice(0, 12);
    const text = JSON.stringify({
      access_token: key,
      refresh_token: refresh,
      token_url: TOKEN_URL,
      client_id: 'client',
      client_secret: client,
    });
    return { text, hidden: [key, refresh, client] };
  },
};

/** Every record of every store, bytes as text. */
async function readAll(ports: ReturnType<typeof createTestPorts>): Promise<string> {
  const database = await ports.openDatabase();
  const stores = await Promise.all(
    [...database.objectStoreNames].map((store) => database.getAll(store)),
  );
  return JSON.stringify(stores, (_name, value: unknown) =>
    value instanceof Uint8Array ? String.fromCharCode(...value) : value,
  );
}

async function textOf(response: Response): Promise<string> {
  const body = await response.text().catch((error: unknown) => String(error));
  return `${response.status} ${JSON.stringify([...response.headers])} ${body}`;
}

test.each(
  Object.keys(FORMS).flatMap((form) => Object.keys(ANSWERS).map((name) => [form, name] as const)),
)(
  'nothing of %s in an answer, an error, a log, a record or an export, where the provider gives %s',
  { timeout: 240_000 },
  async (form, name) => {
    const consoles = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation(() => undefined),
    );
    await fc.assert(
      fc.asyncProperty(secret, async (key) => {
        const sent: string[] = [];
        const { text, hidden } = FORMS[form]!(key);
        const ports = createTestPorts({
          fetch: async (request) => {
            if (request.url === TOKEN_URL) return ANSWERS[name]!(hidden.join(' '));
            sent.push(request.headers.get('authorization') ?? '');
            return ANSWERS[name]!(hidden.join(' '));
          },
        });
        const { handle, control } = createRouter(ports);
        const seen: string[] = [];
        const note = (value: unknown) =>
          seen.push(
            value instanceof Error
              ? `${value.stack} ${String(value.cause)}`
              : (JSON.stringify(value) ?? ''),
          );
        const call = async (method: string, path: string, body: unknown, caller: Caller) => {
          const init = body === undefined ? {} : { body: JSON.stringify(body) };
          seen.push(
            await textOf(await handle(new Request(BASE + path, { method, ...init }), caller)),
          );
        };
        await call(
          'PUT',
          '/api/bundle',
          {
            format: 'gatehouse-bundle',
            version: 1,
            createdAt: '2026-11-20T12:00:00Z',
            providers: [
              { id: 'box', name: 'Box', format: 'openai-chat', baseUrl: 'https://box.example/v1' },
            ],
            sites: [{ origin: SITE.origin, decision: 'allow', scopes: ['chat'], models: ['*'] }],
          },
          FIRST_PARTY,
        );
        const [added] = await control.addKeys([{ provider: 'box', secret: text, label: 'main' }]);
        note(added);
        const messages = [{ role: 'user', content: 'Hi' }];
        for (const stream of [true, false])
          for (const caller of [SITE, FIRST_PARTY])
            await call(
              'POST',
              '/v1/chat/completions',
              { model: 'box/m1', stream, messages },
              caller,
            );
        await call('GET', '/v1/models', undefined, FIRST_PARTY);
        await call('GET', '/api/health', undefined, FIRST_PARTY);
        await call('GET', '/api/bundle', undefined, FIRST_PARTY);
        for (const work of [
          () => control.checkKey(added!.id),
          () => control.refreshModels('box'),
          () => control.listProviders(),
          () => control.liveRequests(),
          () => control.usageToday(),
          () => control.replaceKey(added!.id, `${text} `),
          () => control.addKeys([{ provider: 'box', secret: `${text} ${key}` }]),
          () => control.addKeys([{ provider: 'box', secret: text.replace('https', 'ftp') }]),
        ])
          note(await work().catch((error: unknown) => error));
        // Of the four calls and the check; a key that was refused rests for some.
        expect(sent.filter((value) => value === `Bearer ${key}`).length).toBeGreaterThanOrEqual(3);
        seen.push(await readAll(ports));
        for (const { mock } of consoles) seen.push(mock.calls.map(String).join('\n'));
        for (const each of seen) for (const one of hidden) expect(each).not.toContain(one);
      }),
      { numRuns: 10 },
    );
    for (const spy of consoles) spy.mockRestore();
  },
);
