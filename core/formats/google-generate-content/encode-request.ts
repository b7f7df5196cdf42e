import type { ChatRequest, ContentPart, MediaSource, Message, ToolResult } from '../chat.ts';
import type { EncodedRequest, FormatTarget } from '../format.ts';
import { withoutHostile } from '../hostile.ts';
import { refuse, refuseNative } from '../invalid.ts';
import { asObject, fromArguments, type JsonObject } from '../json.ts';
import { toPathSegment } from '../path-segment.ts';
import { isForeign, unmarkFor } from '../signature.ts';
import { isOurCallId } from './call-ids.ts';
import { encodeThinking } from './thinking.ts';
import { toGoogleSchema } from './tool-schema.ts';

/** Google's word for "this call was not thought by you": without a proof Gemini 3 refuses a call. */
const NO_PROOF = 'skip_thought_signature_validator';

/** Canonical -> what the target is sent. The model and whether to stream are in the path here. */
export function encodeRequest(chat: ChatRequest, target: FormatTarget): EncodedRequest {
  const isNative = chat.raw.format === 'google-generate-content';
  const dropped: string[] = isNative ? [] : [...(chat.unmapped ?? [])];
  const body = isNative ? toOwnBody(chat.raw.body) : toBody(chat, target.model, dropped);
  for (const field of target.provider.quirks?.dropParams ?? []) {
    if (body[field] === undefined) continue;
    delete body[field];
    dropped.push(field);
  }
  const model = toPathSegment(target.model.replace(/^models\//, ''));
  const method = chat.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  return {
    path: `${target.provider.quirks?.modelsUnder ?? ''}/models/${model}:${method}`,
    headers: { accept: chat.stream ? 'text/event-stream' : 'application/json' },
    body,
    dropped,
  };
}

/** The caller's body, less what may not be sent: hostile fields, and other providers' proofs. */
function toOwnBody(raw: JsonObject): JsonObject {
  const body = withoutHostile(raw);
  delete body.model;
  delete body.stream;
  const foreign = (part: JsonObject | undefined) =>
    isForeign('google-generate-content', part?.thoughtSignature ?? part?.thought_signature);
  if (Array.isArray(body.contents))
    body.contents = body.contents.map((content: JsonObject) => {
      const parts = content?.parts;
      if (!Array.isArray(parts) || !parts.some(foreign)) return content;
      return {
        ...content,
        parts: parts.map((part) => (foreign(part) ? withoutProof(part) : part)),
      };
    });
  return body;
}

function withoutProof(part: JsonObject): JsonObject {
  const bare = { ...part };
  delete bare.thoughtSignature;
  delete bare.thought_signature;
  return bare;
}

/** A body for a caller of another format. Throws for what Google can't be told. */
function toBody(chat: ChatRequest, model: string, dropped: string[]): JsonObject {
  refuseNative(chat.nativeOnly, 'Google');
  const isSystem = ({ role }: Message) => role === 'system' || role === 'developer';
  const system = chat.messages.filter(isSystem).flatMap(({ content }) => content);
  const body: JsonObject = {
    contents: encodeContents(
      chat.messages.filter((message) => !isSystem(message)),
      model,
    ),
  };
  if (system.length > 0)
    body.systemInstruction = {
      parts: system.flatMap((part) => (part.type === 'text' ? [{ text: part.text }] : [])),
    };
  if (chat.tools !== undefined) {
    body.tools = [{ functionDeclarations: chat.tools.map(encodeTool) }];
    const functionCallingConfig = encodeToolChoice(chat.toolChoice);
    if (functionCallingConfig !== undefined) body.toolConfig = { functionCallingConfig };
  }
  const config = toGenerationConfig(chat);
  encodeThinking(chat, model, config, dropped);
  if (Object.keys(config).length > 0) body.generationConfig = config;
  if (chat.user !== undefined) dropped.push('user');
  if (chat.parallelToolCalls === false) dropped.push('parallel_tool_calls');
  return body;
}

function toGenerationConfig(chat: ChatRequest): JsonObject {
  const config: JsonObject = {};
  const set = (field: string, value: unknown) => {
    if (value !== undefined) config[field] = value;
  };
  set('temperature', chat.temperature);
  set('topP', chat.topP);
  set('topK', chat.topK);
  set('maxOutputTokens', chat.maxOutputTokens);
  set('stopSequences', chat.stop);
  set('seed', chat.seed);
  set('candidateCount', chat.choices);
  set('frequencyPenalty', chat.frequencyPenalty);
  set('presencePenalty', chat.presencePenalty);
  if (chat.logprobs !== undefined) config.responseLogprobs = true;
  set('logprobs', chat.logprobs?.top);
  const format = chat.responseFormat;
  if (format !== undefined && format.type !== 'text') config.responseMimeType = 'application/json';
  if (format?.type === 'json-schema') config.responseJsonSchema = toGoogleSchema(format.schema);
  return config;
}

/** Turns alternate here: what follows each other in one role is one content. */
function encodeContents(messages: readonly Message[], model: string): JsonObject[] {
  const names = new Map<string, string>();
  const contents: { role: 'user' | 'model'; parts: JsonObject[] }[] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'model' : 'user';
    const parts = encodeTurn(message.content, names, model);
    const last = contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else contents.push({ role, parts });
  }
  return contents.filter(({ parts }) => parts.length > 0);
}

function encodeTurn(
  content: readonly ContentPart[],
  names: Map<string, string>,
  model: string,
): JsonObject[] {
  const parts: JsonObject[] = [];
  let calls = 0;
  for (const part of content) {
    switch (part.type) {
      case 'text':
      case 'refusal':
        if (part.text !== '') parts.push({ text: part.text });
        break;
      case 'reasoning': {
        // Only a proof is worth sending back; it stands on the part that it came with.
        const signature = unmarkFor('google-generate-content', part.signature);
        const last = parts.at(-1);
        if (signature === undefined) break;
        if (part.text !== '')
          parts.push({ text: part.text, thought: true, thoughtSignature: signature });
        else if (last?.text !== undefined) last.thoughtSignature = signature;
        else parts.push({ text: '', thoughtSignature: signature });
        break;
      }
      case 'tool-call': {
        names.set(part.id, part.name);
        const signature = unmarkFor('google-generate-content', part.signature);
        // Of calls made at once Google signs the first alone.
        const needsProof = calls++ === 0 && /gemini-(?:[3-9]|\d\d)/.test(model);
        const proof = signature ?? (needsProof ? NO_PROOF : undefined);
        parts.push({
          functionCall: { ...idOf(part.id), name: part.name, args: fromArguments(part.arguments) },
          ...(proof !== undefined && { thoughtSignature: proof }),
        });
        break;
      }
      case 'tool-result':
        parts.push(...encodeResult(part, names));
        break;
      default:
        parts.push(encodeMedia(part));
    }
  }
  return parts;
}

function idOf(id: string): JsonObject {
  return isOurCallId(id) ? {} : { id };
}

function encodeResult(result: ToolResult, names: ReadonlyMap<string, string>): JsonObject[] {
  const text = result.content
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n');
  const name = result.name ?? names.get(result.callId) ?? result.callId;
  const response = result.isError ? { error: text } : (objectIn(text) ?? { result: text });
  const media = result.content.filter((part) => part.type === 'image' || part.type === 'file');
  return [
    { functionResponse: { ...idOf(result.callId), name, response } },
    ...media.map(encodeMedia),
  ];
}

function objectIn(text: string): JsonObject | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const TYPES_BY_ENDING: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
};

function encodeMedia(part: ContentPart): JsonObject {
  if (part.type !== 'image' && part.type !== 'file' && part.type !== 'audio')
    throw refuse('messages', `holds ${part.type}, which the Google format has no place for.`);
  const source: MediaSource = part.source;
  if (source.kind === 'base64')
    return { inlineData: { mimeType: source.mediaType, data: source.data } };
  if (source.kind === 'id')
    throw refuse('messages', 'names an uploaded file, which only its own provider has.');
  const fileUri = source.url;
  const ending = /\.([a-z0-9]+)(?:[?#].*)?$/i.exec(fileUri)?.[1]?.toLowerCase() ?? '';
  const given = source.mediaType;
  const mimeType =
    given ?? TYPES_BY_ENDING[ending] ?? (part.type === 'image' ? 'image/jpeg' : undefined);
  return { fileData: { fileUri, ...(mimeType !== undefined && { mimeType }) } };
}

function encodeTool(tool: NonNullable<ChatRequest['tools']>[number]): JsonObject {
  return {
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    ...(tool.parameters !== undefined && { parametersJsonSchema: toGoogleSchema(tool.parameters) }),
  };
}

function encodeToolChoice(choice: ChatRequest['toolChoice']): JsonObject | undefined {
  if (choice === undefined) return undefined;
  if (typeof choice === 'object') return { mode: 'ANY', allowedFunctionNames: [choice.name] };
  return { mode: { auto: 'AUTO', none: 'NONE', required: 'ANY' }[choice] };
}
