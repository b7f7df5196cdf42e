import { describe, expect, it } from 'vitest';
import { dialectOf, toCanonicalPath } from './paths.ts';

describe('a path of an SDK', () => {
  it.each([
    ['/v1/messages', '/v1/messages'],
    ['/v1/v1/messages', '/v1/messages'],
    ['/messages', '/v1/messages'],
    ['/v1/v1/messages/count_tokens', '/v1/messages/count_tokens'],
    ['/responses', '/v1/responses'],
    ['/chat/completions', '/v1/chat/completions'],
    ['/v1/v1beta/models/mock/echo:generateContent', '/v1beta/models/mock/echo:generateContent'],
    [
      '/v1/models/mock/echo:streamGenerateContent',
      '/v1beta/models/mock/echo:streamGenerateContent',
    ],
    ['/models/mock%2Fecho%3AgenerateContent', '/v1beta/models/mock%2Fecho%3AgenerateContent'],
    ['/v1alpha/models/gemini:generateContent', '/v1beta/models/gemini:generateContent'],
    ['/v1beta/mock/echo:generateContent', '/v1beta/models/mock/echo:generateContent'],
    ['/v1/v1beta/models', '/v1beta/models'],
    ['/v1/models/openai%2Fgpt', '/v1/models/openai%2Fgpt'],
    ['/v1/models/ollama/llama3:latest', '/v1/models/ollama/llama3:latest'],
  ])('%s is %s, whatever base URL it was given', (asked, canonical) => {
    expect(toCanonicalPath(asked)).toBe(canonical);
  });

  it.each(['/', '/v1', '/ping', '/api/bundle', '/openai/v1/chat/completions', '/messagesx'])(
    '%s stays as it is',
    (path) => expect(toCanonicalPath(path)).toBe(path),
  );
});

describe('the dialect of a path', () => {
  it.each([
    ['/v1/messages', 'anthropic-messages'],
    ['/v1/messages/batches', 'anthropic-messages'],
    ['/anthropic/v1/messages', 'anthropic-messages'],
    ['/v1/responses/resp_1', 'openai-responses'],
    ['/v1beta/files', 'google-generate-content'],
    ['/v1/models/gemini:generateContent', 'google-generate-content'],
    ['/v1/chat/completions', 'openai-chat'],
    ['/v1/models', 'openai-chat'],
    ['/openai/v1/threads/t/messages', 'openai-chat'],
    ['/nothing', 'openai-chat'],
  ])('%s is %s', (path, dialect) => expect(dialectOf(path)).toBe(dialect));

  it('of the models list is told by a header', () => {
    const headers = new Headers({ 'anthropic-version': '2023-06-01' });
    expect(dialectOf('/v1/models', headers)).toBe('anthropic-messages');
    expect(dialectOf('/v1/models/openai/gpt', headers)).toBe('anthropic-messages');
    expect(dialectOf('/v1/chat/completions', headers)).toBe('openai-chat');
    const google = new Headers({ 'x-goog-api-client': 'google-genai-sdk/3.1.0' });
    expect(dialectOf('/v1/models', google)).toBe('google-generate-content');
  });
});
