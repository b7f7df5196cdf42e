import { RouterError } from '../errors.ts';
import { readBytes } from '../streams/bytes.ts';

/** The largest body that a caller may send: 48 MiB. */
export const BODY_LIMIT = 48 * 1024 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads a caller's JSON object. Throws `request_too_large`, `invalid_json`, `invalid_request`. */
export async function readJsonObject(request: Request): Promise<Record<string, unknown>> {
  const value = parseJson(await readBody(request));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RouterError('invalid_request', 'The body must be a JSON object.');
  }
  return value as Record<string, unknown>;
}

/** Reads a caller's whole body. Throws `request_too_large` as soon as it is known to be too large. */
export async function readBody(request: Request): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > BODY_LIMIT) throw tooLarge();
  if (request.body === null) return new Uint8Array();
  const bytes = await readBytes(request.body, BODY_LIMIT);
  if (bytes === null) throw tooLarge();
  return bytes;
}

export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) {
    throw new RouterError('invalid_json', 'The body is empty; it must be JSON.');
  }
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new RouterError('invalid_json', 'The body is not valid UTF-8.');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RouterError('invalid_json', `The body is not JSON: ${whatAndWhere(error, text)}.`);
  }
  if (isDeep(value))
    throw new RouterError('invalid_request', `The body is nested more than ${DEEPEST} deep.`);
  return value;
}

/** The parser takes any depth; what walks the value later, and writes it again, has a stack. */
const DEEPEST = 500;

function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= DEEPEST; depth++) {
    const next: unknown[] = [];
    for (const each of level)
      if (typeof each === 'object' && each !== null)
        for (const held of Array.isArray(each) ? each : Object.values(each))
          if (typeof held === 'object' && held !== null) next.push(held);
    if (next.length === 0) return false;
    level = next;
  }
  return true;
}

/** The engine's words without the piece of the caller's text that it quotes: prompts are private. */
function whatAndWhere(error: unknown, text: string): string {
  const words = error instanceof Error ? error.message : '';
  const position = / at position (\d+)/.exec(words)?.[1];
  if (position !== undefined) return `wrong at position ${position}`;
  if (/Unexpected end|Unterminated/.test(words)) return `it ends early, at position ${text.length}`;
  const token = /^Unexpected token '?(.+?)'?, /.exec(words)?.[1];
  return token === undefined ? 'it can not be parsed' : `unexpected “${token}”`;
}

export function tooLarge(): RouterError {
  return new RouterError('request_too_large', 'The body is larger than 48 MiB.');
}
