import type { TokenCounter } from '../format.ts';
import { asCount, asObject, type JsonObject } from '../json.ts';
import { encodeRequest } from './encode-request.ts';

/** What `POST /responses/input_tokens` takes. */
const FIELDS = [
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'truncation',
  'conversation',
  'previous_response_id',
];

export const counter: TokenCounter = Object.freeze({
  encodeRequest(chat, target) {
    const encoded = encodeRequest({ ...chat, stream: false }, target);
    const body: JsonObject = {};
    for (const field of FIELDS) {
      if (encoded.body[field] !== undefined) body[field] = encoded.body[field];
    }
    return { ...encoded, path: '/responses/input_tokens', body };
  },
  decodeResponse: (body) => asCount(asObject(body)?.input_tokens),
} satisfies TokenCounter);

export const encodeCount = (tokens: number): JsonObject => ({
  object: 'response.input_tokens',
  input_tokens: tokens,
});
