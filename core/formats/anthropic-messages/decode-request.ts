import type {
  CacheHint,
  ChatRequest,
  ContentPart,
  MediaSource,
  Message,
  ReasoningOptions,
  ResponseFormat,
  ToolChoice,
  ToolDefinition,
} from '../chat.ts';
import { parseBody } from '../invalid.ts';
import { asObject, asText, type JsonObject } from '../json.ts';
import { toBase64 } from '../media.ts';
import { mark } from '../signature.ts';
import { decodeCitation } from './citation.ts';
import { requestSchema, type MessagesBody } from './schema.ts';

const MAPPED = new Set([
  'model',
  'messages',
  'max_tokens',
  'system',
  'stream',
  'tools',
  'tool_choice',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'thinking',
  'metadata',
  'output_config',
  'output_format',
  'mcp_servers',
  'anthropic_version',
]);

/** What a decoded body leaves out. */
interface Losses {
  /** Paths without which the answer would be wrong. */
  nativeOnly: string[];
  unmapped: string[];
}

/** An Anthropic messages body -> canonical. Throws `invalid_request` with the path at fault. */
export function decodeRequest(body: unknown): ChatRequest {
  const wire = parseBody(requestSchema, body);
  const losses: Losses = {
    nativeOnly: [],
    unmapped: Object.keys(wire).filter((field) => !MAPPED.has(field)),
  };
  const request: ChatRequest = {
    model: wire.model ?? '',
    messages: [
      ...decodeSystem(wire.system, losses),
      ...wire.messages.flatMap((message, index) =>
        decodeMessage(message, `messages[${index}]`, losses),
      ),
    ],
    stream: wire.stream ?? false,
    includeUsage: true,
    raw: { format: 'anthropic-messages', body: body as JsonObject },
  };
  const set = <K extends keyof ChatRequest>(key: K, value: ChatRequest[K] | null) => {
    if (value !== undefined && value !== null) request[key] = value;
  };
  set('tools', decodeTools(wire.tools, losses));
  set('toolChoice', decodeToolChoice(wire.tool_choice));
  const single = wire.tool_choice?.disable_parallel_tool_use;
  if (typeof single === 'boolean') request.parallelToolCalls = !single;
  set('responseFormat', decodeResponseFormat(wire));
  set('maxOutputTokens', wire.max_tokens ?? undefined);
  set('temperature', wire.temperature ?? undefined);
  set('topP', wire.top_p ?? undefined);
  set('topK', wire.top_k ?? undefined);
  set('stop', wire.stop_sequences ?? undefined);
  set('reasoning', decodeReasoning(wire));
  set('user', wire.metadata?.user_id ?? undefined);
  if (Array.isArray(wire.mcp_servers) && wire.mcp_servers.length > 0)
    losses.nativeOnly.push('mcp_servers');
  if (losses.nativeOnly.length > 0) request.nativeOnly = losses.nativeOnly;
  if (losses.unmapped.length > 0) request.unmapped = losses.unmapped;
  return request;
}

function decodeSystem(system: MessagesBody['system'], losses: Losses): Message[] {
  const content = decodeContent(system, 'system', losses);
  return content.length === 0 ? [] : [{ role: 'system', content }];
}

/** A user's message holds the results of tools too: these come first, as messages of their own. */
function decodeMessage(
  wire: MessagesBody['messages'][number],
  path: string,
  losses: Losses,
): Message[] {
  const content = decodeContent(wire.content, `${path}.content`, losses);
  if (wire.role !== 'user') return [{ role: wire.role, content }];
  const results = content.filter((part) => part.type === 'tool-result');
  const rest = content.filter((part) => part.type !== 'tool-result');
  const messages: Message[] = results.map((part) => ({ role: 'tool', content: [part] }));
  if (rest.length > 0 || results.length === 0) messages.push({ role: 'user', content: rest });
  return messages;
}

function decodeContent(
  content: string | readonly JsonObject[] | null | undefined,
  path: string,
  losses: Losses,
): ContentPart[] {
  if (content === null || content === undefined || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  const parts: ContentPart[] = [];
  /** A proof of another provider's tool call travels as an empty thought before it. */
  let carried: string | undefined;
  content.forEach((wire, index) => {
    const at = `${path}[${index}]`;
    if (wire.type === 'thinking' && wire.thinking === '' && isCarrier(wire.signature)) {
      carried = wire.signature as string;
      return;
    }
    const part = decodeBlock(wire, at, losses);
    if (part === undefined) return;
    if (part.type === 'tool-call' && carried !== undefined) part.signature = carried;
    carried = undefined;
    parts.push({ ...part, ...cacheOf(wire) });
  });
  return parts;
}

function isCarrier(signature: unknown): boolean {
  return typeof signature === 'string' && signature.startsWith('google-generate-content#');
}

function decodeBlock(wire: JsonObject, path: string, losses: Losses): ContentPart | undefined {
  switch (wire.type) {
    case 'text': {
      const citations = Array.isArray(wire.citations) ? wire.citations.map(decodeCitation) : [];
      return {
        type: 'text',
        text: String(wire.text ?? ''),
        ...(citations.length > 0 && { citations }),
      };
    }
    case 'image': {
      const source = decodeSource(wire.source);
      if (source !== undefined) return { type: 'image', source };
      break;
    }
    case 'document': {
      const source = decodeSource(wire.source);
      const filename = asText(wire.title);
      if (source !== undefined) return { type: 'file', source, ...(filename && { filename }) };
      break;
    }
    case 'thinking':
      return {
        type: 'reasoning',
        text: String(wire.thinking ?? ''),
        ...(asText(wire.signature) && {
          signature: mark('anthropic-messages', wire.signature as string),
        }),
      };
    case 'redacted_thinking':
      return {
        type: 'reasoning',
        text: '',
        redacted: mark('anthropic-messages', String(wire.data ?? '')),
      };
    case 'tool_use':
      return {
        type: 'tool-call',
        id: String(wire.id ?? ''),
        name: String(wire.name ?? ''),
        arguments: JSON.stringify(wire.input ?? {}),
      };
    case 'tool_result':
      return {
        type: 'tool-result',
        callId: String(wire.tool_use_id ?? ''),
        content: decodeContent(wire.content as string | JsonObject[], `${path}.content`, losses),
        ...(wire.is_error === true && { isError: true }),
      };
    case 'search_result': {
      const text = decodeContent(wire.content as JsonObject[], `${path}.content`, losses);
      const words = text.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
      return {
        type: 'text',
        text: `${String(wire.title ?? '')}\n${String(wire.source ?? '')}\n${words}`,
      };
    }
  }
  // What the provider's own tools did: the answer's text tells it too. All else is asked for.
  if (/^(?:server_tool_use|mcp_tool_use|.+_tool_result)$/.test(String(wire.type)))
    losses.unmapped.push(path);
  else losses.nativeOnly.push(`${path}.type`);
  return undefined;
}

function decodeSource(value: unknown): MediaSource | undefined {
  const source = asObject(value);
  switch (source?.type) {
    case 'base64':
      return {
        kind: 'base64',
        mediaType: asText(source.media_type) ?? 'application/octet-stream',
        data: String(source.data ?? ''),
      };
    case 'url':
      return { kind: 'url', url: String(source.url ?? '') };
    case 'file':
      return { kind: 'id', id: String(source.file_id ?? '') };
    case 'text':
      return {
        kind: 'base64',
        mediaType: asText(source.media_type) ?? 'text/plain',
        data: toBase64(String(source.data ?? '')),
      };
    default:
      return undefined;
  }
}

function decodeTools(tools: MessagesBody['tools'], losses: Losses): ToolDefinition[] | undefined {
  const definitions: ToolDefinition[] = [];
  (tools ?? []).forEach((tool, index) => {
    if (tool.type && tool.type !== 'custom') return losses.nativeOnly.push(`tools[${index}].type`);
    if (tool.name === undefined) return losses.nativeOnly.push(`tools[${index}].name`);
    definitions.push({
      name: tool.name,
      ...(asText(tool.description) && { description: tool.description! }),
      ...(tool.input_schema && { parameters: tool.input_schema }),
      ...(typeof tool.strict === 'boolean' && { strict: tool.strict }),
      ...cacheOf(tool),
    });
  });
  return definitions.length > 0 ? definitions : undefined;
}

function decodeToolChoice(choice: MessagesBody['tool_choice']): ToolChoice | undefined {
  switch (choice?.type) {
    case 'auto':
    case 'none':
      return choice.type;
    case 'any':
      return 'required';
    case 'tool':
      return typeof choice.name === 'string' ? { name: choice.name } : 'required';
    default:
      return undefined;
  }
}

function decodeResponseFormat(wire: MessagesBody): ResponseFormat | undefined {
  const format = asObject(asObject(wire.output_config)?.format) ?? asObject(wire.output_format);
  if (format?.type !== 'json_schema') return undefined;
  return { type: 'json-schema', schema: asObject(format.schema) ?? {}, strict: true };
}

const EFFORTS = new Set(['low', 'medium', 'high', 'xhigh', 'max']);

function decodeReasoning(wire: MessagesBody): ReasoningOptions | undefined {
  const options: ReasoningOptions = {};
  const { thinking } = wire;
  if (thinking !== null && thinking !== undefined) options.enabled = thinking.type !== 'disabled';
  if (typeof thinking?.budget_tokens === 'number') options.budgetTokens = thinking.budget_tokens;
  if (thinking?.display === 'omitted') options.summary = 'none';
  if (thinking?.display === 'summarized') options.summary = 'auto';
  const effort = asObject(wire.output_config)?.effort;
  if (typeof effort === 'string' && EFFORTS.has(effort))
    options.effort = effort as NonNullable<ReasoningOptions['effort']>;
  return Object.keys(options).length > 0 ? options : undefined;
}

function cacheOf(wire: JsonObject): { cache?: CacheHint } {
  const control = asObject(wire.cache_control);
  if (control === undefined) return {};
  return { cache: control.ttl === '5m' || control.ttl === '1h' ? { ttl: control.ttl } : {} };
}
