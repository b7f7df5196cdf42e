import { describe, expect, it } from 'vitest';
import { RouterError } from '../../errors.ts';
import { collect } from '../../streams/collect.ts';
import type { ChatRequest, Part } from '../chat.ts';
import { decodeAll } from '../format.contract.ts';
import type { FormatTarget } from '../format.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { anthropicMessages } from '../anthropic-messages/index.ts';
import { encodeFrames, plainConverse } from '../testing/converse.ts';
import { describeUpstream } from '../testing/upstream.ts';
import { bedrockConverse } from './index.ts';

describeUpstream({ api: 'bedrock-converse', format: bedrockConverse, plainOf: plainConverse });

const provider: FormatTarget['provider'] = {
  id: 'aws-bedrock',
  name: 'Amazon Bedrock',
  format: 'bedrock-converse',
  baseUrl: 'https://bedrock-runtime.us-east-1.amazonaws.com',
  auth: { scheme: 'aws-sigv4' },
};
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

function encode(body: object, model = CLAUDE, format = openaiChat) {
  const chat: ChatRequest = format.decodeRequest({ model, ...body });
  return bedrockConverse.encodeRequest(chat, { provider, model });
}

const hello = [{ role: 'user', content: 'Hello' }];

describe('bedrock-converse requests', () => {
  it('have the model and the way of answering in their path', () => {
    expect(encode({ messages: hello }).path).toBe(
      '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
    );
    expect(encode({ messages: hello, stream: true }, 'amazon.nova-lite-v1:0').path).toBe(
      '/model/amazon.nova-lite-v1%3A0/converse-stream',
    );
  });

  it('say a conversation with tools in alternating turns', () => {
    const { body, dropped } = encode({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Weather in Oslo and Rome?' },
        {
          role: 'assistant',
          content: '',
          tool_calls: [
            { id: 'call|1', type: 'function', function: { name: 'w', arguments: '{"c":"Oslo"}' } },
            { id: 'call_2', type: 'function', function: { name: 'w', arguments: '{"c":"Rome"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call|1', content: 'rain' },
        { role: 'tool', tool_call_id: 'call_2', content: 'sun' },
        { role: 'user', content: 'And?' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'w', description: 'Weather', parameters: { type: 'object' } },
        },
      ],
      tool_choice: 'required',
      max_tokens: 50,
      temperature: 1.5,
      stop: ['END'],
      seed: 1,
    });
    expect(body).toEqual({
      system: [{ text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ text: 'Weather in Oslo and Rome?' }] },
        {
          role: 'assistant',
          content: [
            { toolUse: { toolUseId: 'call_1', name: 'w', input: { c: 'Oslo' } } },
            { toolUse: { toolUseId: 'call_2', name: 'w', input: { c: 'Rome' } } },
          ],
        },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 'call_1', content: [{ text: 'rain' }] } },
            { toolResult: { toolUseId: 'call_2', content: [{ text: 'sun' }] } },
            { text: 'And?' },
          ],
        },
      ],
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 'w',
              description: 'Weather',
              inputSchema: { json: { type: 'object' } },
            },
          },
        ],
        toolChoice: { any: {} },
      },
      inferenceConfig: { maxTokens: 50, temperature: 1, stopSequences: ['END'] },
    });
    expect(dropped).toEqual(['seed']);
  });

  it('name the tools of earlier calls where the caller names none', () => {
    const { body } = encode({
      messages: [
        ...hello,
        {
          role: 'assistant',
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'old', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'done' },
      ],
    });
    expect(body.toolConfig).toEqual({
      tools: [
        { toolSpec: { name: 'old', inputSchema: { json: { type: 'object', properties: {} } } } },
      ],
    });
  });

  it('carry pictures and documents in themselves, and refuse addresses', () => {
    const part = (url: string) => ({ type: 'image_url', image_url: { url } });
    const ask = (...content: object[]) => encode({ messages: [{ role: 'user', content }] }).body;
    expect(ask(part('data:image/png;base64,iVBORw0KGgo='))).toMatchObject({
      messages: [{ content: [{ image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } }] }],
    });
    const file = {
      file_data: 'data:application/pdf;base64,JVBERi0=',
      filename: 'my_report.v2.pdf',
    };
    expect(ask({ type: 'file', file })).toMatchObject({
      messages: [
        {
          content: [
            { text: 'See the document.' },
            { document: { format: 'pdf', name: 'my report v2', source: { bytes: 'JVBERi0=' } } },
          ],
        },
      ],
    });
    expect(() => ask(part('https://example.com/a.png'))).toThrow(RouterError);
  });

  it('ask each family of models to think in its own words', () => {
    const think = (model: string, effort: string) =>
      encode({ messages: hello, reasoning_effort: effort, temperature: 0.5, top_p: 0.9 }, model);
    expect(think(CLAUDE, 'low').body).toMatchObject({
      inferenceConfig: { maxTokens: 32_000 },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2048 } },
    });
    expect(think(CLAUDE, 'low').body).not.toHaveProperty('inferenceConfig.topP');
    expect(think(CLAUDE, 'low').dropped).toEqual(['temperature', 'top_p']);
    expect(think('us.amazon.nova-2-lite-v1:0', 'high')).toMatchObject({
      body: {
        additionalModelRequestFields: {
          reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' },
        },
      },
      dropped: ['temperature', 'top_p'],
    });
    expect(think('openai.gpt-oss-120b-1:0', 'minimal').body).toMatchObject({
      additionalModelRequestFields: { reasoning_effort: 'low' },
    });
    expect(think('meta.llama3-3-70b-instruct-v1:0', 'low').dropped).toEqual(['reasoning_effort']);
  });

  it('mark what may be cached, for the families that cache', () => {
    const messages = [
      {
        role: 'user',
        content: [{ type: 'text', text: 'Long', cache_control: { type: 'ephemeral' } }],
      },
    ];
    const content = (model: string) =>
      (encode({ messages, max_tokens: 9 }, model, anthropicMessages).body.messages as object[])[0];
    expect(content(CLAUDE)).toEqual({
      role: 'user',
      content: [{ text: 'Long' }, { cachePoint: { type: 'default' } }],
    });
    expect(content('meta.llama3')).toEqual({ role: 'user', content: [{ text: 'Long' }] });
  });

  it('hold a schema as text, closed and without what Bedrock refuses', () => {
    const schema = { type: 'object', properties: { n: { type: 'number', minimum: 1 } } };
    const { body } = encode({
      messages: hello,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
    });
    const { jsonSchema } = (
      body.outputConfig as { textFormat: { structure: { jsonSchema: { schema: string } } } }
    ).textFormat.structure;
    expect(JSON.parse(jsonSchema.schema)).toMatchObject({ additionalProperties: false });
    expect(jsonSchema).toMatchObject({ name: 'answer' });
  });
});

describe('bedrock-converse streams', () => {
  const partsOf = (bytes: Uint8Array): Part[] =>
    decodeAll(bedrockConverse, [bytes]).flatMap(({ parts }) => parts);

  it('end with an error where an exception comes', () => {
    const bytes = encodeFrames([
      { headers: { ':message-type': 'event', ':event-type': 'messageStart' }, payload: {} },
      {
        headers: { ':message-type': 'exception', ':exception-type': 'throttlingException' },
        payload: { message: 'Too many tokens, please wait.' },
      },
    ]);
    expect(partsOf(bytes).at(-1)).toEqual({
      type: 'error',
      error: { message: 'Too many tokens, please wait.', status: 429, type: 'throttlingException' },
    });
  });

  it('that are cut, or of which one bit is another, are never taken for whole', () => {
    const event = (type: string, payload: object) => ({
      headers: { ':message-type': 'event', ':event-type': type },
      payload,
    });
    const bytes = encodeFrames([
      event('messageStart', { role: 'assistant' }),
      event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'twö 🙂' } }),
      event('contentBlockStop', { contentBlockIndex: 0 }),
      event('messageStop', { stopReason: 'end_turn' }),
    ]);
    expect(collect(decodeAll(bedrockConverse, [bytes])).choices[0]?.content).toEqual([
      { type: 'text', text: 'twö 🙂' },
    ]);
    for (let end = 1; end < bytes.length; end++)
      expect(() => partsOf(bytes.subarray(0, end)), `cut at ${end}`).toThrow(
        expect.objectContaining({ code: 'upstream_truncated' }) as RouterError,
      );
    for (let at = 0; at < bytes.length; at++) {
      const broken = bytes.slice();
      broken[at]! ^= 0x10;
      expect(() => partsOf(broken), `bit of byte ${at}`).toThrow(RouterError);
    }
  });

  it('a web page and other text are bad_upstream', () => {
    for (const text of ['<html>', 'Bad gateway', 'data: {"a":1}\n\n', '{"broken'])
      expect(() => partsOf(new TextEncoder().encode(text)), text).toThrow(
        expect.objectContaining({ code: 'bad_upstream' }) as RouterError,
      );
  });
});
