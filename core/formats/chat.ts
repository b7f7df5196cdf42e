/**
 * The canonical chat: what every wire format is decoded into and encoded from.
 * Types only; the five formats give it bytes.
 */
import type { Shape } from '../streams/shape.ts';

export type FormatName =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'google-generate-content'
  | 'bedrock-converse';

/** Wire formats of one provider each: asked upstream, and no one's to choose for a server of their own. */
export type UpstreamFormatName =
  FormatName | 'cohere-chat' | 'ollama-chat' | 'openai-completions' | 'replicate-predictions';

export interface ChatRequest {
  /** The model id as the caller wrote it. */
  model: string;
  messages: Message[];
  stream: boolean;
  /** The caller asked for a usage chunk at the end of a stream. We ask upstream for it always. */
  includeUsage: boolean;
  tools?: ToolDefinition[];
  toolChoice?: ToolChoice;
  parallelToolCalls?: boolean;
  responseFormat?: ResponseFormat;
  maxOutputTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  stop?: string[];
  seed?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  /** How many answers (`choices`) are wanted; 1 where absent. */
  choices?: number;
  logprobs?: { top?: number };
  reasoning?: ReasoningOptions;
  user?: string;
  /** Paths of what only the caller's own format can say and an answer without it would be wrong: another format refuses them. */
  nativeOnly?: string[];
  /** Top-level fields of the caller's body that are not told above: another format drops and names them. */
  unmapped?: string[];
  /** The body as it came, for a target that speaks the same format: unknown fields survive. */
  raw: { format: UpstreamFormatName; body: Record<string, unknown> };
}

export interface ReasoningOptions {
  effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  budgetTokens?: number;
  enabled?: boolean;
  /** How much of the reasoning the caller wants to read. */
  summary?: 'none' | 'auto' | 'concise' | 'detailed';
}

export interface Message {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  content: ContentPart[];
  name?: string;
}

/** Marks where a provider may cache the prompt up to here (Anthropic `cache_control`). */
export interface CacheHint {
  ttl?: '5m' | '1h';
}

export type ContentPart = (
  | { type: 'text'; text: string; citations?: Citation[] }
  | { type: 'refusal'; text: string }
  | { type: 'image'; source: MediaSource; detail?: 'auto' | 'low' | 'high' | 'original' }
  | { type: 'file'; source: MediaSource; filename?: string }
  | { type: 'audio'; source: MediaSource; format?: string }
  | ReasoningContent
  | ToolCall
  | ToolResult
) & { cache?: CacheHint };

/** Where a piece of an answer comes from. */
export interface Citation {
  url?: string;
  title?: string;
  /** The source's own words. */
  quote?: string;
  /** Characters of the answer's text that it stands for. */
  start?: number;
  end?: number;
  /** As it was on the wire, for a caller of the same format. */
  raw?: { format: UpstreamFormatName; value: unknown };
}

/** `base64` holds the bytes in base64 without a `data:` prefix. */
export type MediaSource =
  | { kind: 'base64'; mediaType: string; data: string }
  | { kind: 'url'; url: string; mediaType?: string }
  | { kind: 'id'; id: string };

export interface ReasoningContent {
  type: 'reasoning';
  text: string;
  /** The provider's proof of its own reasoning, marked with its format (signature.ts); goes back to no other. */
  signature?: string;
  /** Encrypted reasoning that has no text; marked too. */
  redacted?: string;
  id?: string;
}

export interface ToolCall {
  type: 'tool-call';
  id: string;
  name: string;
  /** JSON text, as the model wrote it. */
  arguments: string;
  /** Gemini's `thought_signature`, to come back in the next turn; marked too. */
  signature?: string;
}

export interface ToolResult {
  type: 'tool-result';
  callId: string;
  name?: string;
  content: ContentPart[];
  isError?: boolean;
}

export interface ToolDefinition {
  name: string;
  description?: string;
  /** JSON schema of the arguments. */
  parameters?: Record<string, unknown>;
  strict?: boolean;
  cache?: CacheHint;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { name: string };

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json' }
  | {
      type: 'json-schema';
      name?: string;
      description?: string;
      schema: Record<string, unknown>;
      strict?: boolean;
    };

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'error' | 'other';

/** Tokens, as the provider counts. `input` includes cached ones; `output` includes reasoning. */
export interface Usage {
  input: number;
  output: number;
  cachedInput?: number;
  cacheWrite?: number;
  reasoning?: number;
  /** What the provider says it charged, in USD. */
  costUsd?: number;
}

/**
 * The unit of the canonical stream. `block` numbers the content blocks of one choice in order of
 * their start; `choice` is 0 where absent.
 */
export type Part =
  | { type: 'start'; id?: string; model?: string; created?: number }
  | { type: 'text-start'; block: number; choice?: number }
  | { type: 'text-delta'; block: number; choice?: number; text: string }
  | { type: 'text-end'; block: number; choice?: number }
  | { type: 'refusal-delta'; choice?: number; text: string }
  | { type: 'reasoning-start'; block: number; choice?: number; id?: string }
  | { type: 'reasoning-delta'; block: number; choice?: number; text: string }
  | {
      type: 'reasoning-end';
      block: number;
      choice?: number;
      signature?: string;
      redacted?: string;
    }
  | { type: 'tool-input-start'; block: number; choice?: number; id: string; name: string }
  | { type: 'tool-input-delta'; block: number; choice?: number; json: string }
  | { type: 'tool-input-end'; block: number; choice?: number; signature?: string }
  | { type: 'citation'; block: number; choice?: number; citation: Citation }
  | { type: 'image'; choice?: number; source: MediaSource }
  | { type: 'audio'; choice?: number; audio: Record<string, unknown> }
  | { type: 'logprobs'; choice?: number; content: unknown[] }
  | { type: 'usage'; usage: Usage }
  | {
      type: 'finish';
      choice?: number;
      reason: FinishReason;
      /** The provider's own word for it. */
      raw?: string;
      stopSequence?: string;
    }
  | { type: 'error'; error: ProviderFault };

/** What a provider says went wrong, before it is one of our codes. */
export interface ProviderFault {
  /** The provider's own words; never a key. */
  message: string;
  /** HTTP status, or the status that an error inside a stream stands for, where known. */
  status?: number;
  type?: string;
  code?: string;
  param?: string;
  retryAfterMs?: number;
}

/**
 * One step of an answer: what it means, and what it was on the wire. A non-streamed answer is one
 * event. A caller that speaks the upstream's format gets `raw`, touched only where we promise it.
 */
export interface ChatEvent {
  readonly parts: readonly Part[];
  /** The parsed wire object in the format that decoded it; absent on events of our own. */
  readonly raw?: Record<string, unknown>;
  /** `raw` is a whole answer, not one step of a stream. */
  readonly whole?: boolean;
  /** The SSE `event:` name, where the wire had one. */
  readonly name?: string;
  /** Set where it differs from an event before it in `values` alone; `raw` is parsed when it is read. */
  readonly shape?: Shape;
  readonly values?: readonly string[];
}

/** True for a part that a person or a program can use: after it an answer never moves to another route. */
export function isContent(part: Part): boolean {
  switch (part.type) {
    case 'text-delta':
    case 'refusal-delta':
    case 'reasoning-delta':
      return part.text !== '';
    case 'tool-input-start':
    case 'image':
    case 'audio':
      return true;
    case 'reasoning-end':
      return part.redacted !== undefined;
    default:
      return false;
  }
}
