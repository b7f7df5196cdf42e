import type { ChatRequest } from '../chat.ts';
import type { EncodedRequest, FormatTarget } from '../format.ts';
import { refuse } from '../invalid.ts';

/** Only a completion goes out as one: a chat would lose all that it is. */
export function encodeRequest(
  chat: ChatRequest,
  { provider, model }: FormatTarget,
): EncodedRequest {
  if (chat.raw.format !== 'openai-completions')
    throw refuse('messages', "can't be said to a provider of the OpenAI completions format.");
  const { stream_options: options, ...rest } = chat.raw.body;
  const body: Record<string, unknown> = { ...rest, model };
  if (chat.stream && provider.quirks?.noStreamOptions !== true)
    body.stream_options = { ...(options as object | null | undefined), include_usage: true };
  const path = provider.ways?.completions?.path ?? '/completions';
  return { path, headers: {}, body, dropped: [] };
}
