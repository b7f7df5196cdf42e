import type { FormatName } from '../formats/chat.ts';

export type AuthScheme =
  | { scheme: 'bearer' }
  | { scheme: 'header'; name: string }
  | { scheme: 'none' }
  | { scheme: 'aws-sigv4' }
  | { scheme: 'google-service-account' };

/**
 * How a provider differs from its format's usual ways, by name. A quirk is read in `formats/` or
 * `upstream.ts`; the engine knows none.
 */
export interface Quirks {
  /** Sends `max_completion_tokens` as `max_tokens`, or the other way. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** Refuses `stream_options`. */
  noStreamOptions?: boolean;
  /** Top-level request fields that the provider refuses; dropped and named to the caller. */
  dropParams?: readonly string[];
  /** Knows the role `system` but not `developer`. */
  noDeveloperRole?: boolean;
  /** Where the models list is, below the base URL; `false` where there is none. */
  modelsPath?: string | false;
}

/** A server and its auth scheme, as data. Rows are frozen. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly format: FormatName;
  /** Without a trailing slash: `https://api.groq.com/openai/v1`. */
  readonly baseUrl: string;
  readonly auth: AuthScheme;
  /** Sent with every request; no secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Other names that a prefix may use: `grok` for `xai`. */
  readonly aliases?: readonly string[];
  /** Beginnings of its keys, by which a pasted one is known: `gsk_`. */
  readonly keyPrefixes?: readonly string[];
  /** Where a person gets a key. */
  readonly keyUrl?: string;
  /** The model that `auto` means here. */
  readonly defaultModel?: string;
  /** Models it is known to have, where it lists none. */
  readonly models?: readonly string[];
  /** On this computer: needs no key, plain http. */
  readonly local?: boolean;
  /** Answers inside the router, without a network. */
  readonly builtIn?: boolean;
  /** Whether a browser may call it without the extension. */
  readonly browserCors?: 'yes' | 'no' | 'header-needed' | 'strip-headers';
  /** Which endpoints beside chat it has. */
  readonly endpoints?: readonly (
    | 'embeddings'
    | 'images'
    | 'speech'
    | 'transcriptions'
    | 'moderations'
    | 'completions'
    | 'responses'
  )[];
  readonly quirks?: Quirks;
}
