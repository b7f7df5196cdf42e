import { describe, expect, it } from 'vitest';
import { RouterError } from '../../errors.ts';
import { decodeAll } from '../format.contract.ts';
import { openaiChat } from '../openai-chat/index.ts';
import type { Plain } from '../testing/plain.ts';
import type { Recording } from '../testing/recordings.ts';
import { describeUpstream } from '../testing/upstream.ts';
import { replicatePredictions } from './index.ts';

/** The stream's text by hand: data lines of `output` events, joined by line breaks within one. */
function plainOf({ bytes }: Recording): Plain {
  const events = new TextDecoder().decode(bytes).split('\n\n');
  const text = events
    .filter((event) => event.includes('event: output'))
    .map((event) =>
      event
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(6))
        .join('\n'),
    )
    .join('');
  return { choices: [{ text, reasoning: '', refusal: '', tools: [], finish: 'stop' }] };
}
describeUpstream({ api: 'replicate-stream', format: replicatePredictions, plainOf });

const provider = {
  id: 'replicate',
  name: 'Replicate',
  format: 'replicate-predictions',
  baseUrl: 'https://api.replicate.com/v1',
  auth: { scheme: 'bearer' },
} as const;

function encode(body: object, model = 'meta/meta-llama-3-8b-instruct') {
  const chat = openaiChat.decodeRequest({ model, ...body });
  return replicatePredictions.encodeRequest(chat, { provider, model });
}
const messages = [{ role: 'user', content: 'Hello' }];

describe('replicate-predictions requests', () => {
  it('go to the model, to a version of it, or to a deployment', () => {
    expect(encode({ messages })).toMatchObject({
      path: '/models/meta/meta-llama-3-8b-instruct/predictions',
      headers: { prefer: 'wait' },
      body: { input: { prompt: 'Hello' } },
    });
    expect(encode({ messages, stream: true }, 'me/mine:abc123')).toMatchObject({
      path: '/predictions',
      body: { version: 'abc123', stream: true },
    });
    expect(encode({ messages }, 'deployments/me/mine').path).toBe(
      '/deployments/me/mine/predictions',
    );
  });

  it('say a conversation as a transcript, and name what is lost', () => {
    const { body, dropped } = encode({
      messages: [
        { role: 'system', content: 'Be brief.' },
        ...messages,
        { role: 'assistant', content: 'Hi.' },
        { role: 'user', content: 'Bye' },
      ],
      tools: [{ type: 'function', function: { name: 'w' } }],
      max_tokens: 9,
      stop: ['a', 'b'],
    });
    expect(body.input).toEqual({
      prompt: 'User: Hello\n\nAssistant: Hi.\n\nUser: Bye\n\nAssistant:',
      system_prompt: 'Be brief.',
      max_tokens: 9,
      max_new_tokens: 9,
      stop_sequences: 'a,b',
    });
    expect(dropped).toEqual(['tools']);
    const tools = [{ type: 'function', function: { name: 'w' } }];
    expect(() => encode({ messages, tools, tool_choice: 'required' })).toThrow(RouterError);
  });
});

describe('replicate-predictions answers', () => {
  const decode = (text: string) =>
    decodeAll(replicatePredictions, [new TextEncoder().encode(text)]);

  it('are text in whatever shape, and failures are told', () => {
    const textOf = (output: unknown) =>
      replicatePredictions
        .decodeResponse({ status: 'succeeded', output })
        .parts.map((part) => (part.type === 'text-delta' ? part.text : ''))
        .join('');
    expect([textOf(['a', 'b']), textOf('c'), textOf({ text: 'd' })]).toEqual(['ab', 'c', 'd']);
    const { parts } = replicatePredictions.decodeResponse({ status: 'failed', error: 'No GPU.' });
    expect(parts).toMatchObject([{ type: 'error', error: { message: 'No GPU.' } }]);
  });

  it('that break off are not whole, and other things are no answer', () => {
    for (const [text, code] of [
      ['event: output\ndata: Hi\n\n', 'upstream_truncated'],
      ['<html>\n', 'bad_upstream'],
    ])
      expect(() => decode(text!), text).toThrow(expect.objectContaining({ code }) as RouterError);
    const parts = decode('event: error\ndata: {"detail":"Out of memory"}\n\n').flatMap(
      (event) => event.parts,
    );
    expect(parts.at(-1)).toMatchObject({ type: 'error', error: { message: 'Out of memory' } });
  });

  it('keep text that looks like JSON or an end mark', () => {
    const text = 'event: output\ndata: {"a":1}\ndata: [DONE]\n\nevent: done\ndata: {}\n\n';
    expect(decode(text).flatMap(({ parts }) => parts)).toContainEqual({
      type: 'text-delta',
      block: 0,
      text: '{"a":1}\n[DONE]',
    });
  });
});
