import type { TokenCounter } from '../format.ts';
import { asCount, asObject, pick, type JsonObject } from '../json.ts';
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
    return { ...encoded, path: '/responses/input_tokens', body: pick(encoded.body, FIELDS) };
  },
  decodeResponse: (body) => asCount(asObject(body)?.input_tokens),
} satisfies TokenCounter);

export const encodeCount = (tokens: number): JsonObject => ({
  object: 'response.input_tokens',
  input_tokens: tokens,
});
