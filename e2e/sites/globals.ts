/** What the SDK scripts put on a test page. */
import type { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import type Axios from 'axios';
import type OpenAIClient from 'openai';

declare global {
  const OpenAI: typeof OpenAIClient;
  /** A client that a test made before. */
  const client: OpenAIClient;
  const axios: typeof Axios;
  const ai: {
    createOpenAICompatible: typeof createOpenAICompatible;
    generateText: typeof generateText;
    jsonSchema: typeof jsonSchema;
    stepCountIs: typeof stepCountIs;
    streamText: typeof streamText;
    tool: typeof tool;
  };
}
