import { z } from 'zod';

/**
 * What a caller's body must be for us to understand it. Loose: what is not named here passes to a
 * provider of the same format as it is.
 */
const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))], {
  error: 'expected text or a list of content parts',
});

const toolCall = z.looseObject({
  id: z.string().nullish(),
  type: z.string().nullish(),
  function: z.looseObject({ name: z.string(), arguments: z.unknown() }).nullish(),
});

const message = z.discriminatedUnion(
  'role',
  [
    z.looseObject({ role: z.enum(['system', 'developer']), content }),
    z.looseObject({ role: z.literal('user'), content }),
    z.looseObject({
      role: z.literal('assistant'),
      content: content.nullish(),
      tool_calls: z.array(toolCall).nullish(),
    }),
    z.looseObject({
      role: z.literal('tool'),
      content: content.nullish(),
      tool_call_id: z.string().nullish(),
    }),
    z.looseObject({ role: z.literal('function'), content: content.nullish(), name: z.string() }),
  ],
  { error: 'expected one of system, developer, user, assistant, tool' },
);

const tool = z.looseObject({
  type: z.string().nullish(),
  function: z
    .looseObject({
      name: z.string().min(1),
      description: z.string().nullish(),
      parameters: z.record(z.string(), z.unknown()).nullish(),
      strict: z.boolean().nullish(),
    })
    .optional(),
});

const count = z.number().int().positive();

export const requestSchema = z.looseObject({
  model: z.string().nullish(),
  messages: z.array(message).min(1, { error: 'expected at least one message' }),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string().nullish() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
  max_tokens: count.nullish(),
  max_completion_tokens: count.nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_k: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: z.number().int().nullish(),
  frequency_penalty: z.number().nullish(),
  presence_penalty: z.number().nullish(),
  n: count.nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().min(0).nullish(),
  reasoning_effort: z.string().nullish(),
  user: z.string().nullish(),
});

export type ChatBody = z.infer<typeof requestSchema>;
