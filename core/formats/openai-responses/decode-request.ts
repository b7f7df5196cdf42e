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
import { asObject, asText, toArguments, type JsonObject } from '../json.ts';
import { fromUrl } from '../media.ts';
import { isForeign, mark } from '../signature.ts';
import { decodeAnnotation } from './citation.ts';
import { requestSchema, type ResponsesBody } from './schema.ts';

const MAPPED = new Set([
  'model',
  'input',
  'instructions',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'include',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_logprobs',
  'user',
  'store',
  'previous_response_id',
  'conversation',
  'background',
  'prompt',
]);

interface Losses {
  nativeOnly: string[];
  unmapped: string[];
}

/** A responses body -> canonical. Throws `invalid_request` with the path at fault. */
export function decodeRequest(body: unknown): ChatRequest {
  const wire = parseBody(requestSchema, body);
  const losses: Losses = {
    nativeOnly: [],
    unmapped: Object.keys(wire).filter((field) => !MAPPED.has(field)),
  };
  for (const field of ['previous_response_id', 'conversation', 'prompt'])
    if (wire[field] !== undefined && wire[field] !== null) losses.nativeOnly.push(field);
  // Nothing is kept here: the caller learns that its wish was not heard.
  if (wire.store === true) losses.unmapped.push('store');
  if (wire.background === true) losses.nativeOnly.push('background');
  const request: ChatRequest = {
    model: wire.model ?? '',
    messages: decodeInput(wire, losses),
    stream: wire.stream ?? false,
    includeUsage: true,
    raw: { format: 'openai-responses', body: body as JsonObject },
  };
  const set = <K extends keyof ChatRequest>(key: K, value: ChatRequest[K] | null) => {
    if (value !== undefined && value !== null) request[key] = value;
  };
  set('tools', decodeTools(wire.tools, losses));
  set('toolChoice', decodeToolChoice(wire.tool_choice, losses));
  set('parallelToolCalls', wire.parallel_tool_calls);
  set('responseFormat', decodeFormat(asObject(wire.text?.format), losses));
  set('maxOutputTokens', wire.max_output_tokens);
  set('temperature', wire.temperature);
  set('topP', wire.top_p);
  if (wire.include?.includes('message.output_text.logprobs'))
    request.logprobs = typeof wire.top_logprobs === 'number' ? { top: wire.top_logprobs } : {};
  set('reasoning', decodeReasoning(wire.reasoning));
  set('user', wire.user);
  if (wire.text?.verbosity !== undefined) losses.unmapped.push('text.verbosity');
  if (losses.nativeOnly.length > 0) request.nativeOnly = losses.nativeOnly;
  if (losses.unmapped.length > 0) request.unmapped = losses.unmapped;
  return request;
}

/** What the assistant said, thought and called in a row is one message. */
function decodeInput(wire: ResponsesBody, losses: Losses): Message[] {
  const messages: Message[] = [];
  if (wire.instructions)
    messages.push({ role: 'system', content: [{ type: 'text', text: wire.instructions }] });
  if (typeof wire.input === 'string') {
    messages.push({ role: 'user', content: [{ type: 'text', text: wire.input }] });
    return messages;
  }
  let turn: ContentPart[] | undefined;
  const assistant = (parts: readonly ContentPart[]) => {
    if (parts.length === 0) return;
    if (turn === undefined) messages.push({ role: 'assistant', content: (turn = []) });
    turn.push(...parts);
  };
  /** A proof of another provider's call travels on an empty thought before it. */
  let carried: string | undefined;

  wire.input.forEach((item, index) => {
    const path = `input[${index}]`;
    switch (item.type ?? 'message') {
      case 'message': {
        const content = decodeContent(item.content, `${path}.content`, losses);
        if (item.role === 'assistant') return assistant(content);
        turn = undefined;
        messages.push({ role: item.role ?? 'user', content });
        return;
      }
      case 'reasoning': {
        const thoughts = decodeThoughts(item);
        const only = thoughts.length === 1 ? thoughts[0]! : undefined;
        if (only?.text === '' && only.redacted?.startsWith('google-generate-content#'))
          carried = only.redacted;
        else assistant(thoughts);
        return;
      }
      case 'function_call': {
        const signature = carried === undefined ? {} : { signature: carried };
        carried = undefined;
        return assistant([
          {
            type: 'tool-call',
            id: item.call_id ?? asText(item.id) ?? `call_${index}`,
            name: item.name ?? '',
            arguments: toArguments(item.arguments),
            ...signature,
          },
        ]);
      }
      case 'function_call_output': {
        turn = undefined;
        const output = item.output as string | JsonObject[];
        const content = decodeContent(output, `${path}.output`, losses);
        messages.push({
          role: 'tool',
          content: [{ type: 'tool-result', callId: item.call_id ?? '', content }],
        });
        return;
      }
      case 'item_reference':
        losses.nativeOnly.push(`${path}.id`);
        return;
      case 'custom_tool_call':
      case 'custom_tool_call_output':
      case 'computer_call_output':
      case 'local_shell_call_output':
        losses.nativeOnly.push(`${path}.type`);
        return;
      default:
        // What the provider's own tools did: the answer's text tells it too.
        losses.unmapped.push(path);
    }
  });
  return messages;
}

/** One thought for each part of the summary; the proof stands on the last. */
function decodeThoughts(item: JsonObject): Extract<ContentPart, { type: 'reasoning' }>[] {
  const list = (value: unknown) => (Array.isArray(value) ? value.map(asObject) : []);
  const texts = [...list(item.summary), ...list(item.content)].map((part) =>
    String(part?.text ?? ''),
  );
  const id = asText(item.id) === undefined ? {} : { id: item.id as string };
  const encrypted = asText(item.encrypted_content);
  if (texts.length === 0 && encrypted !== undefined) texts.push('');
  return texts.map((text, place) => ({
    type: 'reasoning',
    text,
    ...id,
    ...(encrypted !== undefined && place === texts.length - 1 && proofOf(encrypted, text)),
  }));
}

/** Another provider's proof with words is a signature, without them it is the thought itself. */
function proofOf(encrypted: string, text: string): { signature?: string; redacted?: string } {
  const proof = mark('openai-responses', encrypted);
  return isForeign('openai-responses', proof) && text !== ''
    ? { signature: proof }
    : { redacted: proof };
}

function decodeContent(
  content: string | readonly JsonObject[] | null | undefined,
  path: string,
  losses: Losses,
): ContentPart[] {
  if (content === null || content === undefined || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.flatMap((wire, index) => {
    const part = decodePart(wire);
    if (part === undefined) losses.nativeOnly.push(`${path}[${index}].type`);
    return part ?? [];
  });
}

function decodePart(wire: JsonObject): ContentPart | undefined {
  switch (wire.type) {
    case 'input_text':
    case 'text':
      return { type: 'text', text: String(wire.text ?? '') };
    case 'output_text': {
      const citations = Array.isArray(wire.annotations)
        ? wire.annotations.map(decodeAnnotation)
        : [];
      return {
        type: 'text',
        text: String(wire.text ?? ''),
        ...(citations.length > 0 && { citations }),
      };
    }
    case 'refusal':
      return { type: 'refusal', text: String(wire.refusal ?? '') };
    case 'input_image': {
      const detail = asText(wire.detail) as 'auto' | 'low' | 'high' | 'original' | undefined;
      const url = asText(wire.image_url) ?? asText(asObject(wire.image_url)?.url);
      const source =
        url === undefined ? { kind: 'id' as const, id: String(wire.file_id ?? '') } : fromUrl(url);
      return { type: 'image', source, ...(detail && { detail }) };
    }
    case 'input_file': {
      const filename =
        asText(wire.filename) === undefined ? {} : { filename: wire.filename as string };
      const url = asText(wire.file_url);
      const data = asText(wire.file_data);
      if (url !== undefined) return { type: 'file', source: { kind: 'url', url }, ...filename };
      if (data === undefined)
        return {
          type: 'file',
          source: { kind: 'id', id: String(wire.file_id ?? '') },
          ...filename,
        };
      if (data.startsWith('data:')) return { type: 'file', source: fromUrl(data), ...filename };
      return {
        type: 'file',
        source: { kind: 'base64', mediaType: 'application/pdf', data },
        ...filename,
      };
    }
    case 'input_audio': {
      const audio = asObject(wire.input_audio) ?? wire;
      const format = asText(audio.format) ?? 'wav';
      const mediaType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`;
      return {
        type: 'audio',
        source: { kind: 'base64', mediaType, data: String(audio.data ?? '') },
        format,
      };
    }
    default:
      return undefined;
  }
}

function decodeTools(tools: ResponsesBody['tools'], losses: Losses): ToolDefinition[] | undefined {
  const definitions: ToolDefinition[] = [];
  (tools ?? []).forEach((tool, index) => {
    // Some callers keep the chat form, with everything under `function`.
    const wire = tool.name === undefined ? asObject(tool.function) : tool;
    const name = asText(wire?.name);
    if (tool.type !== 'function' || wire === undefined || name === undefined) {
      losses.nativeOnly.push(`tools[${index}].type`);
      return;
    }
    const parameters = asObject(wire.parameters);
    definitions.push({
      name,
      ...(asText(wire.description) && { description: wire.description as string }),
      ...(parameters !== undefined && { parameters }),
      ...(typeof wire.strict === 'boolean' && { strict: wire.strict }),
    });
  });
  return definitions.length > 0 ? definitions : undefined;
}

function decodeToolChoice(
  choice: ResponsesBody['tool_choice'],
  losses: Losses,
): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  if (typeof choice === 'object' && choice.type === 'function' && typeof choice.name === 'string')
    return { name: choice.name };
  losses.nativeOnly.push('tool_choice');
  return undefined;
}

function decodeFormat(format: JsonObject | undefined, losses: Losses): ResponseFormat | undefined {
  if (format === undefined || format.type === 'text') return undefined;
  if (format.type === 'json_object') return { type: 'json' };
  if (format.type !== 'json_schema') {
    losses.nativeOnly.push('text.format.type');
    return undefined;
  }
  return {
    type: 'json-schema',
    ...(asText(format.name) && { name: format.name as string }),
    ...(asText(format.description) && { description: format.description as string }),
    schema: asObject(format.schema) ?? {},
    ...(typeof format.strict === 'boolean' && { strict: format.strict }),
  };
}

const EFFORTS = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);
const SUMMARIES = new Set(['auto', 'concise', 'detailed']);

function decodeReasoning(wire: ResponsesBody['reasoning']): ReasoningOptions | undefined {
  const options: ReasoningOptions = {};
  if (wire?.effort && EFFORTS.has(wire.effort)) options.effort = wire.effort as 'low';
  if (wire?.summary && SUMMARIES.has(wire.summary)) options.summary = wire.summary as 'auto';
  return Object.keys(options).length > 0 ? options : undefined;
}
