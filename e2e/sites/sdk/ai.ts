/** The `ai` package with an OpenAI-compatible provider. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';

Object.assign(globalThis, {
  ai: { createOpenAICompatible, generateText, jsonSchema, stepCountIs, streamText, tool },
});
