import { readFault } from '../fault.ts';
import type { Format } from '../format.ts';
import { createDecoder, decodeResponse } from './decode-answer.ts';
import { decodeRequest } from './decode-request.ts';
import { createEncoder, encodeError, encodeResponse, streamError } from './encode-answer.ts';
import { encodeRequest } from './encode-request.ts';

/**
 * `POST /completions`, OpenAI's before there were chats: a text in, its continuation out. Any chat can
 * answer it; a chat itself is never sent as one.
 */
export const openaiCompletions: Format = Object.freeze({
  name: 'openai-completions',
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
