import type { Answer } from './answer.ts';
import { openaiChat } from './openai-chat.ts';
import type { Asked, Wire } from './wire.ts';

interface Item {
  type?: string;
  content?: string | { text?: string }[];
}
type Fields = Record<string, unknown>;

const ID = 'resp_upstream_1';
const CREATED = 1_763_000_000;

function textOf(input: unknown): string {
  if (typeof input === 'string') return input;
  const content = (input as Item[]).at(-1)?.content;
  if (!Array.isArray(content)) return content ?? '';
  return content.map((part) => part.text ?? '').join('');
}

function usageOf(answer: Answer) {
  const input_tokens = answer.usage?.input ?? 11;
  const output_tokens = answer.usage?.output ?? answer.text?.length ?? 0;
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input_tokens + output_tokens,
  };
}

/** What the model gave, an item each. */
function itemsOf(answer: Answer): Fields[] {
  const thought = answer.reasoning && {
    id: 'rs_1',
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: answer.reasoning.join('') }],
    encrypted_content: 'proof-of-thought',
  };
  const said = answer.text && {
    id: 'msg_1',
    type: 'message',
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text: answer.text.join(''), annotations: [], logprobs: [] }],
  };
  const calls = (answer.tools ?? []).map((tool) => ({
    id: `fc_${tool.id}`,
    type: 'function_call',
    status: 'completed',
    call_id: tool.id,
    name: tool.name,
    arguments: tool.arguments.join(''),
  }));
  return [thought, said, ...calls].filter((item) => item !== undefined);
}

function responseOf(answer: Answer, asked: Asked, change: Fields = {}): Fields {
  const isShort = answer.finish === 'length';
  return {
    id: ID,
    object: 'response',
    created_at: CREATED,
    status: isShort ? 'incomplete' : 'completed',
    incomplete_details: isShort ? { reason: 'max_output_tokens' } : null,
    error: null,
    model: asked.model,
    output: itemsOf(answer),
    parallel_tool_calls: true,
    previous_response_id: asked.body.previous_response_id ?? null,
    store: asked.body.store !== false,
    usage: usageOf(answer),
    ...change,
  };
}

function eventsOf(answer: Answer, asked: Asked): Fields[] {
  const begun = responseOf(answer, asked, { status: 'in_progress', output: [], usage: null });
  const events: Fields[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
  ];
  itemsOf(answer).forEach((item, output_index) => {
    const at = { item_id: item.id, output_index };
    const opening = { ...item, status: 'in_progress' };
    if (item.type === 'reasoning') {
      const place = { ...at, summary_index: 0 };
      const part = (item.summary as Fields[])[0];
      events.push(
        {
          type: 'response.output_item.added',
          output_index,
          item: { id: item.id, type: 'reasoning', summary: [] },
        },
        {
          type: 'response.reasoning_summary_part.added',
          ...place,
          part: { type: 'summary_text', text: '' },
        },
        ...answer.reasoning!.map((delta) => ({
          type: 'response.reasoning_summary_text.delta',
          ...place,
          delta,
        })),
        { type: 'response.reasoning_summary_text.done', ...place, text: part?.text },
        { type: 'response.reasoning_summary_part.done', ...place, part },
      );
    }
    if (item.type === 'message') {
      const place = { ...at, content_index: 0 };
      const part = (item.content as Fields[])[0];
      events.push(
        { type: 'response.output_item.added', output_index, item: { ...opening, content: [] } },
        { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
        ...answer.text!.map((delta) => ({
          type: 'response.output_text.delta',
          ...place,
          delta,
          logprobs: [],
        })),
        { type: 'response.output_text.done', ...place, text: part?.text, logprobs: [] },
        { type: 'response.content_part.done', ...place, part },
      );
    }
    if (item.type === 'function_call') {
      const tool = answer.tools!.find(({ id }) => id === item.call_id)!;
      events.push(
        { type: 'response.output_item.added', output_index, item: { ...opening, arguments: '' } },
        ...tool.arguments.map((delta) => ({
          type: 'response.function_call_arguments.delta',
          ...at,
          delta,
        })),
        {
          type: 'response.function_call_arguments.done',
          ...at,
          name: tool.name,
          arguments: item.arguments,
        },
      );
    }
    events.push({ type: 'response.output_item.done', output_index, item });
  });
  const whole = responseOf(answer, asked);
  return [...events, { type: `response.${String(whole.status)}`, response: whole }];
}

export const openaiResponses: Wire = {
  name: 'openai-responses',
  matches: (method, path) => method === 'POST' && path.endsWith('/responses'),
  read(_path, body) {
    const input = (body.input ?? '') as string | Item[];
    return {
      model: String(body.model),
      stream: body.stream === true,
      usage: true,
      prompt: textOf(input),
      hasToolResult:
        Array.isArray(input) && input.some(({ type }) => type === 'function_call_output'),
      body,
    };
  },
  body: responseOf,
  events: (answer, asked) =>
    eventsOf(answer, asked).map(
      (event, sequence_number) =>
        `event: ${String(event.type)}\ndata: ${JSON.stringify({ ...event, sequence_number })}`,
    ),
  error: openaiChat.error,
  errorEvent: (message) =>
    `event: error\ndata: ${JSON.stringify({ type: 'error', code: 'server_error', message, param: null, sequence_number: 9 })}`,
};
