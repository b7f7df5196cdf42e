import { z } from 'zod';

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
  type: z.string().nullish(),
  name: z.string().min(1).optional(),
  description: z.string().nullish(),
  input_schema: z.record(z.string(), z.unknown()).optional(),
});

export const requestSchema = z.looseObject({
  model: z.string().nullish(),
  messages: z.array(message).min(1, { error: 'expected at least one message' }),
  max_tokens: z.number().int().positive().nullish(),
  system: z
    .union([z.string(), blocks], { error: 'expected text or a list of text blocks' })
    .nullish(),
  stream: z.boolean().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z.looseObject({ type: z.string() }).nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_k: z.number().int().nullish(),
  stop_sequences: z.array(z.string()).nullish(),
  thinking: z.looseObject({ type: z.string() }).nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
});

export type MessagesBody = z.infer<typeof requestSchema>;
