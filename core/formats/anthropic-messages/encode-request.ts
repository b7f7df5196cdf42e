import type {
  CacheHint,
  ChatRequest,
  ContentPart,
  MediaSource,
  Message,
  ToolChoice,
} from '../chat.ts';
import type { EncodedRequest, FormatTarget } from '../format.ts';
import { withoutHostile } from '../hostile.ts';
import { refuse, refuseNative } from '../invalid.ts';
import { type JsonObject, fromArguments, namesOf } from '../json.ts';
import { toStrictSchema } from '../json-schema.ts';
import { fromBase64 } from '../media.ts';
import { toPathSegment } from '../path-segment.ts';
import { isForeign, unmarkFor } from '../signature.ts';
import { encodeCitation } from './citation.ts';
import { traitsOf } from '../claude-version.ts';
import { encodeThinking } from '../claude-thinking.ts';

/** Canonical -> what the target is sent. A caller of this format keeps every field that is not hostile. */
export function encodeRequest(chat: ChatRequest, target: FormatTarget): EncodedRequest {
  const isNative = chat.raw.format === 'anthropic-messages';
  const dropped: string[] = isNative ? [] : [...(chat.unmapped ?? [])];
  const body = isNative ? toOwnBody(chat.raw.body) : toBody(chat, target.model, dropped);
  body.model = target.model;
  body.max_tokens ??= traitsOf(target.model).maxTokens;
  if (chat.stream) body.stream = true;
  else delete body.stream;
  for (const field of target.provider.quirks?.dropParams ?? []) {
    if (body[field] === undefined) continue;
    delete body[field];
    dropped.push(field);
  }
  if (target.provider.quirks?.rawPredict) return toRawPredict(body, chat.stream, dropped);
  return {
    path: '/messages',
    headers: {
      accept: chat.stream ? 'text/event-stream' : 'application/json',
      'anthropic-version': '2023-06-01',
      'anthropic-dangerous-direct-browser-access': 'true',
    },
    body,
    dropped,
  };
}

/**
 * The same on Google's Vertex AI: the model is in the path and the version in the body.
 * Source: docs.anthropic.com, "Claude on Vertex AI".
 */
function toRawPredict(body: JsonObject, streams: boolean, dropped: string[]): EncodedRequest {
  const { model, ...rest } = body;
  const method = streams ? 'streamRawPredict' : 'rawPredict';
  return {
    path: `/publishers/anthropic/models/${toPathSegment(model as string)}:${method}`,
    headers: { accept: streams ? 'text/event-stream' : 'application/json' },
    body: { anthropic_version: 'vertex-2023-10-16', ...rest },
    dropped,
  };
}

/** The caller's body, less what may not be sent: hostile fields, and other providers' proofs. */
function toOwnBody(raw: JsonObject): JsonObject {
  const body = withoutHostile(raw);
  if (!Array.isArray(body.messages)) return body;
  const isOwn = (block: JsonObject) =>
    !isForeign('anthropic-messages', block?.signature) &&
    !isForeign('anthropic-messages', block?.data);
  body.messages = body.messages.map((message: JsonObject) =>
    Array.isArray(message.content) && !message.content.every(isOwn)
      ? { ...message, content: message.content.filter(isOwn) }
      : message,
  );
  return body;
}

/** A body for a caller of another format. Throws for what messages can't say. */
function toBody(chat: ChatRequest, model: string, dropped: string[]): JsonObject {
  refuseNative(chat.nativeOnly, 'Anthropic');
  const isSystem = ({ role }: Message) => role === 'system' || role === 'developer';
  const system = chat.messages
    .filter(isSystem)
    .flatMap((message) => message.content.map(encodeBlock));
  const body: JsonObject = {
    model,
    messages: encodeMessages(chat.messages.filter((m) => !isSystem(m))),
  };
  const set = (field: string, value: unknown) => {
    if (value !== undefined) body[field] = value;
  };
  set('system', system.length === 0 ? undefined : plainOrBlocks(system));
  set('max_tokens', chat.maxOutputTokens);
  set('tools', chat.tools?.map(encodeTool));
  set('tool_choice', encodeToolChoice(chat));
  set('temperature', chat.temperature === undefined ? undefined : Math.min(1, chat.temperature));
  set('top_p', chat.topP);
  set('top_k', chat.topK);
  set('stop_sequences', chat.stop);
  if (chat.user !== undefined) body.metadata = { user_id: chat.user };
  if (chat.responseFormat?.type === 'json-schema')
    body.output_config = {
      format: { type: 'json_schema', schema: toStrictSchema(chat.responseFormat.schema) },
    };
  encodeThinking(chat, model, body, dropped);
  if (traitsOf(model).oneSampler && body.temperature !== undefined && body.top_p !== undefined) {
    delete body.top_p;
    dropped.push('top_p');
  }
  dropped.push(...namesOf(unsayable(chat)));
  return body;
}

/** What Anthropic has no field for, in the words that most callers use. */
function unsayable(chat: ChatRequest): JsonObject {
  return {
    seed: chat.seed,
    frequency_penalty: chat.frequencyPenalty,
    presence_penalty: chat.presencePenalty,
    n: chat.choices,
    logprobs: chat.logprobs,
    response_format: chat.responseFormat?.type === 'json' ? true : undefined,
  };
}

/** Results of tools and what the user says after them are one message here. */
function encodeMessages(messages: readonly Message[]): JsonObject[] {
  const encoded: { role: 'user' | 'assistant'; content: JsonObject[] }[] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = message.content.flatMap(encodeTurnBlock);
    const last = encoded.at(-1);
    if (last?.role === role) last.content.push(...content);
    else encoded.push({ role, content });
  }
  return encoded
    .filter(({ content }) => content.length > 0)
    .map(({ role, content }) => ({ role, content: plainOrBlocks(content) }));
}

function plainOrBlocks(blocks: readonly JsonObject[]): unknown {
  const only = blocks.length === 1 ? blocks[0]! : undefined;
  const isPlain = only?.type === 'text' && Object.keys(only).length === 2;
  return isPlain ? only.text : blocks;
}

/** Thoughts without their proof, and other providers' proofs, would be refused: they stay behind. */
function encodeTurnBlock(part: ContentPart): JsonObject[] {
  if (part.type === 'text' && part.text === '') return [];
  if (part.type !== 'reasoning') return [encodeBlock(part)];
  const signature = unmarkFor('anthropic-messages', part.signature);
  const data = unmarkFor('anthropic-messages', part.redacted);
  if (signature !== undefined) return [{ type: 'thinking', thinking: part.text, signature }];
  return data === undefined ? [] : [{ type: 'redacted_thinking', data }];
}

function encodeBlock(part: ContentPart): JsonObject {
  const cached = encodeCache(part.cache);
  switch (part.type) {
    case 'text': {
      const citations = (part.citations ?? [])
        .map(encodeCitation)
        .filter((cited) => cited !== undefined);
      return {
        type: 'text',
        text: part.text,
        ...(citations.length > 0 && { citations }),
        ...cached,
      };
    }
    case 'refusal':
      return { type: 'text', text: part.text };
    case 'image':
      return { type: 'image', source: encodeSource(part.source), ...cached };
    case 'file':
      return {
        type: 'document',
        source: encodeDocumentSource(part.source),
        ...(part.filename !== undefined && { title: part.filename }),
        ...cached,
      };
    case 'tool-call':
      return {
        type: 'tool_use',
        id: part.id,
        name: part.name,
        input: fromArguments(part.arguments),
        ...cached,
      };
    case 'tool-result': {
      const content = part.content.flatMap((inner) =>
        inner.type === 'reasoning' ? [] : [encodeBlock(inner)],
      );
      return {
        type: 'tool_result',
        tool_use_id: part.callId,
        ...(content.length > 0 && { content: plainOrBlocks(content) }),
        ...(part.isError === true && { is_error: true }),
        ...cached,
      };
    }
    default:
      throw refuse('messages', `holds ${part.type}, which the Anthropic format has no place for.`);
  }
}

function encodeSource(source: MediaSource): JsonObject {
  switch (source.kind) {
    case 'base64':
      return { type: 'base64', media_type: source.mediaType, data: source.data };
    case 'url':
      return { type: 'url', url: source.url };
    case 'id':
      return { type: 'file', file_id: source.id };
  }
}

/** Documents are PDF or plain text. */
function encodeDocumentSource(source: MediaSource): JsonObject {
  if (source.kind !== 'base64' || !source.mediaType.startsWith('text/'))
    return encodeSource(source);
  return { type: 'text', media_type: 'text/plain', data: fromBase64(source.data) };
}

function encodeTool(tool: NonNullable<ChatRequest['tools']>[number]): JsonObject {
  return {
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    input_schema: tool.parameters ?? { type: 'object', properties: {} },
    ...(tool.strict !== undefined && { strict: tool.strict }),
    ...encodeCache(tool.cache),
  };
}

function encodeToolChoice(chat: ChatRequest): JsonObject | undefined {
  const single =
    chat.parallelToolCalls === undefined
      ? {}
      : { disable_parallel_tool_use: !chat.parallelToolCalls };
  if (chat.tools === undefined) return undefined;
  if (chat.toolChoice === undefined)
    return chat.parallelToolCalls === undefined ? undefined : { type: 'auto', ...single };
  if (chat.toolChoice === 'none') return { type: 'none' };
  return {
    ...CHOICES[typeof chat.toolChoice === 'string' ? chat.toolChoice : 'named'](chat.toolChoice),
    ...single,
  };
}

const CHOICES: Readonly<Record<'auto' | 'required' | 'named', (choice: ToolChoice) => JsonObject>> =
  {
    auto: () => ({ type: 'auto' }),
    required: () => ({ type: 'any' }),
    named: (choice) => ({ type: 'tool', name: (choice as { name: string }).name }),
  };

function encodeCache(cache: CacheHint | undefined): JsonObject {
  return cache === undefined ? {} : { cache_control: { type: 'ephemeral', ...cache } };
}
