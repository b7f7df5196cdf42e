import { describe, expect, it } from 'vitest';
import type { RouterError } from '../../errors.ts';
import { decodeAll } from '../format.contract.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { plainCohere } from '../testing/natives.ts';
import { describeUpstream } from '../testing/upstream.ts';
import { cohereChat } from './index.ts';

describeUpstream({ api: 'cohere-v2-chat', format: cohereChat, plainOf: plainCohere });

const provider = {
  id: 'cohere',
  name: 'Cohere',
  format: 'cohere-chat',
  baseUrl: 'https://api.cohere.ai/compatibility/v1',
  auth: { scheme: 'bearer' },
} as const;

function encode(body: object, model = 'command-a-03-2025') {
  return cohereChat.encodeRequest(openaiChat.decodeRequest({ model, ...body }), {
    provider,
    model,
  });
}
const messages = [{ role: 'user', content: 'Hello' }];

describe('cohere-chat requests', () => {
  it('go beside the compatible endpoint', () => {
    const { path, replaces } = encode({ messages });
    expect(provider.baseUrl.replace(replaces!, '') + path).toBe('https://api.cohere.ai/v2/chat');
    for (const base of ['http://127.0.0.1:9/v2', 'http://127.0.0.1:9/v1', 'http://127.0.0.1:9'])
      expect(base.replace(replaces!, '') + path).toBe('http://127.0.0.1:9/v2/chat');
  });

  it('say a conversation with tools in Cohere’s words', () => {
    const tool = (name: string) => ({
      type: 'function',
      function: { name, parameters: { type: 'object', properties: {} } },
    });
    const call = { id: 'c1', type: 'function', function: { name: 'w', arguments: '{"c":1}' } };
    const { body, dropped } = encode({
      messages: [
        { role: 'developer', content: 'Be brief.' },
        ...messages,
        { role: 'assistant', content: null, reasoning_content: 'I will look.', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      ],
      tools: [tool('w'), tool('x')],
      tool_choice: { type: 'function', function: { name: 'w' } },
      max_tokens: 5,
      top_p: 1,
      stop: 'END',
      frequency_penalty: 2,
      parallel_tool_calls: false,
      user: 'me',
    });
    expect(body).toEqual({
      model: 'command-a-03-2025',
      stream: false,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', tool_plan: 'I will look.', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      ],
      tools: [tool('w')],
      tool_choice: 'REQUIRED',
      max_tokens: 5,
      p: 0.99,
      stop_sequences: ['END'],
      frequency_penalty: 1,
    });
    expect(dropped.sort()).toEqual(['parallel_tool_calls', 'user']);
  });

  it('ask only the models that think to think', () => {
    expect(encode({ messages, reasoning_effort: 'high' }).dropped).toEqual(['reasoning_effort']);
    expect(
      encode({ messages, reasoning_effort: 'none' }, 'command-a-reasoning-08-2025').body.thinking,
    ).toEqual({ type: 'disabled' });
  });

  it('hold a schema, and pictures', () => {
    const schema = { type: 'object', properties: {} };
    const response_format = { type: 'json_schema', json_schema: { name: 'a', schema } };
    const url = 'data:image/png;base64,AA==';
    const content = [
      { type: 'text', text: 'What?' },
      { type: 'image_url', image_url: { url } },
    ];
    expect(encode({ messages: [{ role: 'user', content }], response_format }).body).toMatchObject({
      response_format: { type: 'json_object', json_schema: schema },
      messages: [{ content: [{ type: 'text' }, { type: 'image_url', image_url: { url } }] }],
    });
  });
});

describe('cohere-chat streams', () => {
  const decode = (text: string) => decodeAll(cohereChat, [new TextEncoder().encode(text)]);
  const line = (event: object) => `data: ${JSON.stringify(event)}\n\n`;

  it('that break off are not whole, and other things are no answer', () => {
    const begun =
      line({ type: 'message-start', id: 'a' }) +
      line({ type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hi' } } } });
    for (const [text, code] of [
      [begun, 'upstream_truncated'],
      ['<html>', 'bad_upstream'],
      ['Bad gateway\n', 'bad_upstream'],
      [line({ hello: 1 }), 'bad_upstream'],
    ])
      expect(() => decode(text!), text).toThrow(expect.objectContaining({ code }) as RouterError);
  });

  it('end with an error where the answer says so', () => {
    const delta = { finish_reason: 'ERROR', error: 'model overloaded' };
    const parts = decode(line({ type: 'message-end', delta })).flatMap((event) => event.parts);
    expect(parts[0]).toMatchObject({ type: 'error', error: { message: 'model overloaded' } });
  });
});
