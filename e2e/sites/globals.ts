/** What the SDK scripts put on a test page. */
import type { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { generateText, jsonSchema, streamText, tool } from 'ai';
import type Axios from 'axios';
import type OpenAIClient from 'openai';

declare global {
  const OpenAI: typeof OpenAIClient;
  const axios: typeof Axios;
  const ai: {
    createOpenAICompatible: typeof createOpenAICompatible;
    generateText: typeof generateText;
    jsonSchema: typeof jsonSchema;
    streamText: typeof streamText;
    tool: typeof tool;
  };
}
