import type { UpstreamFormat } from '../format.ts';
import { createDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { decodeError } from './errors.ts';
import { decodeResponse } from './response.ts';

/** `POST /model/{id}/converse` and `/converse-stream` of Amazon Bedrock. Only asked, never spoken to us. */
export const bedrockConverse: UpstreamFormat = Object.freeze({
  name: 'bedrock-converse',
  encodeRequest,
  decodeResponse,
  createDecoder,
  decodeError,
} satisfies UpstreamFormat);
