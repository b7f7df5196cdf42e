import { z } from '../../zod.ts';

/** What a caller's body must be for us to understand it. Loose, as every format's. */
const blocks = z.array(z.looseObject({ type: z.string() }));
const content = z.union([z.string(), blocks], {
  error: 'expected text or a list of content blocks',
});

const message = z.looseObject({
  role: z.enum(['user', 'assistant', 'system'], { error: 'expected user or assistant' }),
  content,
});

const tool = z.looseObject({
  type: z.nullish(z.string()),
  name: z.optional(z.string().check(z.minLength(1))),
  description: z.nullish(z.string()),
  input_schema: z.optional(z.record(z.string(), z.unknown())),
});

export const requestSchema = z.looseObject({
  model: z.nullish(z.string()),
  messages: z.array(message).check(z.minLength(1, { error: 'expected at least one message' })),
  max_tokens: z.nullish(z.int().check(z.positive())),
  system: z.nullish(
    z.union([z.string(), blocks], { error: 'expected text or a list of text blocks' }),
  ),
  stream: z.nullish(z.boolean()),
  tools: z.nullish(z.array(tool)),
  tool_choice: z.nullish(z.looseObject({ type: z.string() })),
  temperature: z.nullish(z.number()),
  top_p: z.nullish(z.number()),
  top_k: z.nullish(z.int()),
  stop_sequences: z.nullish(z.array(z.string())),
  thinking: z.nullish(z.looseObject({ type: z.string() })),
  metadata: z.nullish(z.looseObject({ user_id: z.nullish(z.string()) })),
});

export type MessagesBody = z.infer<typeof requestSchema>;
