import type {
  ChatRequest,
  ContentPart,
  Message,
  ReasoningOptions,
  ResponseFormat,
  ToolChoice,
  ToolDefinition,
} from '../chat.ts';
import { parseBody } from '../invalid.ts';
import { asCount, asObject, asText, type JsonObject } from '../json.ts';
import { isForeign, mark } from '../signature.ts';
import { toCallId } from './call-ids.ts';
import { toCamelCase } from './camel-case.ts';
import { requestSchema, type Content, type GenerateBody, type WirePart } from './schema.ts';
import { fromGoogleSchema } from './tool-schema.ts';

const MAPPED = new Set([
  'model',
  'stream',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
]);
const MAPPED_CONFIG = new Set([
  'temperature',
  'topP',
  'topK',
  'maxOutputTokens',
  'stopSequences',
  'candidateCount',
  'seed',
  'frequencyPenalty',
  'presencePenalty',
  'responseLogprobs',
  'logprobs',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'thinkingConfig',
  'responseModalities',
]);

/**
 * A `generateContent` body -> canonical. The endpoint adds `model` and `stream`, which the path tells.
 * Throws `invalid_request` with the path at fault.
 */
export function decodeRequest(body: unknown): ChatRequest {
  const wire = parseBody(requestSchema, withLists(toCamelCase(body)));
  const nativeOnly: string[] = [];
  const config = wire.generationConfig ?? {};
  const request: ChatRequest = {
    model: (wire.model ?? '').replace(/^models\//, ''),
    messages: [
      ...decodeSystem(wire.systemInstruction),
      ...decodeContents(wire.contents, nativeOnly),
    ],
    stream: wire.stream ?? false,
    includeUsage: true,
    raw: { format: 'google-generate-content', body: body as JsonObject },
  };
  const set = <K extends keyof ChatRequest>(key: K, value: ChatRequest[K] | null) => {
    if (value !== undefined && value !== null) request[key] = value;
  };
  set('tools', decodeTools(wire.tools, nativeOnly));
  set('toolChoice', decodeToolChoice(wire.toolConfig));
  set('responseFormat', decodeResponseFormat(config));
  set('maxOutputTokens', config.maxOutputTokens);
  set('temperature', config.temperature);
  set('topP', config.topP);
  set('topK', config.topK);
  set('stop', config.stopSequences);
  set('seed', config.seed);
  set('frequencyPenalty', asCount(config.frequencyPenalty));
  set('presencePenalty', asCount(config.presencePenalty));
  if (typeof config.candidateCount === 'number' && config.candidateCount > 1)
    request.choices = config.candidateCount;
  if (config.responseLogprobs === true)
    request.logprobs = typeof config.logprobs === 'number' ? { top: config.logprobs } : {};
  set('reasoning', decodeReasoning(config.thinkingConfig));
  const modalities = config.responseModalities;
  if (Array.isArray(modalities) && modalities.some((kind) => String(kind).toUpperCase() !== 'TEXT'))
    nativeOnly.push('generationConfig.responseModalities');
  if (wire.cachedContent !== undefined) nativeOnly.push('cachedContent');
  if (nativeOnly.length > 0) request.nativeOnly = nativeOnly;
  const unmapped = [
    ...Object.keys(wire).filter((field) => !MAPPED.has(field) && field !== 'cachedContent'),
    ...Object.keys(config).filter((field) => !MAPPED_CONFIG.has(field)),
  ];
  if (unmapped.length > 0) request.unmapped = unmapped;
  return request;
}

/** One content or one part may stand where a list is meant. */
function withLists(body: unknown): unknown {
  const wire = asObject(body);
  if (wire === undefined) return body;
  const toList = (value: unknown) => (asObject(value) === undefined ? value : [value]);
  const toContent = (value: unknown) => {
    const content = asObject(value);
    return content?.parts === undefined ? value : { ...content, parts: toList(content.parts) };
  };
  const contents = toList(wire.contents);
  return {
    ...wire,
    contents: Array.isArray(contents) ? contents.map(toContent) : contents,
    ...(wire.systemInstruction !== undefined && {
      systemInstruction: toContent(wire.systemInstruction),
    }),
  };
}

function decodeSystem(system: GenerateBody['systemInstruction']): Message[] {
  if (!system) return [];
  const texts =
    typeof system === 'string' ? [system] : (system.parts ?? []).map(({ text }) => text ?? '');
  const content = texts
    .filter((text) => text !== '')
    .map((text): ContentPart => ({ type: 'text', text }));
  return content.length === 0 ? [] : [{ role: 'system', content }];
}

/** Calls without an id get one by their place; a response is of the first call of its name that waits. */
function decodeContents(contents: readonly Content[], nativeOnly: string[]): Message[] {
  let calls = 0;
  const waiting: { id: string; name: string }[] = [];

  function decodePart(part: WirePart, path: string): ContentPart | undefined {
    const signature = asText(part.thoughtSignature);
    const proof =
      signature === undefined ? {} : { signature: mark('google-generate-content', signature) };
    if (part.functionCall !== undefined) {
      const { name, args } = part.functionCall;
      const id = asText(part.functionCall.id) ?? toCallId('', calls);
      calls++;
      waiting.push({ id, name });
      return { type: 'tool-call', id, name, arguments: JSON.stringify(args ?? {}), ...proof };
    }
    if (part.functionResponse !== undefined) return decodeResult(part.functionResponse);
    if (part.inlineData !== undefined)
      return decodeMedia(part.inlineData.mimeType, part.inlineData.data);
    if (part.fileData !== undefined) {
      const mediaType = asText(part.fileData.mimeType);
      const source = {
        kind: 'url' as const,
        url: part.fileData.fileUri,
        ...(mediaType && { mediaType }),
      };
      return mediaType?.startsWith('image/') ? { type: 'image', source } : { type: 'file', source };
    }
    if (part.text !== undefined) {
      if (part.thought === true) return { type: 'reasoning', text: part.text, ...proof };
      if (part.text === '' && signature !== undefined)
        return isForeign('google-generate-content', signature)
          ? { type: 'reasoning', text: '', redacted: signature }
          : { type: 'reasoning', text: '', ...proof };
      return { type: 'text', text: part.text };
    }
    const isOwnTool = ['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse'].some(
      (k) => k in part,
    );
    if (!isOwnTool) nativeOnly.push(path);
    return undefined;
  }

  function decodeResult(wire: NonNullable<WirePart['functionResponse']>): ContentPart {
    const id = asText(wire.id);
    const at = waiting.findIndex((call) =>
      id === undefined ? call.name === wire.name : call.id === id,
    );
    const call = at === -1 ? undefined : waiting.splice(at, 1)[0];
    const response = asObject(wire.response) ?? {};
    const keys = Object.keys(response);
    const only = keys.length === 1 ? response[keys[0]!] : undefined;
    const isPlain =
      typeof only === 'string' && ['result', 'output', 'content', 'error'].includes(keys[0]!);
    return {
      type: 'tool-result',
      callId: id ?? call?.id ?? toCallId('', calls),
      name: wire.name,
      content: [{ type: 'text', text: isPlain ? only : JSON.stringify(response) }],
      ...(isPlain && keys[0] === 'error' && { isError: true }),
    };
  }

  return contents.flatMap((content, index): Message[] => {
    const parts = (content.parts ?? []).flatMap((part, place) => {
      const decoded = decodePart(part, `contents[${index}].parts[${place}]`);
      return decoded === undefined ? [] : [decoded];
    });
    if (content.role === 'model') return [{ role: 'assistant', content: parts }];
    if (content.role === 'system') return [{ role: 'system', content: parts }];
    const results = parts.filter((part) => part.type === 'tool-result');
    const rest = parts.filter((part) => part.type !== 'tool-result');
    const messages: Message[] = results.map((part) => ({ role: 'tool', content: [part] }));
    if (rest.length > 0) messages.push({ role: 'user', content: rest });
    return messages;
  });
}

function decodeMedia(mediaType: string, data: string): ContentPart {
  const source = { kind: 'base64' as const, mediaType, data };
  if (mediaType.startsWith('image/')) return { type: 'image', source };
  if (!mediaType.startsWith('audio/')) return { type: 'file', source };
  const subtype = mediaType.slice('audio/'.length).replace(/^x-/, '');
  return { type: 'audio', source, format: subtype === 'mpeg' ? 'mp3' : subtype };
}

function decodeTools(
  tools: GenerateBody['tools'],
  nativeOnly: string[],
): ToolDefinition[] | undefined {
  const definitions: ToolDefinition[] = [];
  (tools ?? []).forEach((tool, index) => {
    for (const kind of Object.keys(tool))
      if (kind !== 'functionDeclarations') nativeOnly.push(`tools[${index}].${kind}`);
    for (const wire of tool.functionDeclarations ?? []) {
      const parameters = asObject(wire.parametersJsonSchema) ?? asObject(wire.parameters);
      definitions.push({
        name: wire.name,
        ...(asText(wire.description) && { description: wire.description as string }),
        ...(parameters && { parameters: fromGoogleSchema(parameters) }),
      });
    }
  });
  return definitions.length > 0 ? definitions : undefined;
}

function decodeToolChoice(toolConfig: GenerateBody['toolConfig']): ToolChoice | undefined {
  const config = toolConfig?.functionCallingConfig;
  const names = config?.allowedFunctionNames;
  switch (String(config?.mode ?? '').toUpperCase()) {
    case 'AUTO':
    case 'VALIDATED':
      return 'auto';
    case 'NONE':
      return 'none';
    case 'ANY':
      return Array.isArray(names) && names.length === 1 ? { name: String(names[0]) } : 'required';
    default:
      return undefined;
  }
}

function decodeResponseFormat(config: JsonObject): ResponseFormat | undefined {
  const schema = asObject(config.responseJsonSchema) ?? asObject(config.responseSchema);
  if (schema !== undefined) return { type: 'json-schema', schema: fromGoogleSchema(schema) };
  return config.responseMimeType === 'application/json' ? { type: 'json' } : undefined;
}

const LEVELS = new Set(['minimal', 'low', 'medium', 'high']);

function decodeReasoning(value: unknown): ReasoningOptions | undefined {
  const wire = asObject(value);
  if (wire === undefined) return undefined;
  const options: ReasoningOptions = {};
  const level = String(wire.thinkingLevel ?? '').toLowerCase();
  if (LEVELS.has(level)) options.effort = level as NonNullable<ReasoningOptions['effort']>;
  const budget = asCount(wire.thinkingBudget);
  // -1 leaves the budget to the model.
  if (budget !== undefined && budget > 0) options.budgetTokens = budget;
  if (budget !== undefined) options.enabled = budget !== 0;
  if (typeof wire.includeThoughts === 'boolean')
    options.summary = wire.includeThoughts ? 'auto' : 'none';
  return Object.keys(options).length > 0 ? options : undefined;
}
