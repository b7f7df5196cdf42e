import { createParser } from 'eventsource-parser';
import type { MessageRecord } from '../../../core/index.ts';
import { gatehouseFetch } from '../../app/gatehouse-fetch.ts';

export interface Turn {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What an answer tells while it comes; each at once, in order. */
export interface AnswerEvents {
  onHead(head: { provider?: string; model?: string }): void;
  onText(text: string): void;
  onReasoning(text: string): void;
  onToolCall(index: number, call: { id?: string; name?: string; arguments?: string }): void;
  onUsage(usage: NonNullable<MessageRecord['usage']>): void;
}

/** Why there is no whole answer: a code of `core/errors.ts`, its words, and what the provider said. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly code: string;
  readonly requestId: string | undefined;

  constructor(code: string, message: string, requestId?: string) {
    super(message);
    this.code = code;
    this.requestId = requestId;
  }
}

interface Chunk {
  choices?: {
    delta?: {
      content?: string | null;
      reasoning_content?: string | null;
      reasoning?: string | null;
      refusal?: string | null;
      tool_calls?: {
        index?: number;
        id?: string;
        function?: { name?: string; arguments?: string };
      }[];
    };
    finish_reason?: string | null;
  }[];
  usage?: {
    prompt_tokens?: number;
    completion_tokens?: number;
    prompt_tokens_details?: { cached_tokens?: number } | null;
    completion_tokens_details?: { reasoning_tokens?: number } | null;
    cost?: number;
  } | null;
  error?: { message?: string; code?: string | number | null };
}

/**
 * Asks the router for a streamed answer. Resolves when it is whole; rejects with AnswerError, or with
 * the signal's reason. The same in both hosts.
 */
export async function streamAnswer(
  ask: { model: string; messages: readonly Turn[] },
  events: AnswerEvents,
  signal: AbortSignal,
): Promise<void> {
  const response = await send(ask, signal);
  const requestId = response.headers.get('x-request-id') ?? undefined;
  if (!response.ok) throw await toError(response, requestId);
  events.onHead({
    provider: response.headers.get('x-gatehouse-provider') ?? undefined,
    model: response.headers.get('x-gatehouse-model') ?? undefined,
  });

  let finished = false;
  let failure: AnswerError | undefined;
  const parser = createParser({
    onEvent({ data }) {
      if (failure || data === '[DONE]') {
        finished ||= data === '[DONE]';
        return;
      }
      const chunk = parse(data);
      if (chunk?.error) failure = fromBody(chunk.error, requestId);
      else if (chunk) finished = deliver(chunk, events) || finished;
    },
  });
  try {
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      parser.feed(text);
      if (failure) throw failure;
    }
  } catch (error) {
    if (error === failure || signal.aborted) throw error;
    throw new AnswerError(
      'upstream_truncated',
      'The answer broke off. What arrived is kept.',
      requestId,
    );
  }
  if (!finished) {
    throw new AnswerError(
      'upstream_truncated',
      'The answer broke off. What arrived is kept.',
      requestId,
    );
  }
}

async function send(
  { model, messages }: { model: string; messages: readonly Turn[] },
  signal: AbortSignal,
): Promise<Response> {
  try {
    return await gatehouseFetch('/v1/chat/completions', {
      method: 'POST',
      signal,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new AnswerError(
      'internal_error',
      'Gatehouse itself did not answer. Reload this page and try again.',
    );
  }
}

/** True where this chunk says that the answer is complete. */
function deliver({ choices, usage }: Chunk, events: AnswerEvents): boolean {
  const choice = choices?.[0];
  const { content, reasoning_content, reasoning, refusal, tool_calls } = choice?.delta ?? {};
  const thought = reasoning_content ?? reasoning;
  if (typeof thought === 'string' && thought !== '') events.onReasoning(thought);
  if (typeof content === 'string' && content !== '') events.onText(content);
  if (typeof refusal === 'string' && refusal !== '') events.onText(refusal);
  for (const call of tool_calls ?? []) {
    events.onToolCall(call.index ?? 0, { id: call.id, ...call.function });
  }
  if (usage) {
    events.onUsage({
      input: usage.prompt_tokens ?? 0,
      output: usage.completion_tokens ?? 0,
      cachedInput: usage.prompt_tokens_details?.cached_tokens,
      reasoning: usage.completion_tokens_details?.reasoning_tokens,
      costUsd: usage.cost,
    });
  }
  return typeof choice?.finish_reason === 'string';
}

function parse(data: string): Chunk | undefined {
  try {
    return JSON.parse(data) as Chunk;
  } catch {
    return undefined;
  }
}

async function toError(response: Response, requestId: string | undefined): Promise<AnswerError> {
  const text = await response.text().catch(() => '');
  const error = parse(text)?.error;
  return error
    ? fromBody(error, requestId)
    : new AnswerError('bad_upstream', `Status ${response.status} without an answer.`, requestId);
}

function fromBody(
  { message, code }: NonNullable<Chunk['error']>,
  requestId: string | undefined,
): AnswerError {
  return new AnswerError(
    String(code ?? 'provider_error'),
    message ?? 'No reason was given.',
    requestId,
  );
}
