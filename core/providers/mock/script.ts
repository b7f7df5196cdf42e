import { MARKDOWN } from './markdown.ts';
import { shapeOf } from './shape.ts';

/** What a caller's OpenAI chat body holds, as far as the mock reads it. */
export interface MockRequest {
  readonly model?: string;
  readonly messages?: readonly MockMessage[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly tools?: readonly { readonly function?: MockFunction }[];
  readonly tool_choice?: string | { readonly function?: { readonly name?: string } };
  readonly response_format?: {
    readonly type?: string;
    readonly json_schema?: { readonly schema?: unknown };
  };
}
interface MockMessage {
  readonly role?: string;
  readonly content?: string | readonly { readonly text?: string }[] | null;
}
interface MockFunction {
  readonly name?: string;
  readonly parameters?: unknown;
}

/** What an answer says, before it is bytes. */
export interface Script {
  readonly reasoning?: string;
  readonly text?: string;
  readonly toolCall?: { readonly name: string; readonly arguments: string };
}

/** Which ways of answering say something. The others fail, each in its own way (answer.ts). */
const SCRIPTS: Readonly<Record<string, (request: MockRequest) => Script>> = Object.freeze({
  tools: callTool,
  json: (request) => ({ text: JSON.stringify(jsonFor(request)) }),
  reasoning: (request) => ({
    reasoning:
      'This is the mock provider, so nobody thinks here. It only shows how reasoning looks.',
    text: echo(request),
  }),
  markdown: () => ({ text: MARKDOWN }),
});

export function writeScript(way: string, request: MockRequest): Script {
  return (SCRIPTS[way] ?? ((asked: MockRequest) => ({ text: echo(asked) })))(request);
}

function echo(request: MockRequest): string {
  const last = request.messages?.findLast(({ role }) => role === 'user');
  const text = last === undefined ? '' : textOf(last).trim();
  return text || 'Hello from Gatehouse’s mock provider. It is no AI: it says your words back.';
}

function textOf({ content }: MockMessage): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? '').join('');
}

function callTool(request: MockRequest): Script {
  const last = request.messages?.at(-1);
  if (last?.role === 'tool') {
    return { text: `The tool answered: ${textOf(last)} (mock provider, no AI)` };
  }
  const choice = request.tool_choice;
  const named = typeof choice === 'object' ? choice?.function?.name : undefined;
  const tools = (request.tools ?? []).flatMap((tool) => tool.function ?? []);
  const tool = tools.find(({ name }) => name === named) ?? tools[0];
  if (tool === undefined || choice === 'none') {
    return { text: 'No tool was given to call. (mock provider, no AI)' };
  }
  return {
    toolCall: { name: tool.name ?? '', arguments: JSON.stringify(shapeOf(tool.parameters)) },
  };
}

function jsonFor(request: MockRequest): unknown {
  const schema = request.response_format?.json_schema?.schema;
  return schema === undefined ? { mock: true, echo: echo(request) } : shapeOf(schema);
}
