import type { UpstreamFormatName } from '../formats/chat.ts';
import type { CatalogModel } from '../storage/records.ts';

export type AuthScheme =
  | { scheme: 'bearer' }
  /** `prefix` stands before the secret: `Bearer `. Only known rows have one. */
  | { scheme: 'header'; name: string; prefix?: string }
  | { scheme: 'none' }
  | { scheme: 'aws-sigv4' }
  | { scheme: 'google-service-account' };

/**
 * How a provider differs from its format's usual ways, by name. A quirk is read in `formats/` or
 * `upstream.ts`, those about lists and ids in `providers/`; the engine knows none.
 */
export interface Quirks {
  /** Sends `max_completion_tokens` as `max_tokens`, or the other way. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** Top-level request fields that it knows by another name: `{ seed: 'random_seed' }`. */
  renameParams?: Readonly<Record<string, string>>;
  /** Refuses `stream_options`. */
  noStreamOptions?: boolean;
  /** Top-level request fields that the provider refuses; dropped and named to the caller. */
  dropParams?: readonly string[];
  /** Knows the role `system` but not `developer`. */
  noDeveloperRole?: boolean;
  /** Has no tool calling at all. */
  noTools?: boolean;
  /** The message field in which it takes its own earlier reasoning back; absent: it refuses it. */
  reasoningField?: 'reasoning_content' | 'reasoning' | 'reasoning_details';
  /** The `api-version` of paths `/deployments/{model}/…`, where the base URL ends with `/openai` or goes on with them. */
  deploymentsVersion?: string;
  /** Google's models stand under their publisher here: `/publishers/google`, before `/models/…`. */
  modelsUnder?: string;
  /** Messages go to `/publishers/anthropic/models/{id}:rawPredict`, and the body names no model. */
  rawPredict?: boolean;
  /**
   * Where the models list is: `/models` below the base URL, or with `../` a sibling on the same
   * origin; `false` where there is none. Absent: `/models`.
   */
  modelsPath?: string | false;
  /**
   * How a key is checked where the models list is public or absent: a path that needs the key, or
   * `empty-chat`, a chat without messages, which costs nothing: 401 for a bad key, else 400.
   */
  keyCheck?: string;
  /**
   * Its models are named `owner/name`, and an owner may be the provider itself: `nvidia/nemotron-3`
   * is a whole id there, not a prefix and a name.
   */
  idsHaveOwner?: boolean;
  /** Ids that begin with the provider's own id and are whole: `groq/compound`. */
  wholeIds?: readonly string[];
}

/** A part of a base URL that only the person knows: an account, a region. */
export interface BaseUrlField {
  /** As in the template: `{accountId}`. */
  readonly name: string;
  readonly label: string;
  readonly example: string;
  /** What a value must match, from its beginning to its end. */
  readonly pattern: string;
  /** The value for which a place `{name-}` in the template is empty: it is else the value and a dash. */
  readonly bare?: string;
}

export interface OtherFormat {
  readonly begins: string;
  readonly format: UpstreamFormatName;
  readonly quirks?: Quirks;
}

/** What a provider may have beside chat, by the names of OpenAI's own endpoints. */
export type EndpointName =
  | 'embeddings'
  | 'images'
  | 'image-edits'
  | 'speech'
  | 'transcriptions'
  | 'translations'
  | 'moderations'
  | 'completions'
  | 'responses';

/** Shapes of questions and answers beside chat that are not OpenAI's; formats/conversions. */
export type ConversionName =
  | 'google-embeddings'
  | 'cohere-embeddings'
  | 'int8-embeddings'
  | 'google-images'
  | 'json-speech'
  | 'json-transcriptions';

/** How a provider's endpoint differs from OpenAI's. */
export interface EndpointWay {
  /** Below the base URL, or with `../` a sibling on the same origin. Absent: OpenAI's own path. */
  readonly path?: string;
  /** Absent: OpenAI's own shape. */
  readonly conversion?: ConversionName;
  /** The model that no model means. */
  readonly model?: string;
  /** The only values of `response_format` that it takes. */
  readonly responseFormats?: readonly string[];
}

/** What makes a provider one that others can be asked through. */
export interface AsGateway {
  /** The end of its base URL, which the others' paths stand in place of. */
  readonly end: string;
  /** How often it may try, beyond our own tries, goes into this header. */
  readonly attemptsHeader: string;
  /** Where it has known providers, by their ids: `{ openai: 'openai' }`. */
  readonly paths: Readonly<Record<string, string>>;
}

/** How a person lets it make a key for us (OAuth's PKCE; what comes is a usual key). */
export interface Connect {
  /** The page that asks the person, on the base URL's origin. */
  readonly page: string;
  /** Where the code is exchanged, below the base URL. */
  readonly exchange: string;
}

/** A server and its auth scheme, as data. Rows are frozen. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly format: UpstreamFormatName;
  /** Without a trailing slash: `https://api.groq.com/openai/v1`. May hold `{fields}` to fill in. */
  readonly baseUrl: string;
  readonly baseUrlFields?: readonly BaseUrlField[];
  readonly auth: AuthScheme;
  /** A saved key is sent; without one it is asked all the same. */
  readonly keyOptional?: boolean;
  /** Sent with every request; no secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Other names that a prefix may use: `grok` for `xai`. */
  readonly aliases?: readonly string[];
  /** Beginnings of its keys, by which a pasted one is known: `gsk_`. */
  readonly keyPrefixes?: readonly string[];
  /** Names of environment variables that hold its key: `GROQ_API_KEY`. */
  readonly keyVariables?: readonly string[];
  /** Where a person gets a key. */
  readonly keyUrl?: string;
  /** The model that `auto` means here. */
  readonly defaultModel?: string;
  /** Models it is known to have, where it lists none. */
  readonly models?: readonly string[];
  /** What to show for them, by id. */
  readonly modelNames?: Readonly<Record<string, string>>;
  /** What is known of them, by id, where no table and no list says it. */
  readonly modelFacts?: Readonly<Record<string, Omit<CatalogModel, 'id' | 'name'>>>;
  /** Models that it serves in another format, by the beginning of their ids; the first that fits. */
  readonly otherFormats?: readonly OtherFormat[];
  readonly connect?: Connect;
  /** Others can be asked through it. */
  readonly asGateway?: AsGateway;
  /** It is asked through another provider, which has its own key; then its base URL is there. */
  readonly gateway?: { readonly through: string; readonly attempts?: number };
  /** On this computer: plain http is allowed. */
  readonly local?: boolean;
  /** Answers inside the router, without a network. */
  readonly builtIn?: boolean;
  /** The browser's own model: its models are listed only while the browser has one ready. */
  readonly onDevice?: boolean;
  /** Whether a browser may call it without the extension; absent where no one has measured it. */
  readonly browserCors?: 'yes' | 'no' | 'header-needed' | 'strip-headers';
  /** Which endpoints beside chat it has. */
  readonly endpoints?: readonly EndpointName[];
  /** Where one of these is not quite as OpenAI's. */
  readonly ways?: Readonly<Partial<Record<EndpointName, EndpointWay>>>;
  readonly quirks?: Quirks;
}

/** True where a call can't go out without a saved key. */
export function needsKey(provider: Provider): boolean {
  return provider.auth.scheme !== 'none' && provider.keyOptional !== true;
}

/** False while the base URL waits for something that only the person knows. */
export function isComplete(provider: Provider): boolean {
  return !/[{}]/.test(provider.baseUrl);
}

/** The provider as it is asked for one model: in that model's format, or in the one that a route names. */
export function providerFor(
  provider: Provider,
  model: string,
  wire?: UpstreamFormatName,
): Provider {
  if (wire !== undefined && wire !== provider.format) return { ...provider, format: wire };
  const other = provider.otherFormats?.find(({ begins }) => model.startsWith(begins));
  if (other === undefined) return provider;
  const { format, quirks } = other;
  return { ...provider, format, quirks: { ...provider.quirks, ...quirks } };
}
