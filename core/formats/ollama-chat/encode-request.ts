import type { ChatRequest, ContentPart, Message } from '../chat.ts';
import type { EncodedRequest, FormatTarget } from '../format.ts';
import { refuse, refuseNative } from '../invalid.ts';
import { type JsonObject, fromArguments, namesOf } from '../json.ts';
import { fromBase64 } from '../media.ts';

/** Canonical -> what the target is sent. Beside the compatible endpoint, whose path `/api/chat` replaces. */
export function encodeRequest(chat: ChatRequest, target: FormatTarget): EncodedRequest {
  refuseNative(chat.nativeOnly, 'Ollama');
  const dropped = [...(chat.unmapped ?? [])];
  return {
    path: '/api/chat',
    replaces: /\/(?:v1|api)$/,
    headers: { accept: chat.stream ? 'application/x-ndjson' : 'application/json' },
    body: toBody(chat, target.model, dropped),
    dropped,
  };
}

function toBody(chat: ChatRequest, model: string, dropped: string[]): JsonObject {
  const names = callNames(chat.messages);
  const body: JsonObject = {
    model,
    messages: chat.messages.flatMap((message) => encodeMessage(message, names)),
    // It streams unless told not to.
    stream: chat.stream,
  };
  const options = encodeOptions(chat);
  if (Object.keys(options).length > 0) body.options = options;
  // There is no word for a choice. "None" is to be told of no tools.
  if (chat.tools !== undefined && chat.toolChoice !== 'none')
    body.tools = chat.tools.map(({ name, description, parameters }) => ({
      type: 'function',
      function: {
        name,
        ...(description !== undefined && { description }),
        parameters: parameters ?? { type: 'object', properties: {} },
      },
    }));
  if (chat.toolChoice === 'required' || typeof chat.toolChoice === 'object')
    dropped.push('tool_choice');
  if (chat.responseFormat?.type === 'json') body.format = 'json';
  if (chat.responseFormat?.type === 'json-schema') body.format = chat.responseFormat.schema;
  const think = encodeThink(chat, model);
  if (think !== undefined) body.think = think;
  dropped.push(...namesOf(unsayable(chat)));
  return body;
}

function encodeOptions(chat: ChatRequest): JsonObject {
  const options: JsonObject = {
    num_predict: chat.maxOutputTokens,
    temperature: chat.temperature,
    top_p: chat.topP,
    top_k: chat.topK,
    seed: chat.seed,
    stop: chat.stop,
    frequency_penalty: chat.frequencyPenalty,
    presence_penalty: chat.presencePenalty,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** What Ollama has no field for, in the words that most callers use. */
function unsayable(chat: ChatRequest): JsonObject {
  return {
    n: chat.choices,
    logprobs: chat.logprobs,
    user: chat.user,
    parallel_tool_calls: chat.parallelToolCalls === false ? false : undefined,
  };
}

/** gpt-oss knows levels, the others on and off. */
function encodeThink({ reasoning }: ChatRequest, model: string): boolean | string | undefined {
  if (reasoning === undefined) return undefined;
  const { effort = 'medium', enabled } = reasoning;
  if (effort === 'none' || enabled === false) return false;
  if (!/gpt-oss/i.test(model)) return true;
  if (effort === 'minimal' || effort === 'low') return 'low';
  return effort === 'medium' ? 'medium' : 'high';
}

/** A result names its tool here, not its call. */
function callNames(messages: readonly Message[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { content } of messages)
    for (const part of content) if (part.type === 'tool-call') names.set(part.id, part.name);
  return names;
}

function encodeMessage(
  { role, content }: Message,
  names: ReadonlyMap<string, string>,
): JsonObject[] {
  const messages: JsonObject[] = [];
  for (const part of content) {
    if (part.type !== 'tool-result') continue;
    const name = part.name ?? names.get(part.callId);
    messages.push({
      role: 'tool',
      ...encodeWords(part.content),
      ...(name !== undefined && { tool_name: name }),
      tool_call_id: part.callId,
    });
  }
  const rest = content.filter((part) => part.type !== 'tool-result');
  if (role === 'tool' || (rest.length === 0 && messages.length > 0)) return messages;
  const calls = rest.filter((part) => part.type === 'tool-call');
  const thinking = rest.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
  messages.push({
    role: role === 'developer' ? 'system' : role,
    ...encodeWords(rest),
    ...(thinking !== '' && { thinking }),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ id, name, arguments: json }) => ({
        id,
        function: { name, arguments: fromArguments(json) },
      })),
    }),
  });
  return messages;
}

/** Text is one string, and pictures stand beside it as bytes. */
function encodeWords(parts: readonly ContentPart[]): JsonObject {
  const texts: string[] = [];
  const images: string[] = [];
  for (const part of parts) {
    if (part.type === 'text' || part.type === 'refusal') texts.push(part.text);
    else if (part.type === 'image' || part.type === 'file') {
      const { source } = part;
      if (source.kind !== 'base64')
        throw refuse(
          'messages',
          'holds a picture or file by its address or id; Ollama takes it only in the request itself.',
        );
      if (part.type === 'image' || source.mediaType.startsWith('image/')) images.push(source.data);
      else if (source.mediaType.startsWith('text/')) texts.push(fromBase64(source.data));
      else throw refuse('messages', `holds ${source.mediaType}, which Ollama can't read.`);
    } else if (part.type === 'audio')
      throw refuse('messages', 'holds audio, which the Ollama format has no place for.');
  }
  return { content: texts.join('\n'), ...(images.length > 0 && { images }) };
}
