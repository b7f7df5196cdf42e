import type { FormatName } from './chat.ts';
import type { Format } from './format.ts';
import { openaiChat } from './openai-chat/index.ts';

/** The wire formats that Gatehouse speaks, by name. */
export const FORMATS: Readonly<Partial<Record<FormatName, Format>>> = Object.freeze({
  'openai-chat': openaiChat,
});
