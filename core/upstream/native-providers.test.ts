import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeFrames } from '../formats/testing/converse.ts';
import { forgetAccessTokens } from '../providers/auth/service-account.ts';
import { CATALOG } from '../providers/catalog.ts';
import type { Provider } from '../providers/provider.ts';
import { sendJson, serve, type Loopback, type ReceivedRequest } from '../testing/loopback.ts';
import { createTestRouter, errorOf } from '../testing/parts.ts';

/** Rows of the catalogue at a loopback server that answers as each of them does. */
let server: Loopback;
let play: (response: ServerResponse, request: ReceivedRequest) => void;

beforeEach(async () => {
  forgetAccessTokens();
  server = await serve((response, request) => play(response, request));
});
afterEach(() => server.close());

function row(id: string, path: string): Provider {
  return { ...CATALOG.find((provider) => provider.id === id)!, baseUrl: server.origin + path };
}

const messages = [{ role: 'user', content: 'Hello' }];

async function ask(provider: Provider, model: string, key: string, body: object = {}) {
  const router = createTestRouter({ providers: [provider], keys: { [provider.id]: [key] } });
  return router.chat({ model: `${provider.id}/${model}`, messages, ...body });
}

/** Text of an OpenAI stream or answer. */
async function textOf(answer: Response): Promise<string> {
  const text = await answer.text();
  if (!text.startsWith('data:'))
    return (JSON.parse(text) as { choices: { message: { content: string } }[] }).choices[0]!.message
      .content;
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  return [...text.matchAll(/"content":"([^"]*)"/g)].map(([, words]) => words).join('');
}

const event = (type: string, payload: object) => ({
  headers: { ':message-type': 'event', ':event-type': type },
  payload,
});
const FRAMES = [
  event('messageStart', { role: 'assistant' }),
  event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi ' } }),
  event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'there' } }),
  event('contentBlockStop', { contentBlockIndex: 0 }),
  event('messageStop', { stopReason: 'end_turn' }),
  event('metadata', { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } }),
];

describe('Amazon Bedrock', () => {
  const key = 'AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY:SESSIONTOKENSESSIONTOKEN==';
  const model = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';

  it('is asked with a signature, and its binary stream is read', async () => {
    play = (response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      response.end(encodeFrames(FRAMES));
    };
    const answer = await ask(row('aws-bedrock', ''), model, key, { stream: true });
    expect(await textOf(answer)).toBe('Hi there');
    const [request] = server.received;
    expect(request!.path).toBe(
      '/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse-stream',
    );
    expect(request!.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/bedrock\/aws4_request, SignedHeaders=accept;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    expect(request!.headers['x-amz-security-token']).toBe('SESSIONTOKENSESSIONTOKEN==');
    expect(JSON.stringify(request)).not.toContain('wJalr');
  });

  it('takes a Bedrock API key', async () => {
    play = (response) =>
      sendJson(response, {
        output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
        stopReason: 'end_turn',
        usage: { inputTokens: 3, outputTokens: 2 },
      });
    expect(await textOf(await ask(row('aws-bedrock', ''), model, 'ABSKkey'))).toBe('Hi');
    expect(server.received[0]!.headers.authorization).toBe('Bearer ABSKkey');
  });

  it('that breaks off in the middle of a frame is no end', async () => {
    play = (response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      response.end(encodeFrames(FRAMES).subarray(0, 300));
    };
    const text = await (await ask(row('aws-bedrock', ''), model, key, { stream: true })).text();
    expect(text).toContain('upstream_truncated');
    expect(text).not.toContain('[DONE]');
  });

  it('tells why it refused, without the parts of the key that it quotes', async () => {
    play = (response) => {
      response.setHeader('x-amzn-errortype', 'InvalidSignatureException:http://x/');
      const message = 'x-amz-security-token:SESSIONTOKENSESSIONTOKEN== does not match the key';
      sendJson(response, { message }, 403);
    };
    const answer = await ask(row('aws-bedrock', ''), model, key);
    expect([answer.status, await errorOf(answer)]).toMatchObject([
      403,
      { code: 'key_refused', message: 'x-amz-security-token:[key] does not match the key' },
    ]);
  });

  it('is not asked at all with what is no key of AWS', async () => {
    const answer = await ask(row('aws-bedrock', ''), model, '{}');
    expect((await errorOf(answer)).code).toBe('key_refused');
    expect(server.received).toEqual([]);
  });
});

describe('Google Vertex AI', () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const place = '/v1/projects/p-1/locations/global';
  let form = '';

  async function askVertex(model: string, body: object) {
    const key = JSON.stringify({
      private_key: privateKey,
      client_email: 'me@p-1.iam.gserviceaccount.com',
      token_uri: `${server.origin}/token`,
    });
    const provider = row('google-vertex-ai', place);
    const router = createTestRouter({ providers: [provider], keys: { [provider.id]: [key] } });
    router.ports.fetch = async (request) => {
      if (!request.url.endsWith('/token')) return fetch(request);
      form = await request.clone().text();
      return fetch(new Request(request, { body: '{}' }));
    };
    return router.chat({ model: `google-vertex-ai/${model}`, messages, ...body });
  }

  it('is asked with a token of the service account', async () => {
    play = (response, { path }) => {
      if (path === '/token') return sendJson(response, { access_token: 'ya29.x', expires_in: 99 });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunk = {
        candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
      };
      response.end(`data: ${JSON.stringify(chunk)}\r\n\r\n`);
    };
    expect(await textOf(await askVertex('gemini-3.5-flash', { stream: true }))).toBe('Hi');
    expect(form).toContain('assertion=ey');
    expect(server.received[1]).toMatchObject({
      path: `${place}/publishers/google/models/gemini-3.5-flash:streamGenerateContent?alt=sse`,
      headers: { authorization: 'Bearer ya29.x' },
    });
  });

  it('has Claude in Anthropic’s format, at its own path', async () => {
    play = (response, { path }) => {
      if (path === '/token') return sendJson(response, { access_token: 'ya29.x' });
      sendJson(response, {
        id: 'm',
        type: 'message',
        content: [{ type: 'text', text: 'Hi' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 3, output_tokens: 2 },
      });
    };
    expect(await textOf(await askVertex('claude-sonnet-4-5@20250929', { max_tokens: 9 }))).toBe(
      'Hi',
    );
    const request = server.received[1]!;
    expect(request.path).toBe(
      `${place}/publishers/anthropic/models/claude-sonnet-4-5%4020250929:rawPredict`,
    );
    expect(request.body).toEqual({
      anthropic_version: 'vertex-2023-10-16',
      messages,
      max_tokens: 9,
    });
  });

  it('passes on why Google gives no token', async () => {
    play = (response) => sendJson(response, { error: 'invalid_grant' }, 400);
    const answer = await askVertex('gemini-3.5-flash', {});
    expect([answer.status, (await errorOf(answer)).code]).toEqual([401, 'key_refused']);
  });
});

describe('Cohere and Ollama', () => {
  it('are asked at their own paths, beside the compatible ones', async () => {
    play = (response, { path }) => {
      if (path === '/v2/chat')
        return sendJson(response, {
          id: 'c',
          message: { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
          finish_reason: 'COMPLETE',
          usage: { tokens: { input_tokens: 3, output_tokens: 2 } },
        });
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write('{"model":"m","message":{"role":"assistant","content":"Hi"},"done":false}\n');
      response.end('{"model":"m","message":{"content":""},"done":true,"done_reason":"stop"}\n');
    };
    const cohere = row('cohere', '/compatibility/v1');
    expect(await textOf(await ask(cohere, 'command-a-03-2025', 'k'))).toBe('Hi');
    expect(server.received[0]!.headers.authorization).toBe('Bearer k');
    const ollama = row('ollama', '/v1');
    expect(await textOf(await ask(ollama, 'llama3.2', 'k', { stream: true }))).toBe('Hi');
    expect(server.received.map(({ path }) => path)).toEqual(['/v2/chat', '/api/chat']);
  });
});

describe('Cloudflare AI Gateway', () => {
  it('is asked with its own token in its own header', async () => {
    play = (response) =>
      sendJson(response, {
        id: 'c',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' },
        ],
      });
    const gateway = row('cloudflare-ai-gateway', '/v1/account/gateway/compat');
    expect(await textOf(await ask(gateway, 'openai/gpt-5.4', 'token'))).toBe('Hi');
    const { path, headers, body } = server.received[0]!;
    expect([path, body.model]).toEqual([
      '/v1/account/gateway/compat/chat/completions',
      'openai/gpt-5.4',
    ]);
    expect(headers).toMatchObject({
      'cf-aig-authorization': 'Bearer token',
      'cf-aig-max-attempts': '1',
    });
    expect(headers.authorization).toBeUndefined();
  });
});

describe('Azure OpenAI', () => {
  it('is asked at its new paths, or at those of its deployments', async () => {
    play = (response) =>
      sendJson(response, {
        id: 'c',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' },
        ],
      });
    for (const base of ['/openai/v1', '/openai', '/openai/deployments/other'])
      expect(await textOf(await ask(row('azure-openai', base), 'my gpt', 'key'))).toBe('Hi');
    const old = '/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21';
    expect(server.received.map(({ path }) => path)).toEqual([
      '/openai/v1/chat/completions',
      old,
      old,
    ]);
    expect(server.received[1]!.headers['api-key']).toBe('key');
  });
});
