import { parseArguments, type Plain, type PlainChoice } from './plain.ts';
import type { Recording } from './recordings.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- the recordings have any shape at all */

const emptyChoice = (): PlainChoice => ({
  text: '',
  reasoning: '',
  refusal: '',
  tools: [],
  finish: null,
});

const COHERE: Readonly<Record<string, string>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool_calls',
};

/** Cohere v2: an answer, or the events of a stream. A plan of tools is reasoning. */
export function plainCohere({ streaming, bytes, body }: Recording): Plain {
  const choice = emptyChoice();
  const calls: Record<number, { name: string; json: string }> = {};
  let usage: any;
  if (streaming) {
    for (const line of new TextDecoder().decode(bytes).split('\n')) {
      if (!line.startsWith('data: {')) continue;
      const { type, index, delta } = JSON.parse(line.slice(6)) as any;
      const message = delta?.message;
      if (type === 'content-start' || type === 'content-delta') {
        choice.text += message.content.text ?? '';
        choice.reasoning += message.content.thinking ?? '';
      }
      if (type === 'tool-plan-delta') choice.reasoning += message.tool_plan;
      if (type === 'tool-call-start')
        calls[index] = { name: message.tool_calls.function.name, json: '' };
      if (type === 'tool-call-delta') calls[index]!.json += message.tool_calls.function.arguments;
      if (type === 'message-end') {
        choice.finish = COHERE[delta.finish_reason] ?? 'other';
        usage = delta.usage;
      }
    }
    choice.tools = Object.values(calls).map(({ name, json }) => ({
      name,
      arguments: parseArguments(json),
    }));
  } else {
    const { message, finish_reason, usage: counted } = body as any;
    for (const part of message.content ?? []) {
      choice.text += part.text ?? '';
      choice.reasoning += part.thinking ?? '';
    }
    choice.reasoning += message.tool_plan ?? '';
    choice.tools = (message.tool_calls ?? []).map((call: any) => ({
      name: call.function.name,
      arguments: parseArguments(call.function.arguments),
    }));
    choice.finish = COHERE[finish_reason] ?? 'other';
    usage = counted;
  }
  const { input_tokens: input, output_tokens: output } = usage.tokens;
  return { choices: [choice], usage: { input, output } };
}

/** Ollama: lines of JSON, or one. */
export function plainOllama({ bytes }: Recording): Plain {
  const choice = emptyChoice();
  const plain: Plain = { choices: [choice] };
  for (const line of new TextDecoder().decode(bytes).trim().split('\n')) {
    const row = JSON.parse(line) as any;
    choice.text += row.message?.content ?? '';
    choice.reasoning += row.message?.thinking ?? '';
    for (const call of row.message?.tool_calls ?? [])
      choice.tools.push({ name: call.function.name, arguments: call.function.arguments });
    if (!row.done) continue;
    choice.finish = row.done_reason;
    if (row.eval_count !== undefined)
      plain.usage = { input: row.prompt_eval_count ?? 0, output: row.eval_count };
  }
  return plain;
}
