/** The played provider itself: a fault that it does not really make would prove nothing. */
import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures.ts';
import { hasRecordings, WIRE } from './upstream/replay.ts';

async function ask(url: string, model: string, stream = true): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    redirect: 'manual',
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hi' }] }),
  });
}

test('a stream ends with a finish reason and [DONE]', async ({ upstream }) => {
  const text = await (await ask(upstream.url, 'm1')).text();
  expect(text).toContain('"content":" upstream"');
  expect(text).toContain('"finish_reason":"stop"');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  expect((await upstream.arrived()).asked?.prompt).toBe('Hi');
});

test('a cut breaks the socket in the middle of a stream', async ({ upstream }) => {
  const response = await ask(upstream.url, 'cut');
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
});

test('a stream that is early over ends in good order without [DONE]', async ({ upstream }) => {
  const text = await (await ask(upstream.url, 'end-early')).text();
  expect(text).toContain('Hello');
  expect(text).not.toContain('[DONE]');
  expect(text).not.toContain('"finish_reason":"stop"');
});

test('statuses, redirects and retry hints are real', async ({ upstream }) => {
  const limited = await ask(upstream.url, 'status-429-after-7');
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
  const moved = await ask(upstream.url, 'redirect-308');
  expect([moved.status, moved.headers.get('location')]).toEqual([308, '/stolen']);
});

test('byte by byte, CRLF and glued events carry the same text', async ({ upstream }) => {
  const plain = await (await ask(upstream.url, 'm1')).text();
  const bytes = await (await ask(upstream.url, 'byte-by-byte')).text();
  const crlf = await (await ask(upstream.url, 'crlf')).text();
  const glued = await (await ask(upstream.url, 'glued')).text();
  const alike = (text: string) => text.replace(/"model":"[^"]*"/g, '');
  expect(alike(bytes)).toBe(alike(plain));
  expect(alike(crlf)).toBe(alike(plain).replaceAll('\n', '\r\n'));
  expect(alike(glued).replaceAll('\n', '')).toBe(alike(plain).replaceAll('\n', ''));
  expect(glued).toContain('}data: {');
});

test('it notices when the caller goes away', async ({ upstream }) => {
  const response = await ask(upstream.url, 'endless');
  const reader = response.body!.getReader();
  await reader.read();
  const left = performance.now();
  await reader.cancel();
  const received = await upstream.arrived();
  expect(await upstream.closed(received, left)).toBeLessThan(250);
  expect(received.aborted).toBe(true);
});

test('20,000 small chunks and 10 MB arrive whole', async ({ upstream }) => {
  const many = await (await ask(upstream.url, 'chunks-20000')).text();
  expect(many).toContain('"content":"19999 "');
  const big = await (await ask(upstream.url, 'big-10')).text();
  expect(big.length).toBeGreaterThan(10 * 1024 * 1024);
});

test('recordings are played byte for byte', async ({ upstream }) => {
  test.skip(!hasRecordings, '../shared/wire is not on this machine');
  const name = 'groq/chat-stream-plain-kimi-k2-instruct-0905-5b88dd';
  const response = await ask(upstream.url, `wire:${name}`);
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(readFileSync(`${WIRE}${name}.sse.txt`, 'utf8'));
});
