import type { TokenCounter } from '../format.ts';
import { asCount, asObject, pick, type JsonObject } from '../json.ts';
import { encodeRequest } from './encode-request.ts';

/** What `POST /messages/count_tokens` takes: it refuses the fields that only an answer needs. */
const FIELDS = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'cache_control',
  'context_management',
  'mcp_servers',
  'output_config',
  'output_format',
  'speed',
];

export const counter: TokenCounter = Object.freeze({
  encodeRequest(chat, target) {
    const encoded = encodeRequest({ ...chat, stream: false }, target);
    return { ...encoded, path: '/messages/count_tokens', body: pick(encoded.body, FIELDS) };
  },
  decodeResponse: (body) => asCount(asObject(body)?.input_tokens),
} satisfies TokenCounter);

export const encodeCount = (tokens: number): JsonObject => ({ input_tokens: tokens });
