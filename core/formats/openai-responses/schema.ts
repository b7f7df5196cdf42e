import { z } from 'zod';

/** What a caller's body must be for us to understand it. Loose, as every format's. */
const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))], {
  error: 'expected text or a list of content parts',
});

/** A message may leave its type out; all else names it. */
const item = z
  .looseObject({
    type: z.string().optional(),
    role: z
      .enum(['user', 'assistant', 'system', 'developer'], {
        error: 'expected user, assistant, system or developer',
      })
      .optional(),
    content: content.nullish(),
    call_id: z.string().optional(),
    name: z.string().optional(),
  })
  .refine((value) => value.type !== undefined || value.role !== undefined, {
    error: 'expected a role or a type',
  });

export const requestSchema = z.looseObject({
  model: z.string().nullish(),
  input: z.union([z.string(), z.array(item)], { error: 'expected text or a list of items' }),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  tools: z.array(z.looseObject({ type: z.string(), name: z.string().min(1).optional() })).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z.looseObject({ format: z.looseObject({ type: z.string() }).nullish() }).nullish(),
  reasoning: z
    .looseObject({ effort: z.string().nullish(), summary: z.string().nullish() })
    .nullish(),
  include: z.array(z.string()).nullish(),
  max_output_tokens: z.number().int().positive().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_logprobs: z.number().int().min(0).nullish(),
  user: z.string().nullish(),
});

export type ResponsesBody = z.infer<typeof requestSchema>;
