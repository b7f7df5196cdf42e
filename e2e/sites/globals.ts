/** What the SDK scripts put on a test page. */
import type { createAnthropic } from '@ai-sdk/anthropic';
import type { createGoogle } from '@ai-sdk/google';
import type { createOpenAI } from '@ai-sdk/openai';
import type { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type AnthropicClient from '@anthropic-ai/sdk';
import type * as genai from '@google/genai';
import type * as messages from '@langchain/core/messages';
import type * as openai from '@langchain/openai';
import type { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import type Axios from 'axios';
import type OpenAIClient from 'openai';

declare global {
  const OpenAI: typeof OpenAIClient;
  /** A client that a test made before. */
  const client: OpenAIClient;
  const Anthropic: typeof AnthropicClient;
  const claude: AnthropicClient;
  const google: Pick<typeof genai, 'ApiError' | 'GoogleGenAI'>;
  const gemini: genai.GoogleGenAI;
  const langchain: Pick<typeof messages, 'HumanMessage' | 'ToolMessage'> &
    Pick<typeof openai, 'ChatOpenAI'>;
  const axios: typeof Axios;
  const ai: {
    createAnthropic: typeof createAnthropic;
    createGoogle: typeof createGoogle;
    createOpenAI: typeof createOpenAI;
    createOpenAICompatible: typeof createOpenAICompatible;
    generateText: typeof generateText;
    jsonSchema: typeof jsonSchema;
    stepCountIs: typeof stepCountIs;
    streamText: typeof streamText;
    tool: typeof tool;
  };
}
