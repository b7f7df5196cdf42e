/**
 * What a recording says, decoded here in the plainest way and apart from the codecs, to hold them
 * against. Text, reasoning, tool calls, finish and usage of each choice.
 */
export interface Plain {
  choices: PlainChoice[];
  usage?: { input: number; output: number };
  error?: string;
}

export interface PlainChoice {
  text: string;
  reasoning: string;
  refusal: string;
  tools: { name: string; arguments: unknown }[];
  finish: string | null;
}

/* eslint-disable @typescript-eslint/no-explicit-any -- the recordings have any shape at all */

/** The `data:` payloads of an event stream that is well framed; `[DONE]` is left out. */
export function dataLines(text: string): any[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trim())
    .filter((data) => data !== '' && data !== '[DONE]')
    .map(parseData);
}

/** One recording lacks the last brace of two events. */
function parseData(data: string): any {
  try {
    return JSON.parse(data);
  } catch {
    return JSON.parse(`${data}}`);
  }
}

export function parseArguments(json: unknown): unknown {
  if (typeof json !== 'string') return json ?? {};
  if (json.trim() === '') return {};
  try {
    return JSON.parse(json) ?? {};
  } catch {
    return json;
  }
}

/** OpenAI chat, streamed or whole: fold all chunks into one message a choice. Perplexity sends `message` and `delta` in both. */
export function plainChat(chunks: readonly any[], whole = false): Plain {
  const plain: Plain = { choices: [] };
  const calls: { id: string; index: number; name: string; json: string }[][] = [];
  for (const chunk of chunks) {
    if (chunk.error) {
      plain.error = typeof chunk.error === 'string' ? chunk.error : chunk.error.message;
      return plain;
    }
    const usage = chunk.usage ?? chunk.x_groq?.usage;
    if (typeof usage?.prompt_tokens === 'number')
      plain.usage = { input: usage.prompt_tokens, output: usage.completion_tokens ?? 0 };
    for (const wire of chunk.choices ?? []) {
      const at = wire.index ?? 0;
      const choice = (plain.choices[at] ??= {
        text: '',
        reasoning: '',
        refusal: '',
        tools: [],
        finish: null,
      });
      const list = (calls[at] ??= []);
      const message = (whole ? wire.message : wire.delta) ?? {};
      if (typeof message.content === 'string') choice.text += message.content;
      else if (Array.isArray(message.content))
        for (const piece of message.content) {
          if (piece.type === 'text') choice.text += piece.text;
          if (piece.type === 'thinking') for (const t of piece.thinking) choice.reasoning += t.text;
        }
      else if (message.content) choice.text += JSON.stringify(message.content);
      const details = (message.reasoning_details ?? [])
        .map((d: any) => d.text ?? d.summary ?? '')
        .join('');
      choice.reasoning += message.reasoning_content || message.reasoning || details;
      choice.refusal += message.refusal ?? '';
      for (const [i, call] of (message.tool_calls ?? []).entries()) {
        const index = call.index ?? i;
        let held = list.findLast((c) => c.index === index);
        if (!held || (call.id && held.id && call.id !== held.id && call.function?.name)) {
          held = { id: call.id ?? '', index, name: call.function?.name ?? '', json: '' };
          list.push(held);
        }
        const json = call.function?.arguments ?? '';
        held.json += typeof json === 'string' ? json : JSON.stringify(json);
      }
      if (message.function_call?.name)
        list.push({
          id: 'f',
          index: -1,
          name: message.function_call.name,
          json: message.function_call.arguments,
        });
      if (wire.finish_reason) choice.finish ??= wire.finish_reason;
    }
  }
  plain.choices.forEach((choice, at) => {
    choice.tools = calls[at]!.map((c) => ({ name: c.name, arguments: parseArguments(c.json) }));
  });
  return plain;
}

/** Anthropic messages: the list of blocks, whole or from their events. */
export function plainMessages(events: readonly any[], whole = false): Plain {
  const plain: Plain = { choices: [] };
  let usage: any = {};
  const choice: PlainChoice = { text: '', reasoning: '', refusal: '', tools: [], finish: null };
  const json: Record<number, string> = {};
  const calls: Record<number, any> = {};
  const finish: Record<string, string> = {
    end_turn: 'stop',
    pause_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    tool_use: 'tool_calls',
    refusal: 'content_filter',
  };
  const addBlock = (block: any, index: number) => {
    if (block.type === 'text') choice.text += block.text;
    if (block.type === 'thinking') choice.reasoning += block.thinking;
    if (block.type === 'tool_use') {
      calls[index] = { name: block.name, arguments: block.input };
      choice.tools.push(calls[index]);
    }
  };
  for (const event of events) {
    if (event.type === 'message_stop') break;
    if (event.type === 'error' || event.error)
      return {
        ...plain,
        error: typeof event.error === 'string' ? event.error : event.error.message,
      };
    if (whole || event.type === 'message') {
      event.content.forEach(addBlock);
      usage = event.usage;
      choice.finish = finish[event.stop_reason] ?? null;
    } else if (event.type === 'message_start') usage = event.message.usage ?? {};
    else if (event.type === 'content_block_start') addBlock(event.content_block, event.index);
    else if (event.type === 'content_block_delta') {
      const { delta, index } = event;
      choice.text += delta.text ?? '';
      choice.reasoning += delta.thinking ?? '';
      if (delta.partial_json !== undefined) json[index] = (json[index] ?? '') + delta.partial_json;
      if (calls[index] && json[index]) calls[index].arguments = parseArguments(json[index]);
    } else if (event.type === 'message_delta') {
      usage = { ...usage, ...event.usage };
      choice.finish = finish[event.delta.stop_reason] ?? null;
    }
  }
  plain.choices = [choice];
  const cached = (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
  plain.usage = { input: (usage.input_tokens ?? 0) + cached, output: usage.output_tokens ?? 0 };
  return plain;
}

/** Google: parts of candidates, in chunks or whole; a list of chunks is a stream without SSE. */
export function plainGoogle(bodies: readonly any[]): Plain {
  const plain: Plain = { choices: [] };
  for (const chunk of bodies.flat()) {
    if (chunk.error) return { ...plain, error: chunk.error.message ?? chunk.error };
    if (chunk.promptFeedback?.blockReason)
      return {
        ...plain,
        error: chunk.promptFeedback.blockReasonMessage ?? chunk.promptFeedback.blockReason,
      };
    for (const candidate of chunk.candidates ?? []) {
      const choice = (plain.choices[candidate.index ?? 0] ??= {
        text: '',
        reasoning: '',
        refusal: '',
        tools: [],
        finish: null,
      });
      for (const part of candidate.content?.parts ?? []) {
        if (part.text !== undefined) choice[part.thought ? 'reasoning' : 'text'] += part.text;
        if (part.functionCall)
          choice.tools.push({
            name: part.functionCall.name,
            arguments: part.functionCall.args ?? {},
          });
      }
      const word = candidate.finishReason;
      if (word) choice.finish = googleFinish(word);
    }
    const usage = chunk.usageMetadata;
    if (usage?.promptTokenCount !== undefined || usage?.candidatesTokenCount !== undefined)
      plain.usage = {
        input: usage.promptTokenCount ?? 0,
        output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
      };
  }
  return plain;
}

function googleFinish(word: string | number): string {
  if (word === 'STOP' || word === 1) return 'stop';
  return word === 'MAX_TOKENS' || word === 2 ? 'length' : 'content_filter';
}

/** OpenAI responses: the output items of the last event, or of the whole answer; deltas are not read. */
export function plainResponses(events: readonly any[], whole = false): Plain {
  const plain: Plain = { choices: [] };
  const failed = events.find((event) => event.error || event.response?.error);
  if (failed)
    return { ...plain, error: (failed.error ?? failed.response.error).message ?? failed.error };
  const last = events.findLast(
    (event) => whole || ['response.completed', 'response.incomplete'].includes(event.type),
  );
  const response = whole ? last : last?.response;
  const choice: PlainChoice = { text: '', reasoning: '', refusal: '', tools: [], finish: null };
  // Codex leaves the last event's output empty.
  const told = response?.output ?? [];
  const done = events.filter(({ type }) => type === 'response.output_item.done');
  for (const item of told.length > 0 ? told : done.map((event) => event.item)) {
    if (item.type === 'reasoning')
      for (const part of [...(item.summary ?? []), ...(item.content ?? [])])
        choice.reasoning += part.text;
    if (item.type === 'function_call')
      choice.tools.push({ name: item.name, arguments: parseArguments(item.arguments) });
    if (item.type === 'message')
      for (const part of item.content) {
        choice.text += part.text ?? '';
        choice.refusal += part.refusal ?? '';
      }
  }
  const why = response?.incomplete_details?.reason;
  if (response?.status === 'completed') choice.finish = 'stop';
  if (response?.status === 'incomplete')
    choice.finish = why === 'content_filter' ? 'content_filter' : 'length';
  plain.choices = [choice];
  if (response?.usage)
    plain.usage = { input: response.usage.input_tokens, output: response.usage.output_tokens };
  return plain;
}

/** The same by its deltas alone, which must tell the same as the last event does. */
export function plainResponsesDeltas(
  events: readonly any[],
): Pick<PlainChoice, 'text' | 'reasoning' | 'refusal'> {
  const join = (...types: string[]) =>
    events.map((event) => (types.includes(event.type) ? event.delta : '')).join('');
  return {
    text: join('response.output_text.delta'),
    reasoning: join('response.reasoning_summary_text.delta', 'response.reasoning_text.delta'),
    refusal: join('response.refusal.delta'),
  };
}
