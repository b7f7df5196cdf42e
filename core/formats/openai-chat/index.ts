import type { Format } from '../format.ts';
import { readFault } from '../fault.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeError, streamError } from './errors.ts';
import { decodeResponse, encodeResponse } from './response.ts';
import { createDecoder } from './decode-stream.ts';
import { createEncoder } from './encode-stream.ts';

/** `POST /chat/completions`: OpenAI's, and of most others. */
export const openaiChat: Format = Object.freeze({
  name: 'openai-chat',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  createDecoder,
  encodeResponse,
  createEncoder,
  decodeError: readFault,
  encodeError,
  encodeStreamError: (error) => new TextEncoder().encode(streamError(error)),
} satisfies Format);
