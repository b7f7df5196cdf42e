import type { ChatRequest, ContentPart, Message, ToolDefinition } from '../chat.ts';
import type { EncodedRequest, FormatTarget } from '../format.ts';
import { refuse, refuseNative } from '../invalid.ts';
import { type JsonObject, namesOf } from '../json.ts';
import { fromBase64, toUrl } from '../media.ts';

/** Canonical -> what the target is sent. Beside the compatible endpoint, whose path `/v2/chat` replaces. */
export function encodeRequest(chat: ChatRequest, target: FormatTarget): EncodedRequest {
  refuseNative(chat.nativeOnly, 'Cohere');
  const dropped = [...(chat.unmapped ?? [])];
  return {
    path: '/v2/chat',
    replaces: /(?:\/compatibility)?\/v\d+$/,
    headers: { accept: chat.stream ? 'text/event-stream' : 'application/json' },
    body: toBody(chat, target.model, dropped),
    dropped,
  };
}

function toBody(chat: ChatRequest, model: string, dropped: string[]): JsonObject {
  const body: JsonObject = { model, messages: chat.messages.flatMap(encodeMessage) };
  const set = (field: string, value: unknown) => {
    if (value !== undefined) body[field] = value;
  };
  body.stream = chat.stream;
  encodeTools(chat, body);
  set('max_tokens', chat.maxOutputTokens);
  set('temperature', chat.temperature);
  set('p', chat.topP === undefined ? undefined : within(0.01, 0.99, chat.topP));
  set('k', chat.topK);
  set('seed', chat.seed);
  set('stop_sequences', chat.stop);
  // They go from 0 to 1 here.
  set('frequency_penalty', optional(chat.frequencyPenalty));
  set('presence_penalty', optional(chat.presencePenalty));
  if (chat.responseFormat?.type === 'json') body.response_format = { type: 'json_object' };
  if (chat.responseFormat?.type === 'json-schema')
    body.response_format = { type: 'json_object', json_schema: chat.responseFormat.schema };
  encodeThinking(chat, model, body, dropped);
  dropped.push(...namesOf(unsayable(chat)));
  return body;
}

function optional(penalty: number | undefined): number | undefined {
  return penalty === undefined ? undefined : within(0, 1, penalty);
}

function within(least: number, most: number, value: number): number {
  return Math.min(most, Math.max(least, value));
}

/** What Cohere has no field for, in the words that most callers use. */
function unsayable(chat: ChatRequest): JsonObject {
  return {
    n: chat.choices,
    logprobs: chat.logprobs,
    user: chat.user,
    parallel_tool_calls: chat.parallelToolCalls === false ? false : undefined,
  };
}

/** There is no word for one named tool: it is the only one that is told, and one is required. */
function encodeTools(chat: ChatRequest, body: JsonObject): void {
  const { toolChoice, tools } = chat;
  if (tools === undefined || tools.length === 0) return;
  const named = typeof toolChoice === 'object' ? toolChoice.name : undefined;
  const told = tools.filter(({ name }) => named === undefined || name === named);
  body.tools = (told.length > 0 ? told : tools).map(encodeTool);
  if (toolChoice === 'none') body.tool_choice = 'NONE';
  if (toolChoice === 'required' || named !== undefined) body.tool_choice = 'REQUIRED';
  if (tools.some(({ strict }) => strict)) body.strict_tools = true;
}

function encodeTool({ name, description, parameters }: ToolDefinition): JsonObject {
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters: parameters ?? { type: 'object', properties: {} },
    },
  };
}

/** Only some models think, and the others refuse to be asked. */
const THINKS = /reasoning|command-a-plus|north/;

function encodeThinking(
  chat: ChatRequest,
  model: string,
  body: JsonObject,
  dropped: string[],
): void {
  const { reasoning } = chat;
  if (reasoning === undefined) return;
  const off = reasoning.effort === 'none' || reasoning.enabled === false;
  if (!THINKS.test(model)) {
    if (!off) dropped.push('reasoning_effort');
    return;
  }
  const { budgetTokens } = reasoning;
  body.thinking = off
    ? { type: 'disabled' }
    : { type: 'enabled', ...(budgetTokens !== undefined && { token_budget: budgetTokens }) };
}

function encodeMessage({ role, content }: Message): JsonObject[] {
  if (role === 'assistant') return encodeTurn(content);
  const results = content.filter((part) => part.type === 'tool-result');
  const messages = results.map((part): JsonObject => {
    const text = part.content.map((inner) => wordsOf(inner, 'a tool’s result')).join('\n');
    return { role: 'tool', tool_call_id: part.callId, content: text };
  });
  const rest = content.filter((part) => part.type !== 'tool-result');
  if (rest.length === 0 || role === 'tool') return messages;
  const own = role === 'developer' ? 'system' : role;
  return [...messages, { role: own, content: plainOrParts(rest.map(encodePart)) }];
}

function encodeTurn(content: readonly ContentPart[]): JsonObject[] {
  const calls = content.filter((part) => part.type === 'tool-call');
  const text = content.flatMap((part) =>
    part.type === 'text' || part.type === 'refusal' ? [part.text] : [],
  );
  const said = text.join('');
  const plan = content.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
  if (calls.length === 0) return said === '' ? [] : [{ role: 'assistant', content: said }];
  return [
    {
      role: 'assistant',
      ...(said !== '' && { content: said }),
      ...(plan !== '' && { tool_plan: plan }),
      tool_calls: calls.map(({ id, name, arguments: json }) => ({
        id,
        type: 'function',
        function: { name, arguments: json || '{}' },
      })),
    },
  ];
}

function plainOrParts(parts: readonly JsonObject[]): unknown {
  const only = parts.length === 1 ? parts[0] : undefined;
  return only?.type === 'text' ? only.text : parts;
}

function encodePart(part: ContentPart): JsonObject {
  if (part.type !== 'image') return { type: 'text', text: wordsOf(part, 'a message') };
  const url = toUrl(part.source);
  if (url === undefined)
    throw refuse('messages', 'holds an image by its id, which Cohere does not know.');
  const { detail } = part;
  const told = detail === 'original' ? 'high' : detail;
  return { type: 'image_url', image_url: { url, ...(told !== undefined && { detail: told }) } };
}

/** Text, and files of text. */
function wordsOf(part: ContentPart, where: string): string {
  if (part.type === 'text' || part.type === 'refusal') return part.text;
  if (
    part.type === 'file' &&
    part.source.kind === 'base64' &&
    /^text\//.test(part.source.mediaType)
  )
    return fromBase64(part.source.data);
  throw refuse('messages', `holds ${part.type} in ${where}, which Cohere has no place for.`);
}
