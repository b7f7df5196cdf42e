import { RouterError } from '../errors.ts';
import type { JsonObject } from './json.ts';

/** A caller's body: JSON, or a form with files in it. */
export type Payload =
  | { readonly fields: JsonObject; readonly form?: undefined }
  | { readonly fields: JsonObject; readonly form: FormData };

/** What a provider is sent in place of OpenAI's body. */
export interface Converted {
  /** Asked one after the other; `path` is below the base URL. All of their answers are one. */
  readonly requests: readonly { readonly path: string; readonly body: JsonObject }[];
  /** Names of the caller's fields that the provider can not take. */
  readonly dropped: readonly string[];
}

/** An answer that is no JSON. */
export interface Binary {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** One shape of an endpoint's question and answer that is not OpenAI's, in both directions. */
export interface Conversion {
  /** Throws `invalid_request` for what the provider can not be asked. */
  encode(payload: Payload, model: string, path: string): Converted | Promise<Converted>;
  /** The providers' answers -> OpenAI's. Throws `bad_upstream` where they are none. */
  decode(answers: readonly JsonObject[], payload: Payload): JsonObject | Binary;
}

export function isBinary(answer: JsonObject | Binary): answer is Binary {
  return answer.bytes instanceof Uint8Array;
}

/** The fields that a conversion leaves behind, but for those that it has read. */
export function droppedFrom(fields: JsonObject, read: readonly string[]): string[] {
  return Object.keys(fields).filter(
    (name) => name !== 'model' && !read.includes(name) && fields[name] !== null,
  );
}

export function noAnswer(what: string): RouterError {
  return new RouterError('bad_upstream', `The provider's answer holds no ${what}.`);
}
