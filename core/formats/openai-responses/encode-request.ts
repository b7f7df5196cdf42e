import type {
  ChatRequest,
  ContentPart,
  Message,
  ReasoningContent,
  ResponseFormat,
} from '../chat.ts';
import type { EncodedRequest, FormatTarget } from '../format.ts';
import { withoutHostile } from '../hostile.ts';
import { refuse, refuseNative } from '../invalid.ts';
import { namesOf, type JsonObject } from '../json.ts';
import { toUrl } from '../media.ts';
import { isForeign, unmarkFor } from '../signature.ts';
import { encodeAnnotation } from './citation.ts';

/** Canonical -> what the target is sent. A caller of this format keeps every field that is not hostile. */
export function encodeRequest(chat: ChatRequest, target: FormatTarget): EncodedRequest {
  const isNative = chat.raw.format === 'openai-responses';
  const dropped: string[] = isNative ? [] : [...(chat.unmapped ?? [])];
  const body = isNative ? toOwnBody(chat.raw.body) : toBody(chat, dropped);
  body.model = target.model;
  if (chat.stream) body.stream = true;
  else delete body.stream;
  for (const field of target.provider.quirks?.dropParams ?? []) {
    if (body[field] === undefined) continue;
    delete body[field];
    dropped.push(field);
  }
  return {
    path: '/responses',
    headers: { accept: chat.stream ? 'text/event-stream' : 'application/json' },
    body,
    dropped,
  };
}

/** The caller's body, less what may not be sent: hostile fields, and other providers' proofs. */
function toOwnBody(raw: JsonObject): JsonObject {
  const body = withoutHostile(raw);
  if (Array.isArray(body.input))
    body.input = body.input.filter(
      (item: JsonObject) => !isForeign('openai-responses', item?.encrypted_content),
    );
  return body;
}

/** A body for a caller of another format. Throws for what responses can't say. */
function toBody(chat: ChatRequest, dropped: string[]): JsonObject {
  refuseNative(chat.nativeOnly, 'OpenAI responses');
  const body: JsonObject = { input: chat.messages.flatMap(encodeMessage), store: false };
  const set = (field: string, value: unknown) => {
    if (value !== undefined) body[field] = value;
  };
  set('tools', chat.tools?.map(encodeTool));
  const choice = chat.toolChoice;
  set('tool_choice', typeof choice === 'object' ? { type: 'function', name: choice.name } : choice);
  set('parallel_tool_calls', chat.tools === undefined ? undefined : chat.parallelToolCalls);
  set('text', encodeFormat(chat.responseFormat));
  set('max_output_tokens', chat.maxOutputTokens);
  set('temperature', chat.temperature);
  set('top_p', chat.topP);
  set('user', chat.user);
  const include: string[] = [];
  if (chat.reasoning !== undefined) {
    body.reasoning = encodeReasoning(chat);
    // Nothing is stored there: the proof comes back to us in its encrypted form.
    include.push('reasoning.encrypted_content');
  }
  if (chat.logprobs !== undefined) {
    include.push('message.output_text.logprobs');
    set('top_logprobs', chat.logprobs.top);
  }
  if (include.length > 0) body.include = include;
  const unsayable = {
    top_k: chat.topK,
    stop: chat.stop,
    seed: chat.seed,
    frequency_penalty: chat.frequencyPenalty,
    presence_penalty: chat.presencePenalty,
    n: chat.choices,
  };
  dropped.push(...namesOf(unsayable));
  return body;
}

function encodeReasoning(chat: ChatRequest): JsonObject {
  const { effort, budgetTokens, enabled, summary } = chat.reasoning!;
  const byBudget =
    budgetTokens === undefined
      ? undefined
      : budgetTokens <= 2048
        ? 'low'
        : budgetTokens <= 12_288
          ? 'medium'
          : 'high';
  const wanted =
    effort ?? (enabled === false ? 'none' : (byBudget ?? (enabled ? 'medium' : undefined)));
  const told = summary === 'none' ? undefined : (summary ?? (enabled ? 'auto' : undefined));
  return {
    ...(wanted !== undefined && { effort: wanted }),
    ...(told !== undefined && { summary: told }),
  };
}

function encodeMessage(message: Message): JsonObject[] {
  if (message.role === 'tool')
    return message.content.flatMap((part) =>
      part.type === 'tool-result' ? [encodeResult(part)] : [],
    );
  if (message.role === 'assistant') return encodeTurn(message.content);
  const results = message.content.flatMap((part) =>
    part.type === 'tool-result' ? [encodeResult(part)] : [],
  );
  const rest = message.content.filter((part) => part.type !== 'tool-result');
  if (rest.length === 0) return results;
  return [...results, { type: 'message', role: message.role, content: rest.map(encodeInput) }];
}

function encodeResult(result: Extract<ContentPart, { type: 'tool-result' }>): JsonObject {
  const onlyText = result.content.every((part) => part.type === 'text');
  const output = onlyText
    ? result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
    : result.content.map(encodeInput);
  return { type: 'function_call_output', call_id: result.callId, output };
}

/** What the assistant said, thought and called: an item each, in their order. */
function encodeTurn(content: readonly ContentPart[]): JsonObject[] {
  const items: JsonObject[] = [];
  let said: JsonObject[] | undefined;
  content.forEach((part, index) => {
    if (part.type === 'text' || part.type === 'refusal') {
      if (said === undefined)
        items.push({ type: 'message', role: 'assistant', content: (said = []) });
      said.push(encodeOutput(part));
      return;
    }
    said = undefined;
    if (part.type === 'reasoning') items.push(...encodeThought(content, index, part));
    if (part.type === 'tool-call')
      items.push({
        type: 'function_call',
        call_id: part.id,
        name: part.name,
        arguments: part.arguments === '' ? '{}' : part.arguments,
      });
  });
  return items;
}

/** Thoughts go back only with their proof; the parts of one summary are one item with it. */
function encodeThought(
  content: readonly ContentPart[],
  index: number,
  part: ReasoningContent,
): JsonObject[] {
  const encrypted_content =
    unmarkFor('openai-responses', part.redacted) ?? unmarkFor('openai-responses', part.signature);
  if (encrypted_content === undefined) return [];
  let first = index;
  const isSame = (other: ContentPart | undefined) =>
    other?.type === 'reasoning' && part.id !== undefined && other.id === part.id;
  while (isSame(content[first - 1])) first--;
  const texts = content
    .slice(first, index + 1)
    .map((thought) => (thought as ReasoningContent).text);
  return [
    {
      type: 'reasoning',
      ...(part.id !== undefined && { id: part.id }),
      summary: texts.filter((text) => text !== '').map((text) => ({ type: 'summary_text', text })),
      encrypted_content,
    },
  ];
}

function encodeOutput(part: Extract<ContentPart, { type: 'text' | 'refusal' }>): JsonObject {
  if (part.type === 'refusal') return { type: 'refusal', refusal: part.text };
  const annotations = (part.citations ?? [])
    .map(encodeAnnotation)
    .filter((cited) => cited !== undefined);
  return { type: 'output_text', text: part.text, annotations };
}

function encodeInput(part: ContentPart): JsonObject {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: 'input_text', text: part.text };
    case 'image':
      return {
        type: 'input_image',
        ...(part.source.kind === 'id'
          ? { file_id: part.source.id }
          : { image_url: toUrl(part.source) }),
        ...(part.detail !== undefined && { detail: part.detail }),
      };
    case 'file': {
      const filename = part.filename === undefined ? {} : { filename: part.filename };
      if (part.source.kind === 'id') return { type: 'input_file', file_id: part.source.id };
      if (part.source.kind === 'url') return { type: 'input_file', file_url: part.source.url };
      return { type: 'input_file', ...filename, file_data: toUrl(part.source) };
    }
    case 'audio':
      if (part.source.kind !== 'base64')
        throw refuse('messages', 'holds audio by reference; it must be inline.');
      return {
        type: 'input_audio',
        input_audio: { data: part.source.data, format: part.format ?? 'wav' },
      };
    default:
      throw refuse(
        'messages',
        `holds a part of type ${part.type} where responses have no place for it.`,
      );
  }
}

function encodeTool(tool: NonNullable<ChatRequest['tools']>[number]): JsonObject {
  return {
    type: 'function',
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    parameters: tool.parameters ?? { type: 'object', properties: {} },
    // Left out it would mean true here.
    strict: tool.strict ?? false,
  };
}

function encodeFormat(format: ResponseFormat | undefined): JsonObject | undefined {
  if (format === undefined || format.type === 'text') return undefined;
  if (format.type === 'json') return { format: { type: 'json_object' } };
  const { name = 'answer', description, schema, strict } = format;
  return {
    format: {
      type: 'json_schema',
      name,
      ...(description !== undefined && { description }),
      schema,
      ...(strict !== undefined && { strict }),
    },
  };
}
