import { describe, expect, it } from 'vitest';
import { RouterError } from '../../errors.ts';
import { decodeAll } from '../format.contract.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { plainOllama } from '../testing/natives.ts';
import { describeUpstream } from '../testing/upstream.ts';
import { ollamaChat } from './index.ts';

describeUpstream({ api: 'ollama-chat', format: ollamaChat, plainOf: plainOllama });

const provider = {
  id: 'ollama',
  name: 'Ollama',
  format: 'ollama-chat',
  baseUrl: 'http://127.0.0.1:11434/v1',
  auth: { scheme: 'bearer' },
} as const;

function encode(body: object, model = 'llama3.2') {
  return ollamaChat.encodeRequest(openaiChat.decodeRequest({ model, ...body }), {
    provider,
    model,
  });
}
const messages = [{ role: 'user', content: 'Hello' }];

describe('ollama-chat requests', () => {
  it('go beside the compatible endpoint, and say whether to stream', () => {
    const { path, replaces, body } = encode({ messages });
    for (const base of ['http://127.0.0.1:9/v1', 'http://127.0.0.1:9/api', 'http://127.0.0.1:9'])
      expect(base.replace(replaces!, '') + path).toBe('http://127.0.0.1:9/api/chat');
    expect(body).toEqual({ model: 'llama3.2', messages, stream: false });
  });

  it('say a conversation with tools in Ollama’s words', () => {
    const parameters = { type: 'object', properties: { c: { type: 'number' } } };
    const { body, dropped } = encode({
      stream: true,
      messages: [
        ...messages,
        {
          role: 'assistant',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'w', arguments: '{"c":1}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      ],
      tools: [{ type: 'function', function: { name: 'w', parameters } }],
      tool_choice: 'required',
      max_completion_tokens: 5,
      temperature: 0,
      seed: 7,
      stop: ['END'],
      reasoning_effort: 'low',
    });
    expect(body).toEqual({
      model: 'llama3.2',
      stream: true,
      messages: [
        ...messages,
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'c1', function: { name: 'w', arguments: { c: 1 } } }],
        },
        { role: 'tool', content: 'rain', tool_name: 'w', tool_call_id: 'c1' },
      ],
      tools: [{ type: 'function', function: { name: 'w', parameters } }],
      options: { num_predict: 5, temperature: 0, seed: 7, stop: ['END'] },
      think: true,
    });
    expect(dropped).toEqual(['tool_choice']);
  });

  it('tell gpt-oss how hard to think', () => {
    expect(encode({ messages, reasoning_effort: 'xhigh' }, 'gpt-oss:20b').body.think).toBe('high');
    expect(encode({ messages, reasoning_effort: 'none' }, 'qwen3').body.think).toBe(false);
  });

  it('hold pictures as bytes, and refuse their addresses', () => {
    const ask = (url: string) =>
      encode({
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
      }).body.messages;
    expect(ask('data:image/png;base64,AA==')).toEqual([
      { role: 'user', content: '', images: ['AA=='] },
    ]);
    expect(() => ask('https://example.com/a.png')).toThrow(RouterError);
  });
});

describe('ollama-chat streams', () => {
  const decode = (text: string) => decodeAll(ollamaChat, [new TextEncoder().encode(text)]);
  const begun = `{"model":"m","message":{"role":"assistant","content":"Hi"},"done":false}\n`;

  it('that break off are not whole, and other things are no answer', () => {
    for (const [text, code] of [
      [begun, 'upstream_truncated'],
      [`${begun}{"model":"m","mess`, 'upstream_truncated'],
      ['<html>', 'bad_upstream'],
      ['Bad gateway\n', 'bad_upstream'],
      ['{"hello":1}\n', 'bad_upstream'],
    ])
      expect(() => decode(text!), text).toThrow(expect.objectContaining({ code }) as RouterError);
  });

  it('end with an error where a line states one', () => {
    const parts = decode(`${begun}{"error":"model runner has stopped"}\n`).flatMap((e) => e.parts);
    expect(parts.at(-1)).toEqual({ type: 'error', error: { message: 'model runner has stopped' } });
  });
});
