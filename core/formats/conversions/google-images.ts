import { RouterError } from '../../errors.ts';
import { droppedFrom, noAnswer, type Conversion } from '../conversion.ts';
import { asCount, asObject, asText, type JsonObject } from '../json.ts';
import { toPathSegment } from '../path-segment.ts';

/** Imagen draws these; the nearest to the size that was asked for. */
const RATIOS: readonly (readonly [name: string, ratio: number])[] = [
  ['1:1', 1],
  ['3:4', 3 / 4],
  ['4:3', 4 / 3],
  ['9:16', 9 / 16],
  ['16:9', 16 / 9],
];

/** Imagen's `:predict`; Gemini's picture models answer `:generateContent`, one picture a call. */
export const googleImages: Conversion = {
  encode({ fields }, model) {
    const prompt = asText(fields.prompt);
    if (prompt === undefined)
      throw new RouterError('invalid_request', "Missing required parameter: 'prompt'.", {
        param: 'prompt',
      });
    const count = Math.min(10, Math.max(1, asCount(fields.n) ?? 1));
    const ratio = toRatio(asText(fields.size));
    const name = `/models/${toPathSegment(model.replace(/^models\//, ''))}`;
    const dropped = droppedFrom(fields, ['prompt', 'n', 'size', 'response_format']);
    if (/^(?:models\/)?gemini/i.test(model)) {
      const body = {
        contents: [{ role: 'user', parts: [{ text: prompt }] }],
        generationConfig: {
          responseModalities: ['IMAGE'],
          ...(ratio !== undefined && { imageConfig: { aspectRatio: ratio } }),
        },
      };
      const requests = Array.from({ length: count }, () => ({
        path: `${name}:generateContent`,
        body,
      }));
      return { requests, dropped };
    }
    const parameters = { sampleCount: count, ...(ratio !== undefined && { aspectRatio: ratio }) };
    return {
      requests: [{ path: `${name}:predict`, body: { instances: [{ prompt }], parameters } }],
      dropped,
    };
  },
  decode(answers, { fields }) {
    const pictures = answers.flatMap((answer) => [...predictions(answer), ...parts(answer)]);
    if (pictures.length === 0) throw refusal(answers) ?? noAnswer('picture');
    const asUrl = fields.response_format === 'url';
    const usage = answers.map((answer) => asObject(answer.usageMetadata));
    return {
      data: pictures.map(({ data, type, prompt }) => ({
        ...(asUrl ? { url: `data:${type};base64,${data}` } : { b64_json: data }),
        ...(prompt !== undefined && { revised_prompt: prompt }),
      })),
      ...(usage.some((counts) => counts !== undefined) && { usage: sumUsage(usage) }),
    };
  },
};

interface Picture {
  data: string;
  type: string;
  prompt?: string;
}

function predictions({ predictions: rows }: JsonObject): Picture[] {
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row) => {
    const { bytesBase64Encoded, mimeType, prompt } = asObject(row) ?? {};
    if (typeof bytesBase64Encoded !== 'string') return [];
    return toPicture(bytesBase64Encoded, mimeType, prompt);
  });
}

function parts({ candidates }: JsonObject): Picture[] {
  if (!Array.isArray(candidates)) return [];
  return candidates.flatMap((candidate) => {
    const rows = asObject(asObject(candidate)?.content)?.parts;
    if (!Array.isArray(rows)) return [];
    return rows.flatMap((row) => {
      const { data, mimeType } = asObject(asObject(row)?.inlineData) ?? {};
      return typeof data === 'string' ? toPicture(data, mimeType) : [];
    });
  });
}

function toPicture(data: string, type: unknown, prompt?: unknown): Picture[] {
  const words = asText(prompt);
  return [{ data, type: asText(type) ?? 'image/png', ...(words && { prompt: words }) }];
}

function refusal(answers: readonly JsonObject[]): RouterError | undefined {
  for (const answer of answers) {
    const blocked = asObject(answer.promptFeedback)?.blockReason;
    const rows = [answer.predictions, answer.candidates].flatMap((list: unknown) => list ?? []);
    const reason = rows
      .map((row) => asText(asObject(row)?.raiFilteredReason) ?? asText(asObject(row)?.finishReason))
      .find((words) => words !== undefined && words !== 'STOP');
    const words = asText(blocked) ?? reason;
    if (words !== undefined)
      return new RouterError('content_filter', `The provider drew no picture: ${words}.`);
  }
  return undefined;
}

function toRatio(size: string | undefined): string | undefined {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(size ?? '') ?? [];
  if (width === undefined || Number(height) === 0) return undefined;
  const wanted = Number(width) / Number(height);
  const far = (ratio: number) => Math.abs(Math.log(ratio / wanted));
  return [...RATIOS].sort(([, one], [, other]) => far(one) - far(other))[0]![0];
}

function sumUsage(counts: readonly (JsonObject | undefined)[]): JsonObject {
  const sum = (name: string) =>
    counts.reduce((total, usage) => total + (asCount(usage?.[name]) ?? 0), 0);
  const [input_tokens, output_tokens] = [sum('promptTokenCount'), sum('candidatesTokenCount')];
  return { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
}
