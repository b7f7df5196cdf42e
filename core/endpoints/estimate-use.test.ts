import { afterEach, describe, expect, test } from 'vitest';
import type { Wanted } from '../middleware/reserve.ts';
import { sendJson, serve, type Loopback } from '../testing/loopback.ts';
import { createTestRouter, providerAt, SITE } from '../testing/parts.ts';
import { estimateUse } from './estimate-use.ts';

let upstream: Loopback | undefined;
afterEach(() => upstream?.close());

function speech(bytes: number): FormData {
  const form = new FormData();
  form.set('model', 'box/t');
  form.set('file', new Blob([new Uint8Array(bytes)]), 'a.webm');
  return form;
}

describe('what no one counted is estimated', () => {
  test('for pictures by how many there are', () => {
    const fields = { model: 'box/i', prompt: 'x'.repeat(400), n: 3 };
    expect(estimateUse('images', { fields })).toMatchObject({ output: 3 * 6_240, answers: 3 });
    expect(estimateUse('images', { fields: { n: '2' } }).answers).toBe(2);
    for (const n of [0, -1, 1.5, 'many', null, 1e9])
      expect(estimateUse('images', { fields: { n } }).answers).toBeLessThanOrEqual(100);
  });

  test('for speech by its letters, for a file by its size, for a text by its length', () => {
    expect(estimateUse('speech', { fields: { input: 'x'.repeat(1_000) } }).output).toBe(1_400);
    const form = speech(2_000_000);
    expect(estimateUse('transcriptions', { fields: {}, form })).toEqual({
      input: 10_001,
      output: 5_000,
      answers: 1,
    });
    const input = ['x'.repeat(4_000)];
    expect(estimateUse('embeddings', { fields: { input } })).toMatchObject({ output: 0 });
    expect(estimateUse('embeddings', { fields: { input } }).input).toBeGreaterThan(1_000);
  });
});

/** Asks for something of a site, and tells what was held for it and what was counted. */
async function ask(path: string, body: object | FormData, answered: object) {
  upstream = await serve((response) => sendJson(response, answered));
  const held: Wanted[] = [];
  const { handle, usage } = createTestRouter({
    providers: [providerAt(upstream.origin, { endpoints: ['images', 'transcriptions'] })],
    grant: { scopes: ['images', 'audio'] },
    parts: {
      reserve: async (_grant, targets, wanted) => {
        held.push(wanted());
        return { targets };
      },
    },
  });
  const init =
    body instanceof FormData
      ? { body }
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const request = new Request(`https://gatehouse.invalid${path}`, { method: 'POST', ...init });
  expect((await handle(request, SITE)).status).toBe(200);
  return { held: held[0], counted: usage[0] };
}

describe('a site’s budget', () => {
  test('holds the pictures that were asked for, and is charged for them where no one counted', async () => {
    const body = { model: 'box/i', prompt: 'a boat', n: 2 };
    const { held, counted } = await ask('/v1/images/generations', body, { data: [{}, {}] });
    expect(held?.output).toEqual({ named: 6_240, answers: 2 });
    expect(counted).toMatchObject({ estimated: true, usage: { output: 2 * 6_240 } });
  });

  test('is charged what the provider counted, where it did', async () => {
    const used = { input_tokens: 7, output_tokens: 272, total_tokens: 279 };
    const body = { model: 'box/i', prompt: 'a boat' };
    const { counted } = await ask('/v1/images/generations', body, { data: [{}], usage: used });
    expect(counted?.usage).toMatchObject({ input: 7, output: 272 });
    expect(counted?.estimated).toBeUndefined();
  });

  test('is charged for a file of speech by its size', async () => {
    const { held, counted } = await ask('/v1/audio/transcriptions', speech(200_000), { text: 'x' });
    expect(held?.input).toBeGreaterThan(1_000);
    expect(counted).toMatchObject({ estimated: true, usage: { output: 500 } });
  });
});
