import type { ChatRequest, Message, ToolDefinition } from '../chat.ts';
import { traitsOf } from '../claude-version.ts';
import type { EncodedRequest, FormatTarget } from '../format.ts';
import { refuseNative } from '../invalid.ts';
import { type JsonObject, namesOf } from '../json.ts';
import { toStrictSchema } from '../json-schema.ts';
import { toPathSegment } from '../path-segment.ts';
import { encodePart } from './encode-content.ts';
import { familyOf, type Family } from './families.ts';
import { encodeReasoning } from './reasoning.ts';

/** Canonical -> what the target is sent. The model and whether to stream are in the path here. */
export function encodeRequest(chat: ChatRequest, target: FormatTarget): EncodedRequest {
  refuseNative(chat.nativeOnly, 'Bedrock');
  const dropped = [...(chat.unmapped ?? [])];
  const { model } = target;
  const method = chat.stream ? 'converse-stream' : 'converse';
  return {
    path: `/model/${toPathSegment(model)}/${method}`,
    headers: {
      accept: chat.stream ? 'application/vnd.amazon.eventstream' : 'application/json',
    },
    body: toBody(chat, model, familyOf(model), dropped),
    dropped,
  };
}

function toBody(chat: ChatRequest, model: string, family: Family, dropped: string[]): JsonObject {
  const caches = family === 'claude' || family === 'nova';
  const isSystem = ({ role }: Message) => role === 'system' || role === 'developer';
  const system = chat.messages
    .filter(isSystem)
    .flatMap(({ content }) => content.flatMap((part) => encodePart(part, caches)));
  const body: JsonObject = {
    messages: encodeMessages(
      chat.messages.filter((message) => !isSystem(message)),
      caches,
    ),
  };
  if (system.length > 0) body.system = system;
  const toolConfig = encodeTools(chat, caches, dropped);
  if (toolConfig !== undefined) body.toolConfig = toolConfig;
  encodeInference(chat, model, family, body, dropped);
  if (chat.responseFormat?.type === 'json-schema') {
    const { name, description, schema } = chat.responseFormat;
    const jsonSchema = {
      schema: JSON.stringify(toStrictSchema(schema)),
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
    };
    body.outputConfig = { textFormat: { type: 'json_schema', structure: { jsonSchema } } };
  }
  dropped.push(...namesOf(unsayable(chat)));
  return body;
}

/** What Converse has no field for, in the words that most callers use. */
function unsayable(chat: ChatRequest): JsonObject {
  return {
    seed: chat.seed,
    frequency_penalty: chat.frequencyPenalty,
    presence_penalty: chat.presencePenalty,
    n: chat.choices,
    logprobs: chat.logprobs,
    user: chat.user,
    response_format: chat.responseFormat?.type === 'json' ? true : undefined,
    parallel_tool_calls: chat.parallelToolCalls === false ? false : undefined,
  };
}

function encodeInference(
  chat: ChatRequest,
  model: string,
  family: Family,
  body: JsonObject,
  dropped: string[],
): void {
  const sampling: JsonObject = {
    temperature: chat.temperature === undefined ? undefined : Math.min(1, chat.temperature),
    top_p: chat.topP,
    top_k: chat.topK,
  };
  const additional = encodeReasoning(chat, model, family, sampling, dropped);
  // A budget of thoughts has to fit into what the model may say in all.
  const maxTokens =
    chat.maxOutputTokens ??
    (additional.thinking === undefined ? undefined : traitsOf(model).maxTokens);
  const inference: JsonObject = {
    maxTokens,
    temperature: sampling.temperature,
    topP: sampling.top_p,
    stopSequences: chat.stop,
  };
  for (const name of Object.keys(inference))
    if (inference[name] === undefined) delete inference[name];
  if (Object.keys(inference).length > 0) body.inferenceConfig = inference;
  if (sampling.top_k !== undefined) {
    if (family === 'claude') additional.top_k = sampling.top_k;
    else if (family === 'nova') additional.inferenceConfig = { topK: sampling.top_k };
    else dropped.push('top_k');
  }
  if (Object.keys(additional).length > 0) body.additionalModelRequestFields = additional;
}

/** Turns alternate: results of tools and what the user says after them are one message here. */
function encodeMessages(messages: readonly Message[], caches: boolean): JsonObject[] {
  const encoded: { role: 'user' | 'assistant'; content: JsonObject[] }[] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = message.content.flatMap((part) => encodePart(part, caches));
    if (content.length === 0) continue;
    const last = encoded.at(-1);
    if (last?.role === role) last.content.push(...content);
    else encoded.push({ role, content });
  }
  // A document alone is refused: a message that holds one must say something too.
  for (const { content } of encoded)
    if (content.some(({ document }) => document !== undefined) && !content.some(isWord))
      content.unshift({ text: 'See the document.' });
  return encoded;
}

function isWord({ text, toolResult }: JsonObject): boolean {
  return text !== undefined || toolResult !== undefined;
}

function encodeTools(
  chat: ChatRequest,
  caches: boolean,
  dropped: string[],
): JsonObject | undefined {
  const called = calledTools(chat);
  const forbidden = chat.toolChoice === 'none';
  // There is no word for "none": without tools there is nothing to call. But a conversation that
  // holds calls must name them.
  if (forbidden && called.length > 0) dropped.push('tool_choice');
  const declared = forbidden && called.length === 0 ? [] : (chat.tools ?? []);
  const missing = called
    .filter((name) => !declared.some((tool) => tool.name === name))
    .map((name): ToolDefinition => ({ name }));
  const tools = [...declared, ...missing].flatMap((tool) => encodeTool(tool, caches));
  if (tools.length === 0) return undefined;
  const toolChoice = declared.length > 0 ? encodeChoice(chat) : undefined;
  return { tools, ...(toolChoice !== undefined && { toolChoice }) };
}

function calledTools(chat: ChatRequest): string[] {
  const names = chat.messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === 'tool-call' ? [part.name] : [])),
  );
  return [...new Set(names)];
}

function encodeTool(tool: ToolDefinition, caches: boolean): JsonObject[] {
  const toolSpec = {
    name: tool.name,
    ...(tool.description && { description: tool.description }),
    inputSchema: { json: tool.parameters ?? { type: 'object', properties: {} } },
    ...(tool.strict === true && { strict: true }),
  };
  return tool.cache !== undefined && caches
    ? [{ toolSpec }, { cachePoint: { type: 'default' } }]
    : [{ toolSpec }];
}

function encodeChoice({ toolChoice }: ChatRequest): JsonObject | undefined {
  if (toolChoice === undefined || toolChoice === 'none') return undefined;
  if (toolChoice === 'auto') return { auto: {} };
  return toolChoice === 'required' ? { any: {} } : { tool: { name: toolChoice.name } };
}
