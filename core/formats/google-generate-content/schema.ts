import { z } from '../../zod.ts';

/**
 * What a caller's body must be for us to understand it, after `toCamelCase`: Google reads both
 * spellings of a field. The endpoint adds `model` and `stream`, which the path tells.
 */
const part = z.looseObject({
  text: z.optional(z.string()),
  functionCall: z.optional(z.looseObject({ name: z.string() })),
  functionResponse: z.optional(z.looseObject({ name: z.string() })),
  inlineData: z.optional(z.looseObject({ mimeType: z.string(), data: z.string() })),
  fileData: z.optional(z.looseObject({ fileUri: z.string() })),
});

const content = z.looseObject({
  role: z.nullish(
    z.enum(['user', 'model', 'function', 'system'], { error: 'expected user or model' }),
  ),
  parts: z.nullish(z.array(part)),
});

export const requestSchema = z.looseObject({
  model: z.nullish(z.string()),
  stream: z.nullish(z.boolean()),
  contents: z.array(content).check(z.minLength(1, { error: 'expected at least one content' })),
  systemInstruction: z.nullish(z.union([z.string(), content])),
  tools: z.nullish(
    z.array(
      z.looseObject({
        functionDeclarations: z.nullish(
          z.array(z.looseObject({ name: z.string().check(z.minLength(1)) })),
        ),
      }),
    ),
  ),
  toolConfig: z.nullish(z.looseObject({ functionCallingConfig: z.nullish(z.looseObject({})) })),
  generationConfig: z.nullish(
    z.looseObject({
      temperature: z.nullish(z.number()),
      topP: z.nullish(z.number()),
      topK: z.nullish(z.number()),
      maxOutputTokens: z.nullish(z.int().check(z.positive())),
      stopSequences: z.nullish(z.array(z.string())),
      candidateCount: z.nullish(z.int().check(z.positive())),
      seed: z.nullish(z.int()),
    }),
  ),
});

export type GenerateBody = z.infer<typeof requestSchema>;
export type Content = z.infer<typeof content>;
export type WirePart = z.infer<typeof part>;
