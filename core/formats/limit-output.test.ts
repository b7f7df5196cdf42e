import { expect, test } from 'vitest';
import { FORMATS } from './index.ts';
import { formatOf } from './format.ts';
import { limitOutput } from './limit-output.ts';
import type { FormatName } from './chat.ts';
import { providerAt } from '../testing/parts.ts';

const messages = [{ role: 'user', content: 'Hi' }];
const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }];

test.each([
  ['openai-chat', { model: 'm', messages }, { max_completion_tokens: 7 }],
  ['openai-chat', { model: 'm', messages, max_tokens: 900 }, { max_completion_tokens: 7 }],
  ['openai-chat', { model: 'm', messages, max_tokens: 3 }, { max_tokens: 3 }],
  ['openai-responses', { model: 'm', input: 'Hi' }, { max_output_tokens: 7 }],
  ['anthropic-messages', { model: 'm', messages, max_tokens: 900 }, { max_tokens: 7 }],
  [
    'google-generate-content',
    { model: 'm', contents, generationConfig: { temperature: 1 } },
    { generationConfig: { temperature: 1, maxOutputTokens: 7 } },
  ],
] satisfies [FormatName, object, object][])('%s: %j asks for %j', (name, body, expected) => {
  const format = formatOf(FORMATS, name);
  const chat = format.decodeRequest(structuredClone(body) as Record<string, unknown>);
  limitOutput(chat, 7);
  const provider = providerAt('https://box.example', { format: name });
  // In its own format, and in another one.
  expect(format.encodeRequest(chat, { provider, model: 'm' }).body).toMatchObject(expected);
  const other = name === 'anthropic-messages' ? 'openai-chat' : 'anthropic-messages';
  const foreign = formatOf(FORMATS, other).encodeRequest(chat, {
    provider: providerAt('https://box.example', { format: other }),
    model: 'm',
  }).body;
  expect(foreign.max_tokens ?? foreign.max_completion_tokens).toBeLessThanOrEqual(7);
});
