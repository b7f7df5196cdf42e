import { droppedFrom, noAnswer, type Conversion } from '../conversion.ts';
import { asCount, asObject, asText } from '../json.ts';
import { inPieces, isVector, textsOf, toEmbeddings, wantsBase64 } from './vectors.ts';

/** The most texts of one call. */
const BATCH = 96;

/** Cohere's `/v2/embed`. Its own `input_type` and `truncate` pass as they are. */
export const cohereEmbeddings: Conversion = {
  encode({ fields }, model, path) {
    const size = asCount(fields.dimensions);
    const truncate = asText(fields.truncate);
    return {
      requests: inPieces(textsOf(fields.input), BATCH).map((texts) => ({
        path,
        body: {
          model,
          // It can not be left out, and OpenAI has no word for it: what is kept to be found again.
          input_type: asText(fields.input_type) ?? 'search_document',
          embedding_types: ['float'],
          texts,
          ...(size !== undefined && { output_dimension: size }),
          ...(truncate !== undefined && { truncate }),
        },
      })),
      dropped: droppedFrom(fields, [
        'input',
        'dimensions',
        'encoding_format',
        'input_type',
        'truncate',
      ]),
    };
  },
  decode(answers, { fields }) {
    let tokens = 0;
    const vectors = answers.flatMap((answer) => {
      tokens += asCount(asObject(asObject(answer.meta)?.billed_units)?.input_tokens) ?? 0;
      const rows = asObject(answer.embeddings)?.float ?? answer.embeddings;
      if (!Array.isArray(rows)) throw noAnswer('embeddings');
      return rows as unknown[];
    });
    if (!vectors.every(isVector)) throw noAnswer('embeddings');
    return toEmbeddings(vectors, tokens, wantsBase64(fields));
  },
};
