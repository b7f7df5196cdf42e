import type {
  CacheHint,
  ChatRequest,
  ContentPart,
  Message,
  ReasoningContent,
  ReasoningOptions,
  ResponseFormat,
  ToolCall,
  ToolChoice,
  ToolDefinition,
} from '../chat.ts';
import { parseBody, refuse } from '../invalid.ts';
import { type JsonObject, asObject, toArguments } from '../json.ts';
import { fromUrl } from '../media.ts';
import { mark } from '../signature.ts';
import { requestSchema, type ChatBody } from './schema.ts';

type WireMessage = ChatBody['messages'][number];

/** Top-level fields that the canonical request tells. */
const MAPPED = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'parallel_tool_calls',
  'response_format',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'n',
  'logprobs',
  'top_logprobs',
  'reasoning_effort',
  'reasoning',
  'thinking',
  'user',
]);

/** An OpenAI chat body -> canonical. Throws `invalid_request` with the path at fault. */
export function decodeRequest(body: unknown): ChatRequest {
  const wire = parseBody(requestSchema, body);
  const nativeOnly: string[] = [];
  const request: ChatRequest = {
    model: wire.model ?? '',
    messages: decodeMessages(wire.messages, nativeOnly),
    stream: wire.stream ?? false,
    includeUsage: wire.stream_options?.include_usage ?? false,
    raw: { format: 'openai-chat', body: body as JsonObject },
  };
  const set = <K extends keyof ChatRequest>(key: K, value: ChatRequest[K] | null) => {
    if (value !== undefined && value !== null) request[key] = value;
  };
  set('tools', decodeTools(wire, nativeOnly));
  set('toolChoice', decodeToolChoice(wire, nativeOnly));
  set('parallelToolCalls', wire.parallel_tool_calls ?? undefined);
  set('responseFormat', decodeResponseFormat(wire.response_format, nativeOnly));
  set('maxOutputTokens', wire.max_completion_tokens ?? wire.max_tokens ?? undefined);
  set('temperature', wire.temperature ?? undefined);
  set('topP', wire.top_p ?? undefined);
  set('topK', wire.top_k ?? undefined);
  set('stop', typeof wire.stop === 'string' ? [wire.stop] : (wire.stop ?? undefined));
  set('seed', wire.seed ?? undefined);
  set('frequencyPenalty', wire.frequency_penalty ?? undefined);
  set('presencePenalty', wire.presence_penalty ?? undefined);
  if (typeof wire.n === 'number' && wire.n !== 1) request.choices = wire.n;
  if (wire.logprobs === true)
    request.logprobs = typeof wire.top_logprobs === 'number' ? { top: wire.top_logprobs } : {};
  set('reasoning', decodeReasoning(wire));
  set('user', wire.user ?? undefined);
  if (Array.isArray(wire.modalities) && wire.modalities.includes('audio'))
    nativeOnly.push('modalities');
  if (nativeOnly.length > 0) request.nativeOnly = nativeOnly;
  const unmapped = Object.keys(wire).filter((field) => !MAPPED.has(field));
  if (unmapped.length > 0) request.unmapped = unmapped;
  return request;
}

function decodeMessages(wire: readonly WireMessage[], nativeOnly: string[]): Message[] {
  /** The old `function_call` has no id: ours tie it to the `function` message that answers it. */
  let legacyCalls = 0;
  /** Calls that no result has answered yet: one that names no call answers the first of them, as Z.ai reads it. */
  let waiting: string[] = [];
  return wire.map((message, index) => {
    const path = `messages[${index}]`;
    const named = typeof message.name === 'string' ? { name: message.name } : {};
    switch (message.role) {
      case 'system':
      case 'developer':
      case 'user':
        return {
          role: message.role,
          content: decodeContent(message.content, `${path}.content`, nativeOnly),
          ...named,
        };
      case 'assistant': {
        const content: ContentPart[] = decodeReasoningOf(message);
        content.push(...decodeContent(message.content, `${path}.content`, nativeOnly));
        if (typeof message.refusal === 'string' && message.refusal !== '')
          content.push({ type: 'refusal', text: message.refusal });
        for (const [i, call] of (message.tool_calls ?? []).entries())
          if (call.function) content.push(decodeToolCall(call, `call_${index}_${i}`));
          else nativeOnly.push(`${path}.tool_calls[${i}]`);
        const legacy = asObject(message.function_call);
        if (legacy !== undefined && typeof legacy.name === 'string')
          content.push({
            type: 'tool-call',
            id: `call_function_${++legacyCalls}`,
            name: legacy.name,
            arguments: toArguments(legacy.arguments),
          });
        waiting = content.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
        return { role: 'assistant', content, ...named };
      }
      case 'tool': {
        const callId = message.tool_call_id ?? waiting[0];
        if (callId === undefined)
          throw refuse(`${path}.tool_call_id`, 'is missing: it names the call that is answered.');
        waiting = waiting.filter((id) => id !== callId);
        return {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              callId,
              ...named,
              content: decodeContent(message.content, `${path}.content`, nativeOnly),
            },
          ],
        };
      }
      case 'function':
        return {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              callId: `call_function_${legacyCalls}`,
              name: message.name,
              content: decodeContent(message.content, `${path}.content`, nativeOnly),
            },
          ],
        };
    }
  });
}

function decodeContent(
  content: string | readonly JsonObject[] | null | undefined,
  path: string,
  nativeOnly: string[],
): ContentPart[] {
  if (content === null || content === undefined || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  const parts: ContentPart[] = [];
  content.forEach((wire, index) => {
    const decoded = decodePart(wire);
    if (decoded === undefined) nativeOnly.push(`${path}[${index}].type`);
    else parts.push({ ...decoded, ...cacheOf(wire) });
  });
  return parts;
}

function decodePart(wire: JsonObject): ContentPart | undefined {
  switch (wire.type) {
    case 'text':
      return typeof wire.text === 'string' ? { type: 'text', text: wire.text } : undefined;
    case 'refusal':
      return typeof wire.refusal === 'string' ? { type: 'refusal', text: wire.refusal } : undefined;
    case 'image_url': {
      const image =
        typeof wire.image_url === 'string' ? { url: wire.image_url } : asObject(wire.image_url);
      if (typeof image?.url !== 'string') return undefined;
      const detail = image.detail as 'auto' | 'low' | 'high' | 'original' | undefined;
      return { type: 'image', source: fromUrl(image.url), ...(detail && { detail }) };
    }
    case 'input_audio': {
      const audio = asObject(wire.input_audio);
      if (typeof audio?.data !== 'string') return undefined;
      const format = typeof audio.format === 'string' ? audio.format : 'wav';
      const mediaType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`;
      return { type: 'audio', source: { kind: 'base64', mediaType, data: audio.data }, format };
    }
    case 'file':
      return decodeFile(asObject(wire.file));
    case 'thinking':
      return { type: 'reasoning', text: textOfThinking(wire.thinking) };
    default:
      return undefined;
  }
}

function decodeFile(file: JsonObject | undefined): ContentPart | undefined {
  const filename = typeof file?.filename === 'string' ? { filename: file.filename } : {};
  if (typeof file?.file_id === 'string')
    return { type: 'file', source: { kind: 'id', id: file.file_id }, ...filename };
  if (typeof file?.file_data !== 'string') return undefined;
  const data = file.file_data;
  if (/^(?:data|https?):/.test(data)) return { type: 'file', source: fromUrl(data), ...filename };
  return {
    type: 'file',
    source: { kind: 'base64', mediaType: 'application/pdf', data },
    ...filename,
  };
}

/** `reasoning_content` (DeepSeek), `reasoning` (OpenRouter, Groq), `reasoning_details` (signatures). */
function decodeReasoningOf(message: JsonObject): ContentPart[] {
  const text = [message.reasoning_content, message.reasoning].find(
    (value): value is string => typeof value === 'string' && value !== '',
  );
  const details = Array.isArray(message.reasoning_details) ? message.reasoning_details : [];
  const blocks: ReasoningContent[] = [];
  for (const detail of details.map(asObject)) {
    if (detail === undefined) continue;
    const block: ReasoningContent = {
      type: 'reasoning',
      text: String(detail.text ?? detail.summary ?? ''),
    };
    if (typeof detail.signature === 'string')
      block.signature = mark('openai-chat', detail.signature);
    if (typeof detail.data === 'string') block.redacted = mark('openai-chat', detail.data);
    if (typeof detail.id === 'string') block.id = detail.id;
    const last = blocks.at(-1);
    if (
      block.text === '' &&
      block.signature !== undefined &&
      last !== undefined &&
      last.signature === undefined
    )
      last.signature = block.signature;
    else blocks.push(block);
  }
  if (text === undefined) return blocks;
  if (blocks.some((block) => block.text !== '')) return blocks;
  const signed = blocks.findIndex((block) => block.signature !== undefined);
  if (signed === -1) return [{ type: 'reasoning', text }, ...blocks];
  blocks[signed]!.text = text;
  return blocks;
}

function decodeToolCall(
  call: NonNullable<Extract<WireMessage, { role: 'assistant' }>['tool_calls']>[number],
  fallbackId: string,
): ToolCall {
  const signature = asObject(asObject(call.extra_content)?.google)?.thought_signature;
  return {
    type: 'tool-call',
    id: call.id || fallbackId,
    name: call.function!.name,
    arguments: toArguments(call.function!.arguments),
    ...(typeof signature === 'string' && { signature: mark('google-generate-content', signature) }),
  };
}

function decodeTools(wire: ChatBody, nativeOnly: string[]): ToolDefinition[] | undefined {
  const legacy = Array.isArray(wire.functions) ? wire.functions : undefined;
  const tools: JsonObject[] | undefined =
    wire.tools ??
    legacy?.map((definition: unknown) => ({ type: 'function', function: definition }));
  if (tools === undefined) return undefined;
  const definitions: ToolDefinition[] = [];
  tools.forEach((tool, index) => {
    const definition = asObject(tool.function);
    if ((tool.type ?? 'function') !== 'function' || typeof definition?.name !== 'string') {
      nativeOnly.push(`tools[${index}].type`);
      return;
    }
    definitions.push({
      name: definition.name,
      ...(typeof definition.description === 'string' && { description: definition.description }),
      ...(asObject(definition.parameters) && { parameters: asObject(definition.parameters)! }),
      ...(typeof definition.strict === 'boolean' && { strict: definition.strict }),
      ...cacheOf(tool),
    });
  });
  return definitions.length > 0 ? definitions : undefined;
}

function decodeToolChoice(wire: ChatBody, nativeOnly: string[]): ToolChoice | undefined {
  const choice: unknown = wire.tool_choice ?? wire.function_call;
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'any') return 'required';
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  const object = asObject(choice);
  const name = asObject(object?.function)?.name ?? object?.name;
  if (typeof name === 'string') return { name };
  nativeOnly.push('tool_choice');
  return undefined;
}

function decodeResponseFormat(
  format: JsonObject | null | undefined,
  nativeOnly: string[],
): ResponseFormat | undefined {
  if (!format) return undefined;
  if (format.type === 'text') return { type: 'text' };
  if (format.type === 'json_object') return { type: 'json' };
  const wire = asObject(format.json_schema);
  if (format.type !== 'json_schema' || wire === undefined) {
    nativeOnly.push('response_format.type');
    return undefined;
  }
  return {
    type: 'json-schema',
    ...(typeof wire.name === 'string' && { name: wire.name }),
    ...(typeof wire.description === 'string' && { description: wire.description }),
    schema: asObject(wire.schema) ?? {},
    ...(typeof wire.strict === 'boolean' && { strict: wire.strict }),
  };
}

const EFFORTS = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/** `reasoning_effort`, OpenRouter's `reasoning`, and DeepSeek's, Z.ai's and Moonshot's `thinking`. */
function decodeReasoning(wire: ChatBody): ReasoningOptions | undefined {
  const options: ReasoningOptions = {};
  const object = asObject(wire.reasoning);
  const effort = wire.reasoning_effort ?? object?.effort;
  if (typeof effort === 'string' && EFFORTS.has(effort))
    options.effort = effort as NonNullable<ReasoningOptions['effort']>;
  if (typeof object?.max_tokens === 'number') options.budgetTokens = object.max_tokens;
  if (typeof object?.enabled === 'boolean') options.enabled = object.enabled;
  if (object?.exclude === true) options.summary = 'none';
  const thinking = asObject(wire.thinking);
  if (thinking?.type === 'enabled' || thinking?.type === 'disabled')
    options.enabled = thinking.type === 'enabled';
  if (typeof thinking?.budget_tokens === 'number') options.budgetTokens = thinking.budget_tokens;
  return Object.keys(options).length > 0 ? options : undefined;
}

function cacheOf(wire: JsonObject): { cache?: CacheHint } {
  const control = asObject(wire.cache_control);
  if (control === undefined) return {};
  return { cache: control.ttl === '5m' || control.ttl === '1h' ? { ttl: control.ttl } : {} };
}

/** Mistral's `thinking: [{type: "text", text}]`, or plain text. */
export function textOfThinking(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking;
  if (!Array.isArray(thinking)) return '';
  return thinking.map((piece) => String(asObject(piece)?.text ?? '')).join('');
}
