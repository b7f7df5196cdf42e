import { expect, it } from 'vitest';
import { sendJson, serve } from '../testing/loopback.ts';
import { createTestRouter, providerAt } from '../testing/parts.ts';

it('P6: a route names the format in which a provider that speaks several is asked', async () => {
  const upstream = await serve((response) =>
    sendJson(response, {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 3, output_tokens: 1 },
    }),
  );
  const provider = providerAt(upstream.origin);
  const targets = [{ provider, model: 'm', wire: 'anthropic-messages' as const }];
  const router = createTestRouter({
    providers: [provider],
    keys: { box: ['sk-box-0123456789'] },
    parts: { resolve: async () => ({ targets, answerModel: 'mine' }) },
  });
  const messages = [{ role: 'user', content: 'Hello' }];
  const answer = await router.chat({ model: 'mine', messages });
  expect(await answer.json()).toMatchObject({
    model: 'mine',
    choices: [{ message: { content: 'Hi' } }],
    usage: { prompt_tokens: 3 },
  });
  // At the same address, with the same key in the provider's own way.
  expect(upstream.received).toMatchObject([
    {
      path: '/v1/messages',
      headers: { authorization: 'Bearer sk-box-0123456789', 'anthropic-version': '2023-06-01' },
    },
  ]);
  await upstream.close();
});
