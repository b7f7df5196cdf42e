import { describe, expect, it } from 'vitest';
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { Format } from './format.ts';
import { googleGenerateContent } from './google-generate-content/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

const TARGETS: readonly (readonly [Format, model: string])[] = [
  [openaiChat, 'gpt-5-mini'],
  [openaiResponses, 'gpt-5-mini'],
  [anthropicMessages, 'claude-sonnet-4-5'],
  [googleGenerateContent, 'gemini-2.5-flash'],
];

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk';
const schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: {
    url: { type: 'string', format: 'uri', minLength: 3 },
    count: { type: ['integer', 'null'], minimum: 1, maximum: 9 },
    when: { oneOf: [{ type: 'string', format: 'date-time' }, { const: 'never' }] },
    tags: { type: 'array', items: { $ref: '#/$defs/tag' }, uniqueItems: true },
  },
  required: ['url'],
  additionalProperties: false,
  $defs: { tag: { type: 'string', enum: ['a', 'b'] } },
};
const weather = {
  name: 'get_weather',
  description: 'The weather of a place.',
  parameters: {
    type: 'object',
    properties: { place: { type: 'string' } },
    required: ['place'],
  },
};

/** The hard ones, each in the words of one dialect. What targets are sent for them is in `golden/`. */
const CASES: readonly (readonly [title: string, from: Format, body: Record<string, unknown>])[] = [
  [
    'parallel-tools-and-results',
    openaiChat,
    {
      model: 'x',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Weather in Oslo and Rome?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'get_weather', arguments: '{"place":"Oslo"}' },
            },
            {
              id: 'call_2',
              type: 'function',
              function: { name: 'get_weather', arguments: '{"place":"Rome"}' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'call_2', content: '21 °C' },
        { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: '3 °C' }] },
        { role: 'user', content: 'Which is warmer?' },
      ],
      tools: [{ type: 'function', function: weather }],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
      parallel_tool_calls: false,
    },
  ],
  [
    'media',
    openaiChat,
    {
      model: 'x',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What are these?' },
            {
              type: 'image_url',
              image_url: { url: `data:image/png;base64,${PIXEL}`, detail: 'low' },
            },
            { type: 'image_url', image_url: { url: 'https://example.com/cat.jpg' } },
            {
              type: 'file',
              file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
            },
          ],
        },
      ],
    },
  ],
  [
    'audio',
    openaiChat,
    {
      model: 'x',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Write it down.' },
            { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
          ],
        },
      ],
    },
  ],
  [
    'structured-output',
    openaiChat,
    {
      model: 'x',
      messages: [{ role: 'user', content: 'Fill it in.' }],
      response_format: { type: 'json_schema', json_schema: { name: 'form', schema, strict: true } },
      tools: [{ type: 'function', function: { name: 'save', parameters: schema, strict: true } }],
    },
  ],
  [
    'effort-sampling-stop',
    openaiChat,
    {
      model: 'x',
      messages: [{ role: 'user', content: 'Think.' }],
      reasoning_effort: 'high',
      max_completion_tokens: 20_000,
      temperature: 0.3,
      top_p: 0.9,
      stop: ['END', '###'],
      seed: 7,
      frequency_penalty: 0.5,
      logit_bias: { 50256: -100 },
      n: 2,
      user: 'u1',
    },
  ],
  [
    'thinking-cache-and-system-list',
    anthropicMessages,
    {
      model: 'x',
      max_tokens: 9000,
      thinking: { type: 'enabled', budget_tokens: 4000 },
      system: [
        { type: 'text', text: 'You are kind.', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: 'Answer in verse.' },
      ],
      messages: [
        { role: 'user', content: 'Weather in Oslo?' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'I must look.', signature: 'c2lnbmF0dXJl' },
            { type: 'redacted_thinking', data: 'ZW5jcnlwdGVk' },
            { type: 'text', text: 'Let me look.' },
            { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { place: 'Oslo' } },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              is_error: true,
              content: [
                { type: 'text', text: 'No such place.' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
              ],
            },
            { type: 'text', text: 'Go on.', cache_control: { type: 'ephemeral', ttl: '1h' } },
          ],
        },
      ],
      tools: [
        { name: weather.name, description: weather.description, input_schema: weather.parameters },
      ],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      top_k: 40,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
    },
  ],
  [
    'gemini-signatures-and-schema',
    googleGenerateContent,
    {
      model: 'x',
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        {
          role: 'user',
          parts: [{ text: 'Weather?' }, { inlineData: { mimeType: 'image/png', data: PIXEL } }],
        },
        {
          role: 'model',
          parts: [
            {
              functionCall: { name: 'get_weather', args: { place: 'Oslo' } },
              thoughtSignature: 'c2ln',
            },
          ],
        },
        {
          role: 'user',
          parts: [{ functionResponse: { name: 'get_weather', response: { result: '3 °C' } } }],
        },
      ],
      tools: [
        {
          functionDeclarations: [
            {
              ...weather,
              parameters: { type: 'OBJECT', properties: { place: { type: 'STRING' } } },
            },
          ],
        },
      ],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['get_weather'] } },
      generationConfig: {
        responseMimeType: 'application/json',
        responseSchema: {
          type: 'OBJECT',
          properties: { warm: { type: 'BOOLEAN' } },
          required: ['warm'],
        },
        thinkingConfig: { thinkingBudget: 2000, includeThoughts: true },
        maxOutputTokens: 500,
        candidateCount: 1,
      },
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
    },
  ],
  [
    'responses-items',
    openaiResponses,
    {
      model: 'x',
      instructions: 'Be brief.',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Weather?' },
            { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'high' },
          ],
        },
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'Look it up.' }],
          encrypted_content: 'ZW5j',
        },
        {
          type: 'function_call',
          call_id: 'call_1',
          name: 'get_weather',
          arguments: '{"place":"Oslo"}',
        },
        { type: 'function_call_output', call_id: 'call_1', output: '3 °C' },
      ],
      tools: [{ type: 'function', ...weather, strict: true }],
      tool_choice: 'required',
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'form', schema }, verbosity: 'low' },
      max_output_tokens: 800,
      store: false,
      truncation: 'auto',
    },
  ],
];

describe('what targets are sent', () => {
  for (const [title, from, body] of CASES)
    it(`for ${title}`, async () => {
      const sent = Object.fromEntries(
        TARGETS.map(([format, model]) => {
          const provider = {
            id: 'test',
            name: 'Test',
            format: format.name,
            baseUrl: 'https://api.test/v1',
            auth: { scheme: 'none' as const },
          };
          try {
            const {
              path,
              body: told,
              dropped,
            } = format.encodeRequest(from.decodeRequest(structuredClone(body)), {
              provider,
              model,
            });
            return [format.name, { path, dropped, body: told }];
          } catch (error) {
            return [format.name, { refused: (error as Error).message }];
          }
        }),
      );
      await expect(`${JSON.stringify(sent, null, 2)}\n`).toMatchFileSnapshot(
        `golden/${title}.json`,
      );
    });
});
