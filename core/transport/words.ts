/** In which words the transport's own errors are told. */
import { dialectOf } from '../endpoints/paths.ts';
import type { RouterError } from '../errors.ts';
import { formatOf, type Format } from '../formats/format.ts';
import { FORMATS } from '../formats/index.ts';

export function formatAt(url: string): Format {
  return formatOf(FORMATS, dialectOf(new URL(url).pathname));
}

/** An error of the transport itself as the body of an answer. No request has an id here. */
export function toErrorBody(url: string, error: RouterError): string {
  return JSON.stringify(formatAt(url).encodeError(error, ''));
}
