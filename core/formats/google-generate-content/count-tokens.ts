import type { TokenCounter } from '../format.ts';
import { asCount, asObject, type JsonObject } from '../json.ts';
import { encodeRequest } from './encode-request.ts';

/** `POST /models/{model}:countTokens`, which counts all that a request would send. */
export const counter: TokenCounter = Object.freeze({
  encodeRequest(chat, target) {
    const encoded = encodeRequest({ ...chat, stream: false }, target);
    const model = `models/${target.model.replace(/^models\//, '')}`;
    return {
      ...encoded,
      path: encoded.path.replace(/:generateContent$/, ':countTokens'),
      body: { generateContentRequest: { model, ...encoded.body } },
    };
  },
  decodeResponse: (body) => asCount(asObject(body)?.totalTokens),
} satisfies TokenCounter);

export const encodeCount = (tokens: number): JsonObject => ({ totalTokens: tokens });
