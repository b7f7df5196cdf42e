import type { Script } from './script.ts';

/** The same in every answer: what the mock says depends on the request alone. */
const CREATED = 1_767_225_600; // 2026-01-01T00:00:00Z

export interface MockUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** The whole answer, as OpenAI's chat endpoint sends it. */
export function toCompletion(id: string, model: string, script: Script, usage: MockUsage): object {
  return {
    id,
    object: 'chat.completion',
    created: CREATED,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: script.text ?? null,
          ...(script.reasoning === undefined ? {} : { reasoning_content: script.reasoning }),
          ...(script.toolCall === undefined
            ? {}
            : { tool_calls: [toToolCall(id, script.toolCall)] }),
        },
        finish_reason: finishOf(script),
      },
    ],
    usage,
  };
}

/** The answer in chunks: one a word. */
export function* toChunks(
  id: string,
  model: string,
  script: Script,
  usage: MockUsage | undefined,
): Generator<object> {
  const chunk = (choices: object[], rest: object = {}) => ({
    id,
    object: 'chat.completion.chunk',
    created: CREATED,
    model,
    choices,
    ...(usage === undefined ? {} : { usage: null }),
    ...rest,
  });
  const delta = (value: object, finish: string | null = null) =>
    chunk([{ index: 0, delta: value, finish_reason: finish }]);

  yield delta({ role: 'assistant', content: '' });
  for (const word of toWords(script.reasoning)) yield delta({ reasoning_content: word });
  for (const word of toWords(script.text)) yield delta({ content: word });
  if (script.toolCall !== undefined) {
    const call = toToolCall(id, script.toolCall);
    const { arguments: json, name } = call.function;
    yield delta({ tool_calls: [{ index: 0, ...call, function: { name, arguments: '' } }] });
    for (const piece of json.match(/.{1,12}/gs) ?? []) {
      yield delta({ tool_calls: [{ index: 0, function: { arguments: piece } }] });
    }
  }
  yield delta({}, finishOf(script));
  if (usage !== undefined) yield chunk([], { usage });
}

/** About a token a word: good enough for what nobody is charged for, and the same each time. */
export function countTokens(text: string): number {
  return toWords(text).length;
}

function toWords(text = ''): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

function finishOf(script: Script): string {
  return script.toolCall === undefined ? 'stop' : 'tool_calls';
}

function toToolCall(id: string, call: { name: string; arguments: string }) {
  return { id: id.replace('chatcmpl', 'call'), type: 'function', function: call };
}
