import { RouterError } from '../errors.ts';
import type {
  ChatEvent,
  ChatRequest,
  FormatName,
  ProviderFault,
  UpstreamFormatName,
} from './chat.ts';
import type { Provider } from '../providers/provider.ts';

/** A resolved place to ask: the provider and the model's id there. */
export interface FormatTarget {
  readonly provider: Provider;
  readonly model: string;
}

export interface EncodedRequest {
  /** Below the provider's base URL, with its leading slash: `/chat/completions`. */
  path: string;
  /** The end of the base URL that `path` stands in place of: a native path beside `/v1`. */
  replaces?: RegExp;
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
 * Reads one streamed answer. Synchronous, with state: made anew for each answer. Not a
 * TransformStream, because a promise for each event costs more than all the work on it (20-50
 * microseconds a stage in Node against 1): upstream.ts runs decoder and encoder as one stage.
 */
export interface StreamDecoder {
  /**
   * Emits one event for each wire event that `chunk` completes. A fault that the provider states is
   * a part `error`. Throws `bad_upstream` for what is not this format; what was emitted before counts.
   */
  decode(chunk: Uint8Array): void;
  /** The wire's own end mark came (`[DONE]`, `message_stop`): what follows does not matter. */
  readonly finished: boolean;
  /** The upstream closed. Throws `upstream_truncated` where the answer had not come to its end. */
  end(): void;
}

/** Writes one streamed answer. Synchronous, with state: made anew for each answer. */
export interface StreamEncoder {
  /** What the caller reads for one event; '' where that is nothing. */
  encode(event: ChatEvent): string;
  /** What closes an answer that came to its end: usage where asked for, `[DONE]`. */
  end(): string;
}

/** How a format counts the tokens of a request before it is sent. */
export interface TokenCounter {
  /** Canonical -> what the target is sent to count. */
  encodeRequest(chat: ChatRequest, target: FormatTarget): EncodedRequest;
  /** A provider's answer -> tokens; undefined where it is none. */
  decodeResponse(body: unknown): number | undefined;
}

/**
 * The provider's side of a wire format. A codec has no state between calls. `decode*` throws
 * RouterError `bad_upstream` for what is not this format.
 */
export interface UpstreamFormat {
  readonly name: UpstreamFormatName;

  /** Canonical -> what the target is sent. Throws where dropping a field would change the meaning. */
  encodeRequest(chat: ChatRequest, target: FormatTarget): EncodedRequest;

  /** A provider's whole JSON answer -> one event. Throws `bad_upstream` where it is no answer. */
  decodeResponse(body: unknown): ChatEvent;
  /** A reader of one streamed answer, which tells `emit` its events in order and without delay. */
  createDecoder(emit: (event: ChatEvent) => void): StreamDecoder;
  /** Whether the model goes on with the request's last message, where that is its own. */
  readonly takesPrefill?: (chat: ChatRequest, model: string) => boolean;
  /** Absent where the format has no way to count. */
  readonly counter?: TokenCounter;
  /** What a provider's error answer says; never throws. `body` is parsed JSON, or text. */
  decodeError(status: number, headers: Headers, body: unknown): ProviderFault;
}

/** A wire format in both directions. All of them run `format.contract.ts`. */
export interface Format extends UpstreamFormat {
  /** A caller's parsed body -> canonical. Throws `invalid_request` with the path at fault. */
  decodeRequest(body: unknown): ChatRequest;
  /** One whole event -> the caller's JSON answer. */
  encodeResponse(event: ChatEvent, context: AnswerContext): Record<string, unknown>;
  /** A writer of one streamed answer. */
  createEncoder(context: AnswerContext): StreamEncoder;

  /** How many tokens a request is, as the caller reads it; absent where the format does not count. */
  encodeCount?(tokens: number): Record<string, unknown>;
  /** The body of an error answer to a caller of this format. */
  encodeError(error: RouterError, requestId: string): Record<string, unknown>;
  /** The last bytes of a stream that failed: an error event, no finish, no `[DONE]`. */
  encodeStreamError(error: RouterError): Uint8Array;
}

/** The formats that callers speak are whole; the others are only asked. */
export interface Formats {
  readonly callers: Readonly<Partial<Record<UpstreamFormatName, Format>>>;
  readonly upstreams: Readonly<Record<UpstreamFormatName, UpstreamFormat>>;
}

/** True for a format that callers speak too. */
export function isSpoken({ callers }: Formats, name: UpstreamFormatName): name is FormatName {
  return name in callers;
}

/** The format that callers of that name speak. Throws for one that is only asked upstream. */
export function formatOf({ callers }: Formats, name: UpstreamFormatName): Format {
  const format = callers[name];
  if (format !== undefined) return format;
  throw new RouterError('internal_error', `No one calls Gatehouse in the format ${name}.`);
}
