import { describe, expect, test } from 'vitest';
import { createTestRouter } from '../testing/parts.ts';
import { sendJson, serve } from '../testing/loopback.ts';
import { CATALOG } from '../providers/catalog.ts';
import { toPathSegment } from './path-segment.ts';

test.each([
  ['gemini-2.5', 'gemini-2.5'],
  ['accounts/fireworks/x', 'accounts%2Ffireworks%2Fx'],
  ['m?key=k#', 'm%3Fkey%3Dk%23'],
  ['anthropic.claude-v2:1', 'anthropic.claude-v2%3A1'],
  ['m\r\nhost: x', 'm%0D%0Ahost%3A%20x'],
  ['...', '...'],
  ['v1..2', 'v1..2'],
])('%j is %s', (name, segment) => {
  expect(toPathSegment(name)).toBe(segment);
});

test.each(['.', '..', 'a/../b', '../x', 'a\\..\\b', '%2e%2e/x', '..;/x', 'x/.', '\ud800'])(
  '%j is no model’s name',
  (name) => {
    expect(() => toPathSegment(name)).toThrow('No model has such a name.');
  },
);

/** The providers that have a model's name in a path, by chat and beside it. */
const CALLS = [
  ['google-ai-studio', '/v1/chat/completions'],
  ['google-ai-studio', '/v1/embeddings'],
  ['google-ai-studio', '/v1/images/generations'],
  ['google-ai-studio', '/v1/messages/count_tokens'],
  ['aws-bedrock', '/v1/chat/completions'],
  ['replicate', '/v1/chat/completions'],
  ['azure-openai', '/v1/chat/completions'],
] as const;
const NAMES = [
  ...['..', '../../../steal', 'a/../../../steal', 'm?key=of-the-page', 'm#', 'm/x?alt=media&key=k'],
  ...['../../v1/account', 'deployments/../../../steal', 'gemini-x?key=k', 'm\r\nx: y', '\ud800'],
];

describe('a model’s name that a page chose', () => {
  test.each(CALLS)('leads nowhere else: %s by %s', async (id, path) => {
    const row = CATALOG.find((provider) => provider.id === id);
    if (!row) throw new Error(`${id} is no provider`);
    const upstream = await serve((response) => sendJson(response, {}));
    try {
      const base = id === 'azure-openai' ? '/x/openai' : '/x/y';
      const provider = { ...row, baseUrl: upstream.origin + base, auth: { scheme: 'bearer' } };
      const router = createTestRouter({
        providers: [provider as typeof row],
        keys: { [id]: ['sk-canary-0123456789'] },
      });
      for (const name of NAMES) {
        const messages = [{ role: 'user', content: 'Hi' }];
        const body = { model: `${id}/${name}`, messages, input: 'Hi', prompt: 'Hi', max_tokens: 9 };
        const answer = await router.chat(body, { path });
        expect(answer.status, name).not.toBe(500);
      }
      const strays = upstream.received
        .map((request) => request.path)
        .filter((asked) => !asked.startsWith(`${base}/`) || /[?&](?!api-version=)/.test(asked));
      expect(strays).toEqual([]);
    } finally {
      await upstream.close();
    }
  });
});
