/** axios calls by XMLHttpRequest. */
import { expect } from '../fixtures.ts';
import { hostsWith } from './caller.ts';

const body = (model: string, stream = false) => ({
  model,
  stream,
  messages: [{ role: 'user', content: 'Hi' }],
});

for (const [host, test] of hostsWith('axios')) {
  // A page's service worker never sees the page's XHR as anything but a fetch: both hosts count.
  test.describe(`axios in ${host}`, () => {
    test('posts a chat and reads JSON', async ({ caller, upstream }) => {
      const { status, data, type } = await caller.page.evaluate(
        async ([url, json]) => {
          const response = await axios.post(`${url}/chat/completions`, json, {
            headers: { Authorization: 'Bearer from-the-page' },
          });
          return {
            status: response.status,
            data: response.data,
            type: String(response.headers['content-type']),
          };
        },
        [caller.baseURL, body('openai/m1')] as const,
      );
      expect(status).toBe(200);
      expect(type).toContain('application/json');
      expect(data.choices[0].message.content).toBe('Hello from the loopback upstream 🌍.');
      expect((await upstream.arrived()).headers.authorization).not.toContain('from-the-page');
    });

    test('reads models', async ({ caller }) => {
      const ids = await caller.page.evaluate(async (url) => {
        const response = await axios.get<{ data: { id: string }[] }>(`${url}/models`);
        return response.data.data.map(({ id }) => id);
      }, caller.baseURL);
      expect(ids).toContain('openai/m1');
    });

    test('sees a stream grow by progress events', async ({ caller }) => {
      const { lengths, text } = await caller.page.evaluate(
        async ([url, json]) => {
          const seen: number[] = [];
          const response = await axios.post<string>(`${url}/chat/completions`, json, {
            responseType: 'text',
            onDownloadProgress: (event) => seen.push(event.loaded),
          });
          return { lengths: seen, text: response.data };
        },
        [caller.baseURL, body('openai/slow-100-20', true)] as const,
      );
      expect(lengths.length).toBeGreaterThan(3);
      expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
      expect(text).toContain('[DONE]');
    });

    test('rejects with the status and our error body', async ({ caller }) => {
      const failure = await caller.page.evaluate(
        ([url, json]) =>
          axios.post(`${url}/chat/completions`, json).then(
            () => undefined,
            (error) => ({
              status: error.response.status,
              data: error.response.data,
              code: error.code,
            }),
          ),
        [caller.baseURL, body('openai/status-429')] as const,
      );
      expect(failure).toMatchObject({
        status: 429,
        code: 'ERR_BAD_REQUEST',
        data: { error: { code: 'rate_limited', message: expect.stringContaining('Rate limit') } },
      });
    });

    test('abort closes the upstream socket', async ({ caller, upstream }) => {
      const done = caller.page.evaluate(
        async ([url, json]) => {
          const controller = new AbortController();
          const call = axios.post(`${url}/chat/completions`, json, {
            signal: controller.signal,
            onDownloadProgress: () => controller.abort(),
          });
          const code = await call.then(
            () => 'answered',
            (error) => error.code,
          );
          return { code, at: performance.timeOrigin + performance.now() };
        },
        [caller.baseURL, body('openai/endless', true)] as const,
      );
      const { code, at } = await done;
      expect(code).toBe('ERR_CANCELED');
      const received = await upstream.arrived();
      expect(await upstream.closed(received, at - performance.timeOrigin)).toBeLessThan(250);
    });

    test('a timeout of its own ends the call', async ({ caller, upstream }) => {
      const code = await caller.page.evaluate(
        ([url, json]) =>
          axios.post(`${url}/chat/completions`, json, { timeout: 400 }).then(
            () => 'answered',
            (error) => error.code,
          ),
        [caller.baseURL, body('openai/slow-100-100', true)] as const,
      );
      expect(code).toBe('ECONNABORTED');
      expect((await upstream.arrived()).method).toBe('POST');
    });
  });
}
