import { expect, it } from 'vitest';
import type { Caller } from './ports.ts';
import { createRouter } from './router.ts';
import { createTestPorts } from './testing/ports.ts';

const FIRST_PARTY: Caller = { kind: 'first-party' };

function chat(body: object): Request {
  return new Request('https://gatehouse.invalid/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify(body),
  });
}

it('a fresh install answers our own pages without a key', async () => {
  const { handle } = createRouter(createTestPorts());
  const messages = [{ role: 'user', content: 'Good morning' }];
  const answer = await handle(chat({ model: 'auto', messages, stream: true }), FIRST_PARTY);
  expect(answer.status).toBe(200);
  const text = await answer.text();
  expect(text).toContain('Good');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
});
