import { anthropicMessages } from './anthropic-messages/index.ts';
import type { FormatName } from './chat.ts';
import type { Format } from './format.ts';
import { googleGenerateContent } from './google-generate-content/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

/** The wire formats that Gatehouse speaks, by name. */
export const FORMATS: Readonly<Partial<Record<FormatName, Format>>> = Object.freeze({
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  'google-generate-content': googleGenerateContent,
});
