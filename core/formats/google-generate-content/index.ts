import type { Format } from '../format.ts';
import { readFault } from '../fault.ts';
import { counter, encodeCount } from './count-tokens.ts';
import { decodeRequest } from './decode-request.ts';
import { createDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { createEncoder } from './encode-stream.ts';
import { encodeError, streamError } from './errors.ts';
import { decodeResponse, encodeResponse } from './response.ts';

/** `POST /models/{model}:generateContent` and `:streamGenerateContent`: Google's Gemini. */
export const googleGenerateContent: Format = Object.freeze({
  name: 'google-generate-content',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  createDecoder,
  encodeResponse,
  createEncoder,
  counter,
  encodeCount,
  decodeError: readFault,
  encodeError,
  encodeStreamError: (error) => new TextEncoder().encode(streamError(error)),
} satisfies Format);
