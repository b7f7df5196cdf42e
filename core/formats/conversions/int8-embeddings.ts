import { noAnswer, type Conversion } from '../conversion.ts';
import { asObject } from '../json.ts';
import { fromBase64Bytes, toBase64Floats, wantsBase64 } from './vectors.ts';

/** OpenAI's shape, but for the vectors: base64 of signed bytes. They become the same whole numbers. */
export const int8Embeddings: Conversion = {
  encode({ fields }, model, path) {
    const { user, ...rest } = fields;
    return {
      requests: [{ path, body: { ...rest, model, encoding_format: 'base64_int8' } }],
      dropped: user === undefined ? [] : ['user'],
    };
  },
  decode([answer = {}], { fields }) {
    if (!Array.isArray(answer.data)) throw noAnswer('embeddings');
    const data = answer.data.map((row) => {
      const { embedding, ...rest } = asObject(row) ?? {};
      const bytes = typeof embedding === 'string' ? fromBase64Bytes(embedding) : undefined;
      if (bytes === undefined) throw noAnswer('embeddings');
      const vector = [...new Int8Array(bytes.buffer)];
      return { ...rest, embedding: wantsBase64(fields) ? toBase64Floats(vector) : vector };
    });
    return { ...answer, data };
  },
};
