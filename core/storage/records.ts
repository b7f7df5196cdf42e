/**
 * The zod schema of all that is stored. A record that does not fit is set aside with its reason;
 * the rest loads.
 */
import { z } from 'zod';
import { SCOPES } from '../ports.ts';

// Zod tries `new Function` once, and our Content-Security-Policy reports each try.
z.config({ jitless: true });

export const formatName = z.enum([
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate-content',
  'bedrock-converse',
]);

export const authScheme = z.discriminatedUnion('scheme', [
  z.strictObject({ scheme: z.literal('bearer') }),
  z.strictObject({ scheme: z.literal('header'), name: z.string().min(1) }),
  z.strictObject({ scheme: z.literal('none') }),
  z.strictObject({ scheme: z.literal('aws-sigv4') }),
  z.strictObject({ scheme: z.literal('google-service-account') }),
]);

/** A provider of the person's own, or what they changed on a known row (then `format` may be absent). */
export const providerRecord = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  name: z.string().max(100).optional(),
  format: formatName.optional(),
  baseUrl: z.string().optional(),
  auth: authScheme.optional(),
  headers: z.record(z.string(), z.string()).optional(),
  models: z.array(z.string()).optional(),
  enabled: z.boolean().optional(),
  /** The person's order: lower first; those without one come after. */
  order: z.number().int().optional(),
});
export type ProviderRecord = z.infer<typeof providerRecord>;

/** What a sealed secret is bound to; moves with none of it. */
export const destination = z.strictObject({
  providerId: z.string(),
  /** scheme://host:port */
  origin: z.string(),
  pathPrefix: z.string(),
  authScheme: z.string(),
});
export type Destination = z.infer<typeof destination>;

export const sealed = z.strictObject({
  v: z.literal(1),
  alg: z.literal('A256GCM'),
  epoch: z.number().int().nonnegative(),
  id: z.string(),
  iv: z.instanceof(Uint8Array),
  ct: z.instanceof(Uint8Array),
});
export type Sealed = z.infer<typeof sealed>;

/** Row K10: the models that a key is for, as ids or patterns with `*`. Absent or empty: any. */
export const keyModels = z.array(z.string().min(1).max(500)).max(1_000);

export const keyRecord = z.strictObject({
  id: z.string(),
  provider: z.string(),
  label: z.string(),
  enabled: z.boolean(),
  weight: z.number().min(0).max(10),
  models: keyModels.optional(),
  /** `gsk_…9fQ2`: the only part of the secret that a screen may show. */
  preview: z.string(),
  destination,
  sealed,
  createdAt: z.number(),
  /** What the last check or use said of it. */
  check: z
    .strictObject({
      state: z.enum(['valid', 'invalid', 'rate-limited', 'unknown']),
      at: z.number(),
      message: z.string().optional(),
      models: z.number().optional(),
      latencyMs: z.number().optional(),
    })
    .optional(),
});
export type KeyRecord = z.infer<typeof keyRecord>;

/** A way to open the vault. `wrapped` is the vault key under this slot's own key. */
export const slotRecord = z.strictObject({
  id: z.string(),
  kind: z.enum(['device', 'password', 'passkey', 'recovery']),
  createdAt: z.number(),
  label: z.string().optional(),
  /** Authenticated with the wrapped key: a changed parameter does not open. */
  parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  salt: z.instanceof(Uint8Array).optional(),
  /** A non-extractable AES key, for a device slot. */
  key: z.custom<CryptoKey>((value) => value instanceof CryptoKey).optional(),
  iv: z.instanceof(Uint8Array),
  wrapped: z.instanceof(Uint8Array),
});
export type SlotRecord = z.infer<typeof slotRecord>;

export const vaultHeader = z.strictObject({
  id: z.literal('vault'),
  v: z.literal(1),
  vaultId: z.string(),
  epoch: z.number().int().nonnegative(),
  createdAt: z.number(),
});
export type VaultHeader = z.infer<typeof vaultHeader>;

export const siteLimits = z.strictObject({
  usdPerDay: z.number().nonnegative().optional(),
  tokensPerDay: z.number().int().nonnegative().optional(),
  requestsPerMinute: z.number().int().positive().optional(),
  maxTokens: z.number().int().positive().optional(),
});

/** A stored permission. Its subject is the pair of origins, as the browser gave them. */
export const siteRecord = z.strictObject({
  origin: z.string(),
  /** Only for a cross-origin frame; then the grant is for the pair. */
  topOrigin: z.string().optional(),
  decision: z.enum(['allow', 'deny']),
  scopes: z.array(z.enum(SCOPES)).default(['chat']),
  models: z.array(z.string()).default(['*']),
  limits: siteLimits.optional(),
  defaultModel: z.string().optional(),
  createdAt: z.number().optional(),
  lastUsedAt: z.number().optional(),
});
export type SiteRecord = z.infer<typeof siteRecord>;

const milliseconds = z.number().int().positive().max(3_600_000);
const tokens = z.number().int().positive().max(100_000_000);

/** Row R18: for which requests a route is. All that is named must hold; what is absent does not matter. */
export const routeCondition = z.strictObject({
  /** True: only where the caller asks for reasoning; false: only where it does not. */
  reasoning: z.boolean().optional(),
  hasTools: z.boolean().optional(),
  hasImages: z.boolean().optional(),
  /** Documents; pictures do not count. */
  hasFiles: z.boolean().optional(),
  /** The prompt is longer than so many tokens, as we estimate it. */
  promptTokensOver: tokens.optional(),
  /** The prompt is shorter than so many tokens. */
  promptTokensUnder: tokens.optional(),
});
export type RouteCondition = z.infer<typeof routeCondition>;

export const route = z.strictObject({
  provider: z.string().min(1).max(64),
  model: z.string().min(1).max(500),
  /** Absent: for every request. */
  when: routeCondition.optional(),
  /** Until the first event of the answer, in milliseconds; absent: the setting. */
  timeoutMs: milliseconds.optional(),
  contextWindow: tokens.optional(),
  /** Row P6: the format in which to ask a provider that speaks several; absent: its usual one. */
  wire: formatName.optional(),
});
export type Route = z.infer<typeof route>;

/** Row R19. The caller's header and query go before it, the settings after it. */
export const toolEnforcement = z.strictObject({
  enabled: z.boolean(),
  /** How often an answer without a tool call is asked for again; absent: the setting. */
  maxRetries: z.number().int().min(1).max(10).optional(),
});
export type ToolEnforcement = z.infer<typeof toolEnforcement>;

/** A person's own name for an ordered list of routes. */
export const logicalModelRecord = z.strictObject({
  id: z.string().min(1).max(200),
  /** Tried in this order. */
  routes: z.array(route).min(1).max(100),
  /** Other models of the person's own, tried in this order after the routes. Never in a circle. */
  fallbacks: z.array(z.string().min(1).max(200)).max(100).optional(),
  contextWindow: tokens.optional(),
  /** The next route starts too where the first has no content after so long; absent: never. */
  hedgeAfterMs: milliseconds.optional(),
  /** An answer that breaks off in its middle goes on with the next route; absent: it ends in an error. */
  continuePartial: z.boolean().optional(),
  toolEnforcement: toolEnforcement.optional(),
});
export type LogicalModelRecord = z.infer<typeof logicalModelRecord>;

export const settings = z.strictObject({
  /** What `auto`, `default` or no model means; absent: the first provider with a key. */
  defaultModel: z.string().optional(),
  defaultProvider: z.string().optional(),
  connectTimeoutMs: z.number().int().positive().max(600_000).optional(),
  firstByteTimeoutMs: z.number().int().positive().max(600_000).optional(),
  idleTimeoutMs: z.number().int().positive().max(600_000).optional(),
  totalTimeoutMs: z.number().int().positive().max(3_600_000).optional(),
  /** How long a key rests after a 429 that names no time, at first; it doubles with each failure. */
  rateLimitCooldownMs: z.number().int().nonnegative().max(86_400_000).optional(),
  /** The same after a 402: no credit. 0: a key is not set aside for it. */
  paymentCooldownMs: z.number().int().nonnegative().max(86_400_000).optional(),
  /** The same after a 403 that is not the key's own fault. 0: not set aside for it. */
  forbiddenCooldownMs: z.number().int().nonnegative().max(86_400_000).optional(),
  /** How often the same key is asked again, where nothing else is left, after a fault that may pass. */
  sameKeyRetries: z.number().int().nonnegative().max(3).optional(),
  /** Row R19: every answer to a request with tools must call one. */
  toolEnforcement: z.boolean().optional(),
  toolEnforcementRetries: z.number().int().min(1).max(10).optional(),
  /** Row R5: the model that `free` means; absent: the one with the longest window. */
  freeModel: z.string().max(500).optional(),
  /** How much a model takes where no one says; absent: 128,000 tokens. */
  defaultContextWindow: z.number().int().positive().max(100_000_000).optional(),
  /** Minutes without use after which the vault locks; 0: never. */
  autoLockMinutes: z.number().int().nonnegative().max(1_440).optional(),
  theme: z.enum(['system', 'light', 'dark']).optional(),
  sendWithEnter: z.boolean().optional(),
  favouriteModels: z.array(z.string()).optional(),
  hiddenModels: z.array(z.string()).optional(),
  recentModels: z.array(z.string()).optional(),
});
export type Settings = z.infer<typeof settings>;

/** One origin, model and day. */
export const usageRecord = z.strictObject({
  /** `2026-11-20|origin|provider|model`, the day in local time */
  id: z.string(),
  day: z.string(),
  origin: z.string(),
  provider: z.string(),
  model: z.string(),
  requests: z.number(),
  errors: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  cachedTokens: z.number(),
  reasoningTokens: z.number(),
  toolCalls: z.number(),
  /** Absent where no price is known. */
  usd: z.number().optional(),
});
export type UsageRecord = z.infer<typeof usageRecord>;

export const modelPrice = z.strictObject({
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
  cacheRead: z.number().nonnegative().optional(),
  cacheWrite: z.number().nonnegative().optional(),
});
export type ModelPrice = z.infer<typeof modelPrice>;

/** What a provider said that it has. */
export const catalogRecord = z.strictObject({
  provider: z.string(),
  /** The base URL that was asked: a list of another address says nothing. */
  source: z.string().optional(),
  fetchedAt: z.number(),
  models: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string().optional(),
      contextWindow: z.number().optional(),
      maxOutput: z.number().optional(),
      /** Unix seconds. */
      created: z.number().optional(),
      /** What it is for, where the provider says; most are for chat. */
      kind: z.enum(['chat', 'embedding', 'image', 'audio', 'other']).optional(),
      /** What it takes beside text. */
      takes: z.array(z.enum(['image', 'file', 'audio', 'video'])).optional(),
      tools: z.boolean().optional(),
      reasoning: z.boolean().optional(),
      /** USD per million tokens. */
      price: modelPrice.optional(),
    }),
  ),
});
export type CatalogRecord = z.infer<typeof catalogRecord>;
export type CatalogModel = CatalogRecord['models'][number];

export const chatRecord = z.strictObject({
  id: z.string(),
  title: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  model: z.string(),
  systemPrompt: z.string().optional(),
  draft: z.string().optional(),
  pinned: z.boolean().optional(),
  deletedAt: z.number().optional(),
  /** The last message of the branch that is shown. */
  leafId: z.string().optional(),
});
export type ChatRecord = z.infer<typeof chatRecord>;

export const messageRecord = z.strictObject({
  id: z.string(),
  chatId: z.string(),
  /** The message before it; absent on the first. Siblings are variants. */
  parentId: z.string().optional(),
  role: z.enum(['user', 'assistant']),
  content: z.string(),
  reasoning: z.string().optional(),
  toolCalls: z
    .array(z.strictObject({ id: z.string(), name: z.string(), arguments: z.string() }))
    .optional(),
  state: z.enum(['done', 'streaming', 'stopped', 'cut', 'error']),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  model: z.string().optional(),
  provider: z.string().optional(),
  usage: z
    .strictObject({
      input: z.number(),
      output: z.number(),
      cachedInput: z.number().optional(),
      cacheWrite: z.number().optional(),
      reasoning: z.number().optional(),
      costUsd: z.number().optional(),
    })
    .optional(),
  firstContentMs: z.number().optional(),
  createdAt: z.number(),
});
export type MessageRecord = z.infer<typeof messageRecord>;
