import { z } from 'zod';

/**
 * What a caller's body must be for us to understand it, after `toCamelCase`: Google reads both
 * spellings of a field. The endpoint adds `model` and `stream`, which the path tells.
 */
const part = z.looseObject({
  text: z.string().optional(),
  functionCall: z.looseObject({ name: z.string() }).optional(),
  functionResponse: z.looseObject({ name: z.string() }).optional(),
  inlineData: z.looseObject({ mimeType: z.string(), data: z.string() }).optional(),
  fileData: z.looseObject({ fileUri: z.string() }).optional(),
});

const content = z.looseObject({
  role: z
    .enum(['user', 'model', 'function', 'system'], { error: 'expected user or model' })
    .nullish(),
  parts: z.array(part).nullish(),
});

export const requestSchema = z.looseObject({
  model: z.string().nullish(),
  stream: z.boolean().nullish(),
  contents: z.array(content).min(1, { error: 'expected at least one content' }),
  systemInstruction: z.union([z.string(), content]).nullish(),
  tools: z
    .array(
      z.looseObject({
        functionDeclarations: z.array(z.looseObject({ name: z.string().min(1) })).nullish(),
      }),
    )
    .nullish(),
  toolConfig: z.looseObject({ functionCallingConfig: z.looseObject({}).nullish() }).nullish(),
  generationConfig: z
    .looseObject({
      temperature: z.number().nullish(),
      topP: z.number().nullish(),
      topK: z.number().nullish(),
      maxOutputTokens: z.number().int().positive().nullish(),
      stopSequences: z.array(z.string()).nullish(),
      candidateCount: z.number().int().positive().nullish(),
      seed: z.number().int().nullish(),
    })
    .nullish(),
});

export type GenerateBody = z.infer<typeof requestSchema>;
export type Content = z.infer<typeof content>;
export type WirePart = z.infer<typeof part>;
