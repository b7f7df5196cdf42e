import { readFault } from '../fault.ts';
import type { UpstreamFormat } from '../format.ts';
import { createDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { decodeResponse } from './response.ts';

/** Predictions of Replicate, once they are made: see providers/replicate. Only asked, never spoken to us. */
export const replicatePredictions: UpstreamFormat = Object.freeze({
  name: 'replicate-predictions',
  encodeRequest,
  decodeResponse,
  createDecoder,
  decodeError: readFault,
} satisfies UpstreamFormat);
