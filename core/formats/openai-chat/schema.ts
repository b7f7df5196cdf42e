import { z } from '../../zod.ts';

/**
 * What a caller's body must be for us to understand it. Loose: what is not named here passes to a
 * provider of the same format as it is.
 */
const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))], {
  error: 'expected text or a list of content parts',
});

const toolCall = z.looseObject({
  id: z.nullish(z.string()),
  type: z.nullish(z.string()),
  function: z.nullish(z.looseObject({ name: z.string(), arguments: z.unknown() })),
});

const message = z.discriminatedUnion(
  'role',
  [
    z.looseObject({ role: z.enum(['system', 'developer']), content }),
    z.looseObject({ role: z.literal('user'), content }),
    z.looseObject({
      role: z.literal('assistant'),
      content: z.nullish(content),
      tool_calls: z.nullish(z.array(toolCall)),
    }),
    z.looseObject({
      role: z.literal('tool'),
      content: z.nullish(content),
      tool_call_id: z.nullish(z.string()),
    }),
    z.looseObject({ role: z.literal('function'), content: z.nullish(content), name: z.string() }),
  ],
  { error: 'expected one of system, developer, user, assistant, tool' },
);

const tool = z.looseObject({
  type: z.nullish(z.string()),
  function: z.optional(
    z.looseObject({
      name: z.string().check(z.minLength(1)),
      description: z.nullish(z.string()),
      parameters: z.nullish(z.record(z.string(), z.unknown())),
      strict: z.nullish(z.boolean()),
    }),
  ),
});

const count = z.int().check(z.positive());

export const requestSchema = z.looseObject({
  model: z.nullish(z.string()),
  messages: z.array(message).check(z.minLength(1, { error: 'expected at least one message' })),
  stream: z.nullish(z.boolean()),
  stream_options: z.nullish(z.looseObject({ include_usage: z.nullish(z.boolean()) })),
  tools: z.nullish(z.array(tool)),
  tool_choice: z.nullish(z.union([z.string(), z.looseObject({ type: z.nullish(z.string()) })])),
  parallel_tool_calls: z.nullish(z.boolean()),
  response_format: z.nullish(z.looseObject({ type: z.string() })),
  max_tokens: z.nullish(count),
  max_completion_tokens: z.nullish(count),
  temperature: z.nullish(z.number()),
  top_p: z.nullish(z.number()),
  top_k: z.nullish(z.number()),
  stop: z.nullish(z.union([z.string(), z.array(z.string())])),
  seed: z.nullish(z.int()),
  frequency_penalty: z.nullish(z.number()),
  presence_penalty: z.nullish(z.number()),
  n: z.nullish(count),
  logprobs: z.nullish(z.boolean()),
  top_logprobs: z.nullish(z.int().check(z.gte(0))),
  reasoning_effort: z.nullish(z.string()),
  user: z.nullish(z.string()),
});

export type ChatBody = z.infer<typeof requestSchema>;
