import type {
  ChatRequest,
  ContentPart,
  Message,
  ReasoningContent,
  ResponseFormat,
  ToolCall,
  ToolChoice,
  ToolDefinition,
} from '../chat.ts';
import type { EncodedRequest, FormatTarget } from '../format.ts';
import type { Quirks } from '../../providers/provider.ts';
import { withoutHostile } from '../hostile.ts';
import { refuse, refuseNative } from '../invalid.ts';
import type { JsonObject } from '../json.ts';
import { toUrl } from '../media.ts';
import { toPathSegment } from '../path-segment.ts';
import { unmark, unmarkFor } from '../signature.ts';

/** Canonical -> what the target is sent. A caller of this format keeps every field that is not hostile. */
export function encodeRequest(chat: ChatRequest, target: FormatTarget): EncodedRequest {
  const quirks = target.provider.quirks ?? {};
  const isNative = chat.raw.format === 'openai-chat';
  const dropped: string[] = isNative ? [] : [...(chat.unmapped ?? [])];
  const body = isNative ? withoutHostile(chat.raw.body) : toBody(chat, quirks);

  body.model = target.model;
  if (chat.stream) {
    body.stream = true;
    body.stream_options = {
      ...(body.stream_options as JsonObject | undefined),
      include_usage: true,
    };
    if (quirks.noStreamOptions) delete body.stream_options;
  } else {
    delete body.stream;
    delete body.stream_options;
  }
  renameMaxTokens(body, quirks.maxTokensField);
  if (quirks.noTools) dropTools(body, chat);
  if (quirks.noDeveloperRole && Array.isArray(body.messages))
    body.messages = body.messages.map((message: JsonObject) =>
      message.role === 'developer' ? { ...message, role: 'system' } : message,
    );
  for (const field of quirks.dropParams ?? []) {
    if (body[field] === undefined) continue;
    delete body[field];
    dropped.push(field);
  }
  for (const [field, name] of Object.entries(quirks.renameParams ?? {})) {
    if (body[field] === undefined) continue;
    body[name] ??= body[field];
    delete body[field];
  }
  return {
    ...placeOf(target),
    headers: { accept: chat.stream ? 'text/event-stream' : 'application/json' },
    body,
    dropped,
  };
}

/** Tools that may not be called say nothing; any others the answer would lack. */
function dropTools(body: JsonObject, chat: ChatRequest): void {
  if ((chat.tools?.length ?? 0) > 0 && chat.toolChoice !== 'none')
    throw refuse('tools', 'can not be given to this provider: it calls no tools.');
  for (const field of ['tools', 'tool_choice', 'parallel_tool_calls', 'functions', 'function_call'])
    delete body[field];
}

const DEPLOYMENTS = /\/openai(?:\/deployments(?:\/[^/]+)?)?$/;

/** Azure's older interface has each model at a path of its own; its newer one ends with `/v1`. */
function placeOf({ provider, model }: FormatTarget): Pick<EncodedRequest, 'path' | 'replaces'> {
  const version = provider.quirks?.deploymentsVersion;
  if (version === undefined || !DEPLOYMENTS.test(provider.baseUrl))
    return { path: '/chat/completions' };
  return {
    path: `/deployments/${toPathSegment(model)}/chat/completions?api-version=${version}`,
    replaces: /\/deployments(?:\/[^/]+)?$/,
  };
}

function renameMaxTokens(
  body: JsonObject,
  field: 'max_tokens' | 'max_completion_tokens' | undefined,
): void {
  if (field === undefined) return;
  const other = field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  if (body[other] === undefined) return;
  body[field] ??= body[other];
  delete body[other];
}

/** A body for a caller of another format. Throws for what chat can't say. */
function toBody(chat: ChatRequest, quirks: Quirks): JsonObject {
  refuseNative(chat.nativeOnly, 'OpenAI chat');
  const body: JsonObject = {
    model: chat.model,
    messages: chat.messages.flatMap((message) => encodeMessage(message, quirks)),
  };
  const set = (field: string, value: unknown) => {
    if (value !== undefined) body[field] = value;
  };
  set('tools', chat.tools?.map(encodeTool));
  set('tool_choice', chat.toolChoice === undefined ? undefined : encodeToolChoice(chat.toolChoice));
  set('parallel_tool_calls', chat.tools === undefined ? undefined : chat.parallelToolCalls);
  set('response_format', encodeResponseFormat(chat.responseFormat));
  set('max_completion_tokens', chat.maxOutputTokens);
  set('temperature', chat.temperature);
  set('top_p', chat.topP);
  set('top_k', chat.topK);
  set('stop', chat.stop);
  set('seed', chat.seed);
  set('frequency_penalty', chat.frequencyPenalty);
  set('presence_penalty', chat.presencePenalty);
  set('n', chat.choices);
  set('logprobs', chat.logprobs === undefined ? undefined : true);
  set('top_logprobs', chat.logprobs?.top);
  set('reasoning_effort', effortOf(chat));
  set('user', chat.user);
  return body;
}

/** Chat knows efforts, not budgets: shares of the usual 16k budget stand for each other. */
function effortOf(chat: ChatRequest): string | undefined {
  const { effort, budgetTokens, enabled } = chat.reasoning ?? {};
  if (effort !== undefined) return effort;
  if (enabled === false) return 'none';
  if (budgetTokens !== undefined)
    return budgetTokens <= 2048 ? 'low' : budgetTokens <= 12_288 ? 'medium' : 'high';
  return enabled === true ? 'medium' : undefined;
}

function encodeMessage(message: Message, quirks: Quirks): JsonObject[] {
  const named = message.name === undefined ? {} : { name: message.name };
  switch (message.role) {
    case 'system':
    case 'developer':
    case 'user': {
      const results = message.content.filter((part) => part.type === 'tool-result');
      const rest = message.content.filter((part) => part.type !== 'tool-result');
      const messages = results.flatMap(encodeToolResult);
      if (rest.length > 0 || results.length === 0)
        messages.push({ role: message.role, content: encodeContent(rest), ...named });
      return messages;
    }
    case 'tool':
      return message.content.flatMap((part) =>
        part.type === 'tool-result' ? encodeToolResult(part) : [],
      );
    case 'assistant':
      return [{ ...encodeTurn(message.content, quirks), ...named }];
  }
}

function encodeToolResult(result: Extract<ContentPart, { type: 'tool-result' }>): JsonObject[] {
  const text = result.content.filter((part) => part.type === 'text');
  const media = result.content.filter((part) => part.type !== 'text');
  const content =
    text.length > 1 && text.some((part) => part.cache)
      ? text.map(encodePart)
      : text.map((part) => part.text).join('\n');
  const messages: JsonObject[] = [{ role: 'tool', tool_call_id: result.callId, content }];
  // A tool message holds text only: pictures follow as the user's, which is where models look for them.
  if (media.length > 0) messages.push({ role: 'user', content: media.map(encodePart) });
  return messages;
}

/** An assistant message of the talk so far, with what reasoning this provider wants to see again. */
function encodeTurn(content: readonly ContentPart[], quirks: Quirks): JsonObject {
  const message = encodeAssistant(content);
  const reasoning = content.filter((part) => part.type === 'reasoning');
  const thought = reasoning.map((part) => part.text).join('');
  if (quirks.reasoningField !== undefined && thought !== '')
    message[quirks.reasoningField] = thought;
  const details = reasoning.flatMap((block, index) =>
    toReasoningDetails(
      {
        ...block,
        signature: unmarkFor('openai-chat', block.signature),
        redacted: unmarkFor('openai-chat', block.redacted),
      },
      index,
    ),
  );
  if (details.length > 0) message.reasoning_details = details;
  return message;
}

/** An assistant message without its reasoning. */
export function encodeAssistant(content: readonly ContentPart[]): JsonObject {
  const message: JsonObject = { role: 'assistant', content: null };
  const text = content.filter((part) => part.type === 'text');
  if (text.length > 0) message.content = text.map((part) => part.text).join('');
  const refusal = content.filter((part) => part.type === 'refusal');
  if (refusal.length > 0) message.refusal = refusal.map((part) => part.text).join('');
  const calls = content.filter((part) => part.type === 'tool-call');
  if (calls.length > 0) message.tool_calls = calls.map(encodeToolCall);
  return message;
}

/** OpenRouter's form, the only one in this dialect that holds signatures. Text alone needs none. */
export function toReasoningDetails(block: ReasoningContent, index: number): JsonObject[] {
  const { text, signature, redacted } = block;
  const id = block.id === undefined ? {} : { id: block.id };
  const details: JsonObject[] = [];
  if (signature !== undefined)
    details.push({
      type: 'reasoning.text',
      text,
      signature: unmark('openai-chat', signature),
      ...id,
      index,
    });
  if (redacted !== undefined)
    details.push({
      type: 'reasoning.encrypted',
      data: unmark('openai-chat', redacted),
      ...id,
      index,
    });
  return details;
}

function encodeToolCall(call: ToolCall): JsonObject {
  return {
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.arguments === '' ? '{}' : call.arguments },
    ...googleSignature(call.signature),
  };
}

/** Where Google's compatible endpoint puts the proof of a call's reasoning. No one else has one. */
export function googleSignature(signature: string | undefined): JsonObject {
  const thought_signature = unmarkFor('google-generate-content', signature);
  return thought_signature === undefined
    ? {}
    : { extra_content: { google: { thought_signature } } };
}

function encodeContent(parts: readonly ContentPart[]): string | JsonObject[] {
  const only = parts.length === 1 ? parts[0]! : undefined;
  if (parts.length === 0) return '';
  if (only?.type === 'text' && only.cache === undefined) return only.text;
  return parts.map(encodePart);
}

function encodePart(part: ContentPart): JsonObject {
  const cached =
    part.cache === undefined ? {} : { cache_control: { type: 'ephemeral', ...part.cache } };
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text, ...cached };
    case 'refusal':
      return { type: 'refusal', refusal: part.text };
    case 'image': {
      const url = toUrl(part.source);
      if (url === undefined)
        throw refuse('messages', 'names an uploaded image, which only its own provider has.');
      return {
        type: 'image_url',
        image_url: { url, ...(part.detail !== undefined && { detail: part.detail }) },
        ...cached,
      };
    }
    case 'audio':
      if (part.source.kind !== 'base64')
        throw refuse('messages', 'holds audio by reference; chat takes it inline.');
      return {
        type: 'input_audio',
        input_audio: { data: part.source.data, format: audioFormat(part) },
        ...cached,
      };
    case 'file': {
      const filename = part.filename === undefined ? {} : { filename: part.filename };
      if (part.source.kind === 'id') return { type: 'file', file: { file_id: part.source.id } };
      return {
        type: 'file',
        file: { ...filename, file_data: toUrl(part.source) },
        ...cached,
      };
    }
    default:
      throw refuse('messages', `holds a part of type ${part.type} where chat has no place for it.`);
  }
}

function audioFormat(part: Extract<ContentPart, { type: 'audio' }>): string {
  if (part.format !== undefined) return part.format;
  const subtype = part.source.kind === 'base64' ? part.source.mediaType.split('/')[1] : undefined;
  return subtype === 'mpeg' ? 'mp3' : (subtype?.replace(/^x-/, '') ?? 'wav');
}

function encodeTool(tool: ToolDefinition): JsonObject {
  return {
    type: 'function',
    function: {
      name: tool.name,
      ...(tool.description !== undefined && { description: tool.description }),
      ...(tool.parameters !== undefined && { parameters: tool.parameters }),
      ...(tool.strict !== undefined && { strict: tool.strict }),
    },
    ...(tool.cache !== undefined && { cache_control: { type: 'ephemeral', ...tool.cache } }),
  };
}

function encodeToolChoice(choice: ToolChoice): unknown {
  return typeof choice === 'string'
    ? choice
    : { type: 'function', function: { name: choice.name } };
}

function encodeResponseFormat(format: ResponseFormat | undefined): JsonObject | undefined {
  if (format === undefined || format.type === 'text') return undefined;
  if (format.type === 'json') return { type: 'json_object' };
  const { name = 'answer', description, schema, strict } = format;
  return {
    type: 'json_schema',
    json_schema: {
      name,
      ...(description !== undefined && { description }),
      schema,
      ...(strict !== undefined && { strict }),
    },
  };
}
