import type { ProviderFault } from '../chat.ts';
import { readFault } from '../fault.ts';

/**
 * AWS names its errors; in a stream the name stands for the status that it would have had before.
 * Source: API reference of ConverseStream, Errors and ConverseStreamOutput.
 */
const STATUSES: Readonly<Record<string, number>> = {
  accessdenied: 403,
  conflict: 400,
  expiredtoken: 403,
  internalserver: 500,
  modelerror: 424,
  modelnotready: 429,
  modelstreamerror: 424,
  modeltimeout: 408,
  resourcenotfound: 404,
  servicequotaexceeded: 400,
  serviceunavailable: 503,
  throttling: 429,
  unrecognizedclient: 403,
  validation: 400,
};

/** `throttlingException`, `ThrottlingException:http://…` -> `ThrottlingException`. */
function nameOf(type: string): string {
  return type.split(':')[0]!.replace(/^.*#/, '');
}

export function decodeError(status: number, headers: Headers, body: unknown): ProviderFault {
  const fault = readFault(status, headers, body);
  const name = nameOf(headers.get('x-amzn-errortype') ?? fault.type ?? '');
  return name === '' ? fault : { ...fault, type: name };
}

/** An exception inside a stream. */
export function toStreamFault(type: string, message: string | undefined): ProviderFault {
  const name = nameOf(type);
  const status = STATUSES[name.replace(/(?:Exception|Error)$/i, '').toLowerCase()];
  return {
    message: message ?? 'The provider ended its answer with an error.',
    ...(status !== undefined && { status }),
    ...(name !== '' && { type: name }),
  };
}
