import type { Format } from '../format.ts';
import { readFault } from '../fault.ts';
import { takesPrefill } from '../claude-version.ts';
import { counter, encodeCount } from './count-tokens.ts';
import { decodeRequest } from './decode-request.ts';
import { createDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { createEncoder } from './encode-stream.ts';
import { encodeError, streamError } from './errors.ts';
import { decodeResponse, encodeResponse } from './response.ts';

/** `POST /messages`: Anthropic's, and of some that follow it. */
export const anthropicMessages: Format = Object.freeze({
  name: 'anthropic-messages',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  createDecoder,
  encodeResponse,
  createEncoder,
  counter,
  takesPrefill,
  encodeCount,
  decodeError: readFault,
  encodeError,
  encodeStreamError: (error) => new TextEncoder().encode(streamError(error)),
} satisfies Format);
