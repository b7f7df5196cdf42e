import type { FormatName } from '../formats/chat.ts';

/** Streams of text as providers of each format send them: what comes first, each delta, and the end. */
export interface WireStream {
  readonly head: string;
  delta(n: number): string;
  readonly end: string;
}

const sse = (body: object, name?: string) =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(body)}\n\n`;

/** A word now and then holds a line break or a quotation mark, as in real text. */
const word = (n: number) => (n % 20 === 19 ? '.\n' : n % 33 === 32 ? ' "so"' : ` word${n % 100}`);

const chatChunk = (delta: object, finish: string | null, rest: object = {}) =>
  sse({
    id: 'chatcmpl-BzQ3K7vYx1',
    object: 'chat.completion.chunk',
    created: 1763683200,
    model: 'gpt-5-mini-2025-08-07',
    service_tier: 'default',
    system_fingerprint: 'fp_44709d6fcb',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    usage: null,
    ...rest,
  });

const PADDING = 'bQ8fTzLx2Wn5Yc';

const responsesEvent = (type: string, n: number, fields: object) =>
  sse({ type, sequence_number: n, ...fields }, type);

const response = (status: string, rest: object = {}) => ({
  id: 'resp_0a1b2c3d4e5f',
  object: 'response',
  created_at: 1763683200,
  status,
  model: 'gpt-5-mini-2025-08-07',
  output: [],
  ...rest,
});
const ITEM = 'msg_0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const MESSAGE = { id: ITEM, type: 'message', role: 'assistant' };

const googleChunk = (text: string, finish: object, tokens: number) =>
  sse({
    candidates: [{ content: { parts: [{ text }], role: 'model' }, ...finish, index: 0 }],
    usageMetadata: {
      promptTokenCount: 9,
      candidatesTokenCount: tokens,
      totalTokenCount: 9 + tokens,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 9 }],
    },
    modelVersion: 'gemini-2.5-flash',
    responseId: 'q7weaYKJEuKZ7M8P6uGzwQ4',
  }).replaceAll('\n', '\r\n');

export const STREAMS: Readonly<Partial<Record<FormatName, WireStream>>> = {
  'openai-chat': {
    head: chatChunk({ role: 'assistant', content: '', refusal: null }, null, {
      obfuscation: PADDING,
    }),
    delta: (n) =>
      chatChunk({ content: word(n) }, null, { obfuscation: PADDING.slice(n % PADDING.length) }),
    end:
      chatChunk({}, 'stop', { obfuscation: 'x' }) +
      sse({
        id: 'chatcmpl-BzQ3K7vYx1',
        object: 'chat.completion.chunk',
        created: 1763683200,
        model: 'gpt-5-mini-2025-08-07',
        choices: [],
        usage: { prompt_tokens: 9, completion_tokens: 1000, total_tokens: 1009 },
      }) +
      'data: [DONE]\n\n',
  },
  'anthropic-messages': {
    head:
      sse(
        {
          type: 'message_start',
          message: {
            model: 'claude-sonnet-4-5-20250929',
            id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
            type: 'message',
            role: 'assistant',
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { input_tokens: 9, output_tokens: 1 },
          },
        },
        'message_start',
      ) +
      sse(
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        'content_block_start',
      ),
    delta: (n) =>
      sse(
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: word(n) } },
        'content_block_delta',
      ),
    end:
      sse({ type: 'content_block_stop', index: 0 }, 'content_block_stop') +
      sse(
        {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: { output_tokens: 1000 },
        },
        'message_delta',
      ) +
      sse({ type: 'message_stop' }, 'message_stop'),
  },
  'openai-responses': {
    head:
      responsesEvent('response.created', 0, { response: response('in_progress') }) +
      responsesEvent('response.output_item.added', 1, {
        output_index: 0,
        item: { ...MESSAGE, status: 'in_progress', content: [] },
      }) +
      responsesEvent('response.content_part.added', 2, {
        item_id: ITEM,
        output_index: 0,
        content_index: 0,
        part: { type: 'output_text', annotations: [], logprobs: [], text: '' },
      }),
    delta: (n) =>
      responsesEvent('response.output_text.delta', n + 3, {
        item_id: ITEM,
        output_index: 0,
        content_index: 0,
        delta: word(n),
        logprobs: [],
        obfuscation: PADDING.slice(n % PADDING.length),
      }),
    end: responsesEvent('response.completed', 100_000, {
      response: response('completed', {
        output: [
          {
            ...MESSAGE,
            status: 'completed',
            content: [{ type: 'output_text', annotations: [], text: 'all of it' }],
          },
        ],
        usage: { input_tokens: 9, output_tokens: 1000, total_tokens: 1009 },
      }),
    }),
  },
  'google-generate-content': {
    head: googleChunk('Once', {}, 1),
    delta: (n) => googleChunk(word(n), {}, n + 2),
    end: googleChunk('.', { finishReason: 'STOP' }, 1000),
  },
};

/** A number of deltas, so many of them in a network chunk. */
export function chunksOf(wire: WireStream, deltas: number, perChunk: number): Uint8Array[] {
  const utf8 = new TextEncoder();
  return Array.from({ length: deltas / perChunk }, (_, chunk) =>
    utf8.encode(
      Array.from({ length: perChunk }, (_, n) => wire.delta(chunk * perChunk + n)).join(''),
    ),
  );
}
