import type { Answer } from './answer.ts';
import type { Wire } from './wire.ts';

interface Block {
  type: string;
  text?: string;
}
interface Message {
  content: string | Block[];
}

const ID = 'msg_upstream_1';
const STOPS = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};
const ERROR_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

function textOf(content: Message['content'] | undefined): string {
  if (!Array.isArray(content)) return content ?? '';
  return content.map((block) => block.text ?? '').join('');
}

const isResult = ({ content }: Message) =>
  Array.isArray(content) && content.some(({ type }) => type === 'tool_result');

const stopOf = (answer: Answer) => STOPS[answer.finish ?? (answer.tools ? 'tool_calls' : 'stop')];

const usageOf = (answer: Answer) => ({
  input_tokens: answer.usage?.input ?? 11,
  output_tokens: answer.usage?.output ?? answer.text?.length ?? 0,
});

/** Each block: how it starts, its deltas, and what it is as a whole. */
function blocksOf(answer: Answer) {
  const thinking = answer.reasoning && {
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...answer.reasoning.map((text) => ({ type: 'thinking_delta', thinking: text })),
      { type: 'signature_delta', signature: 'proof-of-thought' },
    ],
    whole: {
      type: 'thinking',
      thinking: answer.reasoning.join(''),
      signature: 'proof-of-thought',
    },
  };
  const text = answer.text && {
    start: { type: 'text', text: '' },
    deltas: answer.text.map((piece) => ({ type: 'text_delta', text: piece })),
    whole: { type: 'text', text: answer.text.join('') },
  };
  const tools = (answer.tools ?? []).map((tool) => ({
    start: { type: 'tool_use', id: tool.id, name: tool.name, input: {} },
    deltas: ['', ...tool.arguments].map((partial_json) => ({
      type: 'input_json_delta',
      partial_json,
    })),
    whole: {
      type: 'tool_use',
      id: tool.id,
      name: tool.name,
      input: JSON.parse(tool.arguments.join('')) as unknown,
    },
  }));
  return [thinking, text, ...tools].filter((block) => block !== undefined);
}

function event(fields: { type: string; [field: string]: unknown }): string {
  return `event: ${fields.type}\ndata: ${JSON.stringify(fields)}`;
}

export const anthropicMessages: Wire = {
  name: 'anthropic-messages',
  matches: (method, path) => method === 'POST' && path.endsWith('/messages'),
  read(_path, body) {
    const messages = Array.isArray(body.messages) ? (body.messages as Message[]) : [];
    return {
      model: String(body.model),
      stream: body.stream === true,
      usage: true,
      prompt: textOf(messages.at(-1)?.content),
      hasToolResult: messages.some(isResult),
      body,
    };
  },
  body: (answer, asked) => ({
    id: ID,
    type: 'message',
    role: 'assistant',
    model: asked.model,
    content: blocksOf(answer).map(({ whole }) => whole),
    stop_reason: stopOf(answer),
    stop_sequence: null,
    usage: usageOf(answer),
  }),
  events(answer, asked) {
    const usage = usageOf(answer);
    const message = {
      id: ID,
      type: 'message',
      role: 'assistant',
      model: asked.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...usage, output_tokens: 1 },
    };
    return [
      event({ type: 'message_start', message }),
      event({ type: 'ping' }),
      ...blocksOf(answer).flatMap(({ start, deltas }, index) => [
        event({ type: 'content_block_start', index, content_block: start }),
        ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta })),
        event({ type: 'content_block_stop', index }),
      ]),
      event({
        type: 'message_delta',
        delta: { stop_reason: stopOf(answer), stop_sequence: null },
        usage,
      }),
      event({ type: 'message_stop' }),
    ];
  },
  error: (status, message) => ({
    type: 'error',
    error: { type: ERROR_TYPES[status] ?? 'api_error', message },
    request_id: 'req_upstream_1',
  }),
  errorEvent: (message) => event({ type: 'error', error: { type: 'overloaded_error', message } }),
  aside: (path) =>
    path.endsWith('/messages/count_tokens') ? { input_tokens: COUNTED_TOKENS } : undefined,
};

/** What this upstream counts, whatever it is asked. */
export const COUNTED_TOKENS = 42;
