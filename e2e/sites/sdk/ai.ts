/** The `ai` package with the providers whose dialects Gatehouse speaks. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';

Object.assign(globalThis, {
  ai: {
    createAnthropic,
    createGoogle,
    createOpenAI,
    createOpenAICompatible,
    generateText,
    jsonSchema,
    stepCountIs,
    streamText,
    tool,
  },
});
