/** Issue 2, bad input: each gets its documented status and code, in time, with nothing else disturbed. */
import type { Page } from '@playwright/test';
import { expect } from '../fixtures.ts';
import { hostsWith } from '../sdk/caller.ts';

interface Sent {
  path?: string;
  method?: string;
  /** As text; an object is sent as JSON. */
  body?: string | object;
}

interface Answered {
  status: number;
  code: string | undefined;
  param: string | null | undefined;
  text: string;
  ms: number;
}

const MESSAGES = [{ role: 'user', content: 'Hi' }];

async function send(
  page: Page,
  baseURL: string,
  { path = '/chat/completions', method = 'POST', body }: Sent,
): Promise<Answered> {
  return page.evaluate(
    async ([url, init]) => {
      const started = performance.now();
      const response = await fetch(url, init);
      const text = await response.text();
      const data = /^data: (\{"error".*)$/m.exec(text)?.[1] ?? text;
      let error:
        { code?: string; param?: string | null; message?: unknown; type?: unknown } | undefined;
      try {
        error = JSON.parse(data).error;
      } catch {
        // no JSON, no error
      }
      const whole = typeof error?.message === 'string' && typeof error.type === 'string';
      return {
        status: response.status,
        code: whole ? error?.code : undefined,
        param: error?.param,
        text,
        ms: performance.now() - started,
      };
    },
    [
      `${baseURL}${path}`,
      { method, body: typeof body === 'object' ? JSON.stringify(body) : body },
    ] as const,
  );
}

const CALLS: readonly (readonly [string, Sent, number, string, string?])[] = [
  ['not JSON', { body: '{"model": "openai/m1", messages' }, 400, 'invalid_json'],
  ['an empty body', { body: '' }, 400, 'invalid_json'],
  ['a JSON array', { body: '[]' }, 400, 'invalid_request'],
  ['missing messages', { body: { model: 'openai/m1' } }, 400, 'invalid_request', 'messages'],
  [
    'messages that are no list',
    { body: { model: 'openai/m1', messages: 'Hi' } },
    400,
    'invalid_request',
    'messages',
  ],
  [
    'an empty list of messages',
    { body: { model: 'openai/m1', messages: [] } },
    400,
    'invalid_request',
    'messages',
  ],
  [
    'an unknown model of a known provider',
    { body: { model: 'mock/no-such-model', messages: MESSAGES } },
    404,
    'model_not_found',
  ],
  ['an unknown path', { path: '/nothing-here', body: {} }, 404, 'unknown_url'],
  ['a wrong method', { method: 'GET' }, 405, 'method_not_allowed'],
  ['another wrong method', { path: '/models', body: {} }, 405, 'method_not_allowed'],
];

/** The provider's faults: model, status and code when whole, code when streamed. */
const FAULTS: readonly (readonly [string, number, string, string])[] = [
  ['html', 502, 'bad_upstream', 'bad_upstream'],
  ['redirect-302', 502, 'bad_upstream', 'bad_upstream'],
  ['redirect-308', 502, 'bad_upstream', 'bad_upstream'],
  ['empty', 502, 'bad_upstream', 'bad_upstream'],
  ['empty-body', 502, 'bad_upstream', 'bad_upstream'],
  ['not-an-answer', 502, 'bad_upstream', 'bad_upstream'],
  ['cut', 502, 'upstream_truncated', 'upstream_truncated'],
  ['cut-before-head', 502, 'bad_upstream', 'bad_upstream'],
  ['garbage', 502, 'bad_upstream', 'bad_upstream'],
  ['error-in-200', 502, 'provider_error', 'provider_error'],
  ['error-event', 200, '', 'provider_error'],
  ['context-overflow', 400, 'context_length_exceeded', 'context_length_exceeded'],
];

for (const [host, test] of hostsWith()) {
  test.describe(`bad input in ${host}`, () => {
    for (const [name, sent, status, code, param] of CALLS) {
      test(`${name}: ${status} ${code}`, async ({ caller, upstream }) => {
        const answer = await send(caller.page, caller.baseURL, sent);
        expect(answer).toMatchObject({ status, code });
        if (param) expect(answer.param).toBe(param);
        expect(answer.ms).toBeLessThan(1000);
        expect(upstream.received).toEqual([]);
      });
    }

    test('a body over the limit: 413 request_too_large', async ({ caller, upstream }) => {
      test.setTimeout(120_000); // 49 MB through a service worker, on a machine with other work
      const status = await caller.page.evaluate(async (url) => {
        const content = 'x'.repeat(49 * 1024 * 1024);
        const body = JSON.stringify({ model: 'openai/m1', messages: [{ role: 'user', content }] });
        const response = await fetch(`${url}/chat/completions`, { method: 'POST', body });
        return `${response.status} ${(await response.json()).error.code}`;
      }, caller.baseURL);
      expect(status).toBe('413 request_too_large');
      expect(upstream.received).toEqual([]);
    });

    test('faults of a provider have their codes, whole and streamed', async ({ caller }) => {
      const seen: unknown[] = [];
      const expected: unknown[] = [];
      for (const [model, status, code, streamedCode] of FAULTS) {
        const body = { model: `openai/${model}`, messages: MESSAGES };
        const streamed = await send(caller.page, caller.baseURL, {
          body: { ...body, stream: true },
        });
        if (status !== 200) {
          const whole = await send(caller.page, caller.baseURL, { body });
          seen.push([model, whole.status, whole.code, whole.ms < 1000]);
          expected.push([model, status, code, true]);
        }
        seen.push([model, streamed.code, streamed.text.includes('[DONE]'), streamed.ms < 1000]);
        expected.push([model, streamedCode, false, true]);
      }
      expect(seen).toEqual(expected);
    });

    test('a stream beside them is not disturbed', async ({ caller }) => {
      const whole = caller.page.evaluate(async (url) => {
        const response = await fetch(`${url}/chat/completions`, {
          method: 'POST',
          body: JSON.stringify({
            model: 'openai/slow-20-60',
            stream: true,
            messages: [{ role: 'user', content: 'Hi' }],
          }),
        });
        return response.text();
      }, caller.baseURL);
      await Promise.all([
        ...CALLS.map(([, sent]) => send(caller.page, caller.baseURL, sent)),
        ...FAULTS.map(([model]) =>
          send(caller.page, caller.baseURL, {
            body: { model: `openai/${model}`, messages: MESSAGES, stream: true },
          }),
        ),
      ]);
      const text = await whole;
      const numbers = [...text.matchAll(/"content":"(\d+) "/g)].map(([, digits]) => Number(digits));
      expect(numbers).toEqual([...Array(60).keys()]);
      expect(text).toContain('[DONE]');
    });
  });
}
