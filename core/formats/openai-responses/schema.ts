import { z } from '../../zod.ts';

/** What a caller's body must be for us to understand it. Loose, as every format's. */
const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))], {
  error: 'expected text or a list of content parts',
});

/** A message may leave its type out; all else names it. */
const item = z
  .looseObject({
    type: z.optional(z.string()),
    role: z.optional(
      z.enum(['user', 'assistant', 'system', 'developer'], {
        error: 'expected user, assistant, system or developer',
      }),
    ),
    content: z.nullish(content),
    call_id: z.optional(z.string()),
    name: z.optional(z.string()),
  })
  .check(
    z.refine((value) => value.type !== undefined || value.role !== undefined, {
      error: 'expected a role or a type',
    }),
  );

export const requestSchema = z.looseObject({
  model: z.nullish(z.string()),
  input: z.union([z.string(), z.array(item)], { error: 'expected text or a list of items' }),
  instructions: z.nullish(z.string()),
  stream: z.nullish(z.boolean()),
  tools: z.nullish(
    z.array(
      z.looseObject({ type: z.string(), name: z.optional(z.string().check(z.minLength(1))) }),
    ),
  ),
  tool_choice: z.nullish(z.union([z.string(), z.looseObject({ type: z.string() })])),
  parallel_tool_calls: z.nullish(z.boolean()),
  text: z.nullish(z.looseObject({ format: z.nullish(z.looseObject({ type: z.string() })) })),
  reasoning: z.nullish(
    z.looseObject({ effort: z.nullish(z.string()), summary: z.nullish(z.string()) }),
  ),
  include: z.nullish(z.array(z.string())),
  max_output_tokens: z.nullish(z.int().check(z.positive())),
  temperature: z.nullish(z.number()),
  top_p: z.nullish(z.number()),
  top_logprobs: z.nullish(z.int().check(z.gte(0))),
  user: z.nullish(z.string()),
});

export type ResponsesBody = z.infer<typeof requestSchema>;
