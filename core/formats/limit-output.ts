import type { ChatRequest } from './chat.ts';
import type { JsonObject } from './json.ts';

/** Where a caller's own body says how long an answer may be; the first is the one to write. */
const FIELDS: Readonly<Partial<Record<ChatRequest['raw']['format'], readonly string[]>>> =
  Object.freeze({
    'openai-chat': ['max_completion_tokens', 'max_tokens'],
    'openai-responses': ['max_output_tokens'],
    'openai-completions': ['max_tokens'],
    'anthropic-messages': ['max_tokens'],
    'google-generate-content': ['maxOutputTokens'],
  });

/** Makes no answer to this request longer than so many tokens, wherever it goes. */
export function limitOutput(chat: ChatRequest, most: number): void {
  if (chat.maxOutputTokens !== undefined && chat.maxOutputTokens <= most) return;
  chat.maxOutputTokens = most;
  const { format, body } = chat.raw;
  const fields = FIELDS[format];
  if (fields === undefined) return;
  const place: JsonObject =
    format === 'google-generate-content'
      ? (body.generationConfig = { ...(body.generationConfig as JsonObject | undefined) })
      : body;
  for (const field of fields) delete place[field];
  place[fields[0]!] = most;
}
