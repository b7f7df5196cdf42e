import { describe, expect, it } from 'vitest';
import type { Quirks } from '../../providers/provider.ts';
import { openaiChat } from './index.ts';

const messages = [{ role: 'user', content: 'hi' }];

function encode(body: Record<string, unknown>, quirks: Quirks = {}) {
  const provider = {
    id: 'p',
    name: 'P',
    format: 'openai-chat' as const,
    baseUrl: 'https://p.test/v1',
    auth: { scheme: 'bearer' as const },
    quirks,
  };
  return openaiChat.encodeRequest(openaiChat.decodeRequest(body), {
    provider,
    model: 'real-model',
  });
}

describe('a request to a provider of the same format', () => {
  it('keeps fields that we do not know, at any depth', () => {
    const body = {
      model: 'x',
      messages: [
        { role: 'user', content: [{ type: 'video_url', video_url: { url: 'u' } }], extra: 1 },
      ],
      frobnicate: { deep: [1] },
    };
    expect(encode(body).body).toEqual({ ...body, model: 'real-model' });
  });

  it('asks for usage in every stream, unless the provider refuses that', () => {
    const body = { messages, stream: true, stream_options: { include_usage: false, other: 1 } };
    expect(encode(body).body.stream_options).toEqual({ include_usage: true, other: 1 });
    expect(encode(body, { noStreamOptions: true }).body).not.toHaveProperty('stream_options');
    expect(encode({ messages, stream_options: {} }).body).not.toHaveProperty('stream_options');
  });

  it.each([
    'api_base',
    'base_url',
    'baseURL',
    'BASE-URL',
    'api_key',
    'apiKey',
    'API_KEY',
    'extra_headers',
    'extraHeaders',
    'headers',
    'organization',
    'router',
    'custom_llm_provider',
    'Authorization',
    'aws_secret_access_key',
    'provider',
  ])('drops the hostile field %s', (field) => {
    const { body } = encode({ messages, [field]: 'https://evil.test' });
    expect(JSON.stringify(body)).not.toContain('evil');
  });

  it('is not misled by a field named __proto__', () => {
    const body = JSON.parse(
      '{"messages":[{"role":"user","content":"hi"}],"__proto__":{"api_base":"x"}}',
    );
    const encoded = encode(body as Record<string, unknown>);
    expect(Object.getPrototypeOf(encoded.body)).toBe(Object.prototype);
    expect(JSON.stringify(encoded.body)).not.toContain('api_base');
  });

  it('says max_tokens as the provider wants it', () => {
    const maxTokensField = 'max_tokens' as const;
    expect(encode({ messages, max_completion_tokens: 5 }, { maxTokensField }).body).toMatchObject({
      max_tokens: 5,
    });
    expect(
      encode({ messages, max_tokens: 5 }, { maxTokensField: 'max_completion_tokens' }).body,
    ).toEqual({ messages, model: 'real-model', max_completion_tokens: 5 });
    expect(encode({ messages, max_tokens: 5 }).body).toMatchObject({ max_tokens: 5 });
  });

  it('drops what the provider refuses and names it', () => {
    const { body, dropped } = encode(
      { messages, logit_bias: {}, seed: 1 },
      { dropParams: ['logit_bias', 'user'] },
    );
    expect(body).not.toHaveProperty('logit_bias');
    expect(dropped).toEqual(['logit_bias']);
  });

  it('says a field by the name that the provider has for it', () => {
    const renameParams = { seed: 'random_seed' };
    const { body, dropped } = encode({ messages, seed: 7 }, { renameParams });
    expect(body).toEqual({ messages, model: 'real-model', random_seed: 7 });
    expect(dropped).toEqual([]);
    expect(encode({ messages, seed: 7, random_seed: 8 }, { renameParams }).body).toEqual({
      messages,
      model: 'real-model',
      random_seed: 8,
    });
  });

  it('refuses tools where the provider has none, and drops those that may not be called', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    expect(() => encode({ messages, tools }, { noTools: true })).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: 'tools' }),
    );
    expect(encode({ messages, tools, tool_choice: 'none' }, { noTools: true }).body).toEqual({
      messages,
      model: 'real-model',
    });
  });

  it('says system for developer where the provider knows no developer', () => {
    const talk = [{ role: 'developer', content: 'be brief' }, ...messages];
    expect(encode({ messages: talk }, { noDeveloperRole: true }).body.messages).toEqual([
      { role: 'system', content: 'be brief' },
      ...messages,
    ]);
  });

  it('leaves the caller’s body as it was', () => {
    const body = { messages, max_tokens: 5, stream: true, api_key: 'k' };
    const before = structuredClone(body);
    encode(body, { maxTokensField: 'max_completion_tokens', dropParams: ['messages'] });
    expect(body).toEqual(before);
  });
});
