import { droppedFrom, noAnswer, type Conversion } from '../conversion.ts';
import { asCount, asObject } from '../json.ts';
import { toPathSegment } from '../path-segment.ts';
import { inPieces, isVector, textsOf, toEmbeddings, wantsBase64 } from './vectors.ts';

/** The most texts of one `:batchEmbedContents`. */
const BATCH = 100;

/** Gemini's `models/{model}:batchEmbedContents`. */
export const googleEmbeddings: Conversion = {
  encode({ fields }, model) {
    const name = model.replace(/^models\//, '');
    const size = asCount(fields.dimensions);
    const requests = textsOf(fields.input).map((text) => ({
      model: `models/${name}`,
      content: { parts: [{ text }] },
      ...(size !== undefined && { outputDimensionality: size }),
    }));
    return {
      requests: inPieces(requests, BATCH).map((batch) => ({
        path: `/models/${toPathSegment(name)}:batchEmbedContents`,
        body: { requests: batch },
      })),
      dropped: droppedFrom(fields, ['input', 'dimensions', 'encoding_format']),
    };
  },
  decode(answers, { fields }) {
    let tokens = 0;
    const vectors = answers.flatMap((answer) => {
      tokens += asCount(asObject(answer.usageMetadata)?.promptTokenCount) ?? 0;
      if (!Array.isArray(answer.embeddings)) throw noAnswer('embeddings');
      return answer.embeddings.map((row) => asObject(row)?.values);
    });
    if (!vectors.every(isVector)) throw noAnswer('embeddings');
    return toEmbeddings(vectors, tokens, wantsBase64(fields));
  },
};
