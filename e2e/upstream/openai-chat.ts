import type { Answer } from './answer.ts';
import type { Asked, Wire } from './wire.ts';

interface Message {
  role: string;
  content: unknown;
}

const ID = 'chatcmpl-upstream-1';
const CREATED = 1_763_000_000;
const ERROR_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'invalid_request_error',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
};

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: string }) => part.text ?? '').join('');
}

function usageOf(answer: Answer) {
  const input = answer.usage?.input ?? 11;
  const output = answer.usage?.output ?? answer.text?.length ?? 0;
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

const finishOf = (answer: Answer) => answer.finish ?? (answer.tools ? 'tool_calls' : 'stop');

function deltasOf(answer: Answer): Record<string, unknown>[] {
  const calls = (answer.tools ?? []).flatMap((tool, index) => [
    {
      tool_calls: [
        { index, id: tool.id, type: 'function', function: { name: tool.name, arguments: '' } },
      ],
    },
    ...tool.arguments.map((fragment) => ({
      tool_calls: [{ index, function: { arguments: fragment } }],
    })),
  ]);
  return [
    { role: 'assistant', content: answer.tools ? null : '' },
    ...(answer.reasoning ?? []).map((reasoning_content) => ({ reasoning_content })),
    ...(answer.text ?? []).map((content) => ({ content })),
    ...calls,
  ];
}

function chunk(asked: Asked, fields: Record<string, unknown>): string {
  const base = { id: ID, object: 'chat.completion.chunk', created: CREATED, model: asked.model };
  return `data: ${JSON.stringify({ ...base, ...fields })}`;
}

export const openaiChat: Wire = {
  name: 'openai-chat',
  matches: (method, path) => method === 'POST' && path.endsWith('/chat/completions'),
  read(_path, body) {
    const messages = Array.isArray(body.messages) ? (body.messages as Message[]) : [];
    const options = body.stream_options as { include_usage?: boolean } | undefined;
    return {
      model: String(body.model),
      stream: body.stream === true,
      usage: options?.include_usage === true,
      prompt: textOf(messages.at(-1)?.content),
      hasToolResult: messages.some((message) => message.role === 'tool'),
      body,
    };
  },
  body(answer, asked) {
    const calls = answer.tools?.map((tool) => ({
      id: tool.id,
      type: 'function',
      function: { name: tool.name, arguments: tool.arguments.join('') },
    }));
    return {
      id: ID,
      object: 'chat.completion',
      created: CREATED,
      model: asked.model,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: answer.text?.join('') ?? null,
            ...(answer.reasoning ? { reasoning_content: answer.reasoning.join('') } : {}),
            ...(calls ? { tool_calls: calls } : {}),
          },
          finish_reason: finishOf(answer),
        },
      ],
      usage: usageOf(answer),
    };
  },
  events(answer, asked) {
    const usage = asked.usage ? { usage: null } : {};
    const choice = (delta: unknown, finish_reason: string | null) =>
      chunk(asked, { choices: [{ index: 0, delta, finish_reason }], ...usage });
    return [
      ...deltasOf(answer).map((delta) => choice(delta, null)),
      choice({}, finishOf(answer)),
      ...(asked.usage ? [chunk(asked, { choices: [], usage: usageOf(answer) })] : []),
      'data: [DONE]',
    ];
  },
  error: (status, message, code) => ({
    error: {
      message,
      type: ERROR_TYPES[status] ?? 'server_error',
      param: null,
      code: code ?? null,
    },
  }),
  errorEvent: (message) =>
    `data: ${JSON.stringify({ error: { message, type: 'server_error', param: null, code: 'upstream_sick' } })}`,
};
