import type { RouterError } from '../errors.ts';
import type { ChatEvent, ChatRequest, FormatName, ProviderFault } from './chat.ts';
import type { Provider } from '../providers/provider.ts';

/** A resolved place to ask: the provider and the model's id there. */
export interface FormatTarget {
  readonly provider: Provider;
  readonly model: string;
}

export interface EncodedRequest {
  /** Below the provider's base URL, with its leading slash: `/chat/completions`. */
  path: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  /** Names of the caller's parameters that the target can't take, in the caller's words. */
  dropped: string[];
}

/** What an answer says of itself, whoever the upstream was. */
export interface AnswerContext {
  /** Used where the provider gave no id of its own. */
  readonly id: string;
  /** Unix seconds, where the provider gave none. */
  readonly created: number;
  /** The model id that the answer names. */
  readonly model: string;
  /** The caller asked for usage in a stream. */
  readonly includeUsage: boolean;
  /** The upstream speaks this very format: pass `raw` through. */
  readonly passThrough: boolean;
}

/**
 * One wire format, in both directions. A codec has no state between calls; each stream stage is
 * made anew and owns its own. `decode*` throws RouterError: `invalid_request` for what a caller
 * sent, `bad_upstream` for what a provider sent. All of them run `format.contract.ts`.
 */
export interface Format {
  readonly name: FormatName;

  /** A caller's parsed body -> canonical. Throws `invalid_request` with the path at fault. */
  decodeRequest(body: unknown): ChatRequest;
  /** Canonical -> what the target is sent. Throws where dropping a field would change the meaning. */
  encodeRequest(chat: ChatRequest, target: FormatTarget): EncodedRequest;

  /** A provider's whole JSON answer -> one event. Throws `bad_upstream` where it is no answer. */
  decodeResponse(body: unknown): ChatEvent;
  /**
   * A provider's bytes -> events, one for each wire event, in order and without delay. A fault inside
   * the stream becomes a part `error`; a stream that ends before its finish errors with
   * `upstream_truncated`; what is not this format errors with `bad_upstream`.
   */
  decodeStream(): TransformStream<Uint8Array, ChatEvent>;

  /** One whole event -> the caller's JSON answer. */
  encodeResponse(event: ChatEvent, context: AnswerContext): Record<string, unknown>;
  /** Events -> the caller's bytes, one chunk an event at most. A part `error` ends the stream. */
  encodeStream(context: AnswerContext): TransformStream<ChatEvent, Uint8Array>;

  /** What a provider's error answer says; never throws. `body` is parsed JSON, or text. */
  decodeError(status: number, headers: Headers, body: unknown): ProviderFault;
  /** The body of an error answer to a caller of this format. */
  encodeError(error: RouterError, requestId: string): Record<string, unknown>;
  /** The last bytes of a stream that failed: an error event, no finish, no `[DONE]`. */
  encodeStreamError(error: RouterError): Uint8Array;
}
