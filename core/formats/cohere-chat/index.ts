import { readFault } from '../fault.ts';
import type { UpstreamFormat } from '../format.ts';
import { createDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { decodeResponse } from './response.ts';

/** `POST /v2/chat` of Cohere. Only asked, never spoken to us. */
export const cohereChat: UpstreamFormat = Object.freeze({
  name: 'cohere-chat',
  encodeRequest,
  decodeResponse,
  createDecoder,
  decodeError: readFault,
} satisfies UpstreamFormat);
