import { readFault } from '../fault.ts';
import type { UpstreamFormat } from '../format.ts';
import { createDecoder, decodeResponse } from './decode.ts';
import { encodeRequest } from './encode-request.ts';

/** `POST /api/chat` of Ollama: JSON by lines. Only asked, never spoken to us. */
export const ollamaChat: UpstreamFormat = Object.freeze({
  name: 'ollama-chat',
  encodeRequest,
  decodeResponse,
  createDecoder,
  decodeError: readFault,
} satisfies UpstreamFormat);
