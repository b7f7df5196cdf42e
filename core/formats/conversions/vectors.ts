import { RouterError } from '../../errors.ts';
import { asObject, type JsonObject } from '../json.ts';

/** Vectors as text: base64 of 32-bit floats, little-endian. OpenAI's SDK asks for them so by itself. */
export function toBase64Floats(values: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => view.setFloat32(index * 4, value, true));
  return toBase64Bytes(new Uint8Array(view.buffer));
}

/** The opposite; undefined for what is no such text. */
export function fromBase64Floats(text: string): number[] | undefined {
  const bytes = fromBase64Bytes(text);
  if (bytes === undefined || bytes.byteLength % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, index) =>
    view.getFloat32(index * 4, true),
  );
}

/** In pieces, because a call takes only so many arguments. */
export function toBase64Bytes(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.byteLength; at += PIECE)
    binary += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(binary);
}
const PIECE = 0x2000;

export function fromBase64Bytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** True where the caller wants its vectors as text. */
export function wantsBase64({ encoding_format: format }: JsonObject): boolean {
  return format === 'base64';
}

/** OpenAI's answer for these vectors, as the caller wants them written. */
export function toEmbeddings(
  vectors: readonly (readonly number[])[],
  tokens: number,
  base64: boolean,
): JsonObject {
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: base64 ? toBase64Floats(vector) : vector,
    })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/**
 * Some servers write numbers whatever they were asked for, or text: both have one meaning, and the
 * caller gets what it asked for. In place.
 */
export function repairEmbeddings(body: JsonObject, base64: boolean): void {
  if (!Array.isArray(body.data)) return;
  for (const row of body.data.map(asObject)) {
    if (row === undefined) continue;
    if (base64 && isVector(row.embedding)) row.embedding = toBase64Floats(row.embedding);
    else if (!base64 && typeof row.embedding === 'string')
      row.embedding = fromBase64Floats(row.embedding) ?? row.embedding;
  }
}

export function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((number) => typeof number === 'number');
}

/** The texts of an embeddings question. Throws for tokens, which are numbers of one vendor's table. */
export function textsOf(input: unknown): string[] {
  if (typeof input === 'string') return [input];
  if (Array.isArray(input) && input.length > 0 && input.every((text) => typeof text === 'string'))
    return input as string[];
  const isTokens = Array.isArray(input) && input.length > 0;
  throw new RouterError(
    'invalid_request',
    isTokens
      ? "'input' must be text here: this provider does not know OpenAI's token numbers."
      : "'input' must be a text or a list of texts.",
    { param: 'input' },
  );
}

/** A list in pieces of at most `size`. */
export function inPieces<T>(list: readonly T[], size: number): T[][] {
  const pieces: T[][] = [];
  for (let at = 0; at < list.length; at += size) pieces.push(list.slice(at, at + size));
  return pieces;
}
