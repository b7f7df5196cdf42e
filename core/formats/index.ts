import { anthropicMessages } from './anthropic-messages/index.ts';
import { bedrockConverse } from './bedrock-converse/index.ts';
import { cohereChat } from './cohere-chat/index.ts';
import type { Formats } from './format.ts';
import { googleGenerateContent } from './google-generate-content/index.ts';
import { ollamaChat } from './ollama-chat/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiCompletions } from './openai-completions/index.ts';
import { openaiResponses } from './openai-responses/index.ts';
import { replicatePredictions } from './replicate-predictions/index.ts';

const callers = Object.freeze({
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'openai-completions': openaiCompletions,
  'anthropic-messages': anthropicMessages,
  'google-generate-content': googleGenerateContent,
});

/** The wire formats that Gatehouse speaks, by name. */
export const FORMATS: Formats = Object.freeze({
  callers,
  upstreams: Object.freeze({
    ...callers,
    'bedrock-converse': bedrockConverse,
    'cohere-chat': cohereChat,
    'ollama-chat': ollamaChat,
    'replicate-predictions': replicatePredictions,
  }),
});
