/**
 * The zod schema of all that is stored. A record that does not fit is set aside with its reason;
 * the rest loads.
 */
import { z } from '../zod.ts';
import { SCOPES } from '../ports.ts';

export const formatName = z.enum([
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate-content',
  'bedrock-converse',
]);

export const authScheme = z.discriminatedUnion('scheme', [
  z.strictObject({ scheme: z.literal('bearer') }),
  z.strictObject({ scheme: z.literal('header'), name: z.string().check(z.minLength(1)) }),
  z.strictObject({ scheme: z.literal('none') }),
  z.strictObject({ scheme: z.literal('aws-sigv4') }),
  z.strictObject({ scheme: z.literal('google-service-account') }),
]);

/** A provider of the person's own, or what they changed on a known row (then `format` may be absent). */
export const providerRecord = z.strictObject({
  id: z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)),
  name: z.optional(z.string().check(z.maxLength(100))),
  format: z.optional(formatName),
  baseUrl: z.optional(z.string()),
  auth: z.optional(authScheme),
  headers: z.optional(z.record(z.string(), z.string())),
  /** Asked through another provider, with that one's key beside its own; `baseUrl` is there. */
  gateway: z.optional(
    z.strictObject({
      through: z.string().check(z.maxLength(64)),
      attempts: z.optional(z.int().check(z.gte(1), z.lte(5))),
    }),
  ),
  models: z.optional(z.array(z.string())),
  enabled: z.optional(z.boolean()),
  /** The person's order: lower first; those without one come after. */
  order: z.optional(z.int()),
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
  epoch: z.int().check(z.nonnegative()),
  id: z.string(),
  iv: z.instanceof(Uint8Array),
  ct: z.instanceof(Uint8Array),
});
export type Sealed = z.infer<typeof sealed>;

/** Row K10: the models that a key is for, as ids or patterns with `*`. Absent or empty: any. */
export const keyModels = z
  .array(z.string().check(z.minLength(1), z.maxLength(500)))
  .check(z.maxLength(1_000));

export const keyRecord = z.strictObject({
  id: z.string(),
  provider: z.string(),
  label: z.string(),
  enabled: z.boolean(),
  weight: z.number().check(z.gte(0), z.lte(10)),
  models: z.optional(keyModels),
  /** `gsk_…9fQ2`: the only part of the secret that a screen may show. */
  preview: z.string(),
  destination,
  sealed,
  /** Of an OAuth credential what may be told in the open. */
  token: z.optional(
    z.strictObject({
      /** It has a refresh token. */
      renews: z.boolean(),
      /** When the present access token ends, in milliseconds since the epoch. */
      until: z.optional(z.number()),
      /** Why the token server renews it no more, in one word of RFC 6749. */
      refused: z.optional(z.string()),
    }),
  ),
  createdAt: z.number(),
  /** What the last check or use said of it. */
  check: z.optional(
    z.strictObject({
      state: z.enum(['valid', 'invalid', 'rate-limited', 'unknown']),
      at: z.number(),
      message: z.optional(z.string()),
      models: z.optional(z.number()),
      latencyMs: z.optional(z.number()),
      remaining: z.optional(
        z.strictObject({ requests: z.optional(z.number()), tokens: z.optional(z.number()) }),
      ),
    }),
  ),
});
export type KeyRecord = z.infer<typeof keyRecord>;

/** A way to open the vault. `wrapped` is the vault key under this slot's own key. */
export const slotRecord = z.strictObject({
  id: z.string(),
  kind: z.enum(['device', 'password', 'passkey', 'recovery']),
  createdAt: z.number(),
  label: z.optional(z.string()),
  /** Authenticated with the wrapped key: a changed parameter does not open. */
  parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  salt: z.optional(z.instanceof(Uint8Array)),
  /** A non-extractable AES key, for a device slot. */
  key: z.optional(z.custom<CryptoKey>((value) => value instanceof CryptoKey)),
  iv: z.instanceof(Uint8Array),
  wrapped: z.instanceof(Uint8Array),
});
export type SlotRecord = z.infer<typeof slotRecord>;

export const vaultHeader = z.strictObject({
  id: z.literal('vault'),
  v: z.literal(1),
  vaultId: z.string(),
  epoch: z.int().check(z.nonnegative()),
  createdAt: z.number(),
});
export type VaultHeader = z.infer<typeof vaultHeader>;

const amount = z.optional(z.number().check(z.nonnegative()));
const count = z.optional(z.int().check(z.nonnegative()));
const some = z.optional(z.int().check(z.positive()));
/** Days, weeks and months are the person's, in local time. */
export const siteLimits = z.strictObject({
  usdPerDay: amount,
  usdPerWeek: amount,
  usdPerMonth: amount,
  tokensPerDay: count,
  tokensPerWeek: count,
  tokensPerMonth: count,
  requestsPerMinute: some,
  concurrentRequests: some,
  /** Of one answer. */
  maxTokens: some,
});

/** Row SP1: a key as `nameOfKey` names it. */
const keyNames = z.array(z.string().check(z.maxLength(200))).check(z.maxLength(500));

/**
 * Row SP1: what several sites may use, under one name. A site that names one has these fields in the
 * place of its own, also where they are absent here; limits count for each site by itself.
 */
export const profileRecord = z.strictObject({
  id: z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)),
  name: z.string().check(z.regex(/^[^\s\p{C}]([^\p{C}]*[^\s\p{C}])?$/u), z.maxLength(60)),
  /** Absent: all keys, also later ones. */
  keys: z.optional(keyNames),
  /** Patterns, as a site's; absent: any model. */
  models: z.optional(
    z.array(z.string().check(z.minLength(1), z.maxLength(500))).check(z.maxLength(5_000)),
  ),
  defaultModel: z.optional(z.string().check(z.maxLength(500))),
  limits: z.optional(siteLimits),
});
export type ProfileRecord = z.infer<typeof profileRecord>;

/** A stored permission. Its subject is the pair of origins, as the browser gave them. */
export const siteRecord = z.strictObject({
  origin: z.string(),
  /** Only for a cross-origin frame; then the grant is for the pair. */
  topOrigin: z.optional(z.string()),
  decision: z.enum(['allow', 'deny']),
  scopes: z._default(z.array(z.enum(SCOPES)), ['chat']),
  models: z._default(z.array(z.string()), ['*']),
  limits: z.optional(siteLimits),
  defaultModel: z.optional(z.string()),
  /** Row SP1: the person's keys that it may use, as `provider/label`; absent: all, also later ones. */
  keys: z.optional(keyNames),
  /** The id of a profile, which then says `models`, `limits`, `defaultModel` and `keys`; without it: nothing. */
  profile: z.optional(z.string().check(z.maxLength(64))),
  /** Row SP9: a key that the site brings along is used for its call. Absent: it is ignored. */
  ownKeys: z.optional(z.boolean()),
  /** From then on it is as if it were not there, in milliseconds since the epoch. */
  expiresAt: z.optional(z.number()),
  createdAt: z.optional(z.number()),
  lastUsedAt: z.optional(z.number()),
});
export type SiteRecord = z.infer<typeof siteRecord>;

const milliseconds = z.int().check(z.positive(), z.lte(3_600_000));
const tokens = z.int().check(z.positive(), z.lte(100_000_000));

/** Row R18: for which requests a route is. All that is named must hold; what is absent does not matter. */
export const routeCondition = z.strictObject({
  /** True: only where the caller asks for reasoning; false: only where it does not. */
  reasoning: z.optional(z.boolean()),
  hasTools: z.optional(z.boolean()),
  hasImages: z.optional(z.boolean()),
  /** Documents; pictures do not count. */
  hasFiles: z.optional(z.boolean()),
  /** The prompt is longer than so many tokens, as we estimate it. */
  promptTokensOver: z.optional(tokens),
  /** The prompt is shorter than so many tokens. */
  promptTokensUnder: z.optional(tokens),
});
export type RouteCondition = z.infer<typeof routeCondition>;

export const route = z.strictObject({
  provider: z.string().check(z.minLength(1), z.maxLength(64)),
  model: z.string().check(z.minLength(1), z.maxLength(500)),
  /** Absent: for every request. */
  when: z.optional(routeCondition),
  /** Until the first event of the answer, in milliseconds; absent: the setting. */
  timeoutMs: z.optional(milliseconds),
  contextWindow: z.optional(tokens),
  /** Row P6: the format in which to ask a provider that speaks several; absent: its usual one. */
  wire: z.optional(formatName),
});
export type Route = z.infer<typeof route>;

/** Row R19. The caller's header and query go before it, the settings after it. */
export const toolEnforcement = z.strictObject({
  enabled: z.boolean(),
  /** How often an answer without a tool call is asked for again; absent: the setting. */
  maxRetries: z.optional(z.int().check(z.gte(1), z.lte(10))),
});
export type ToolEnforcement = z.infer<typeof toolEnforcement>;

/** A person's own name for an ordered list of routes. */
export const logicalModelRecord = z.strictObject({
  id: z.string().check(z.minLength(1), z.maxLength(200)),
  /** Tried in this order. */
  routes: z.array(route).check(z.minLength(1), z.maxLength(100)),
  /** Other models of the person's own, tried in this order after the routes. Never in a circle. */
  fallbacks: z.optional(
    z.array(z.string().check(z.minLength(1), z.maxLength(200))).check(z.maxLength(100)),
  ),
  contextWindow: z.optional(tokens),
  /** The next route starts too where the first has no content after so long; absent: never. */
  hedgeAfterMs: z.optional(milliseconds),
  /** An answer that breaks off in its middle goes on with the next route; absent: it ends in an error. */
  continuePartial: z.optional(z.boolean()),
  toolEnforcement: z.optional(toolEnforcement),
});
export type LogicalModelRecord = z.infer<typeof logicalModelRecord>;

export const settings = z.strictObject({
  /** What `auto`, `default` or no model means; absent: the first provider with a key. */
  defaultModel: z.optional(z.string()),
  defaultProvider: z.optional(z.string()),
  /** Taken and not used: `fetch` does not tell when it has connected. */
  connectTimeoutMs: z.optional(z.int().check(z.positive(), z.lte(600_000))),
  firstByteTimeoutMs: z.optional(z.int().check(z.positive(), z.lte(600_000))),
  idleTimeoutMs: z.optional(z.int().check(z.positive(), z.lte(600_000))),
  totalTimeoutMs: z.optional(z.int().check(z.positive(), z.lte(3_600_000))),
  /** How long a key rests after a 429 that names no time, at first; it doubles with each failure. */
  rateLimitCooldownMs: z.optional(z.int().check(z.nonnegative(), z.lte(86_400_000))),
  /** The same after a 402: no credit. 0: a key is not set aside for it. */
  paymentCooldownMs: z.optional(z.int().check(z.nonnegative(), z.lte(86_400_000))),
  /** The same after a 403 that is not the key's own fault. 0: not set aside for it. */
  forbiddenCooldownMs: z.optional(z.int().check(z.nonnegative(), z.lte(86_400_000))),
  /** How often the same key is asked again, where nothing else is left, after a fault that may pass. */
  sameKeyRetries: z.optional(z.int().check(z.nonnegative(), z.lte(3))),
  /** Row R19: every answer to a request with tools must call one. */
  toolEnforcement: z.optional(z.boolean()),
  toolEnforcementRetries: z.optional(z.int().check(z.gte(1), z.lte(10))),
  /** Row R5: the model that `free` means; absent: the one with the longest window. */
  freeModel: z.optional(z.string().check(z.maxLength(500))),
  /** How much a model takes where no one says; absent: 128,000 tokens. */
  defaultContextWindow: z.optional(z.int().check(z.positive(), z.lte(100_000_000))),
  /** Minutes without use after which the vault locks; 0: never. */
  autoLockMinutes: z.optional(z.int().check(z.nonnegative(), z.lte(1_440))),
  theme: z.optional(z.enum(['system', 'light', 'dark'])),
  sendWithEnter: z.optional(z.boolean()),
  /** Whether requests are written down; absent: they are. */
  requestLog: z.optional(z.boolean()),
  favouriteModels: z.optional(z.array(z.string())),
  hiddenModels: z.optional(z.array(z.string())),
  recentModels: z.optional(z.array(z.string())),
});
export type Settings = z.infer<typeof settings>;

/** One origin, provider, model, key and day. */
export const usageRecord = z.strictObject({
  /** `2026-11-20|origin|provider|model`, and `|key` where one was sent; the day in local time. */
  id: z.string(),
  day: z.string(),
  origin: z.string(),
  provider: z.string(),
  model: z.string(),
  /** The id of the key; absent where none was sent, and on what was counted before keys were. */
  key: z.optional(z.string()),
  /** Calls that ended here: each call counts once, at the last that was asked. */
  requests: z.number(),
  errors: z.number(),
  /** How often it was asked, and how often of that without an answer. */
  attempts: z.optional(z.number()),
  failedAttempts: z.optional(z.number()),
  inputTokens: z.number(),
  outputTokens: z.number(),
  cachedTokens: z.number(),
  reasoningTokens: z.number(),
  toolCalls: z.number(),
  /** Attempts whose tokens are our estimate: the provider told none, or was stopped before it did. */
  estimated: z.optional(z.number()),
  /** Attempts with tokens and without a known price: `usd` lacks them. */
  unpriced: z.optional(z.number()),
  /** Calls with one system message, and with more (row L2). */
  queries: z.optional(z.number()),
  inferences: z.optional(z.number()),
  /** Milliseconds since the epoch. */
  updatedAt: z.optional(z.number()),
  /** Absent where no price is known. */
  usd: z.optional(z.number()),
});
export type UsageRecord = z.infer<typeof usageRecord>;

/** One try of a request that is written down. No secret is in it, and nothing that was said. */
export const loggedAttempt = z.strictObject({
  /** From 1, in the order of their beginning. */
  number: z.number(),
  cause: z.string(),
  provider: z.string(),
  model: z.string(),
  /** As a screen may show it; absent where none was sent. */
  key: z.optional(z.strictObject({ id: z.string(), label: z.string(), preview: z.string() })),
  /** Milliseconds since the epoch; the other times are milliseconds after it. */
  startedAt: z.number(),
  firstByteMs: z.optional(z.number()),
  firstContentMs: z.optional(z.number()),
  endMs: z.number(),
  outcome: z.enum(['answered', 'failed', 'cut', 'cancelled', 'lost', 'rejected', 'skipped']),
  status: z.optional(z.number()),
  code: z.optional(z.string()),
  /** The provider's words, without the key. */
  reason: z.optional(z.string()),
  input: z.optional(z.number()),
  output: z.optional(z.number()),
});
export type LoggedAttempt = z.infer<typeof loggedAttempt>;

/** Row L5: one request, what became of it, and all that was tried for it. */
export const requestRecord = z.strictObject({
  /** The answer's `x-request-id`. */
  id: z.string(),
  origin: z.string(),
  /** `/v1/chat/completions` */
  endpoint: z.string(),
  /** The model as the caller wrote it. */
  asked: z.string(),
  stream: z.optional(z.boolean()),
  startedAt: z.number(),
  /** When this was last written; of an index. */
  updatedAt: z.number(),
  /** Absent while it runs, and for ever where the browser or its worker ended first. */
  endMs: z.optional(z.number()),
  outcome: z.optional(z.enum(['answered', 'failed', 'cancelled'])),
  status: z.optional(z.number()),
  code: z.optional(z.string()),
  message: z.optional(z.string()),
  attempts: z.array(loggedAttempt),
});
export type RequestRecord = z.infer<typeof requestRecord>;

export const modelPrice = z.strictObject({
  input: z.number().check(z.nonnegative()),
  output: z.number().check(z.nonnegative()),
  cacheRead: z.optional(z.number().check(z.nonnegative())),
  cacheWrite: z.optional(z.number().check(z.nonnegative())),
});
export type ModelPrice = z.infer<typeof modelPrice>;

/** What a provider said that it has. */
export const catalogRecord = z.strictObject({
  provider: z.string(),
  /** The base URL that was asked: a list of another address says nothing. */
  source: z.optional(z.string()),
  fetchedAt: z.number(),
  models: z.array(
    z.strictObject({
      id: z.string(),
      name: z.optional(z.string()),
      contextWindow: z.optional(z.number()),
      maxOutput: z.optional(z.number()),
      /** Unix seconds. */
      created: z.optional(z.number()),
      /** What it is for, where the provider says; most are for chat. */
      kind: z.optional(z.enum(['chat', 'embedding', 'image', 'audio', 'other'])),
      /** What it takes beside text. */
      takes: z.optional(z.array(z.enum(['image', 'file', 'audio', 'video']))),
      tools: z.optional(z.boolean()),
      reasoning: z.optional(z.boolean()),
      /** USD per million tokens. */
      price: z.optional(modelPrice),
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
  systemPrompt: z.optional(z.string()),
  draft: z.optional(z.string()),
  pinned: z.optional(z.boolean()),
  deletedAt: z.optional(z.number()),
  /** The last message of the branch that is shown. */
  leafId: z.optional(z.string()),
});
export type ChatRecord = z.infer<typeof chatRecord>;

export const messageRecord = z.strictObject({
  id: z.string(),
  chatId: z.string(),
  /** The message before it; absent on the first. Siblings are variants. */
  parentId: z.optional(z.string()),
  role: z.enum(['user', 'assistant']),
  content: z.string(),
  reasoning: z.optional(z.string()),
  toolCalls: z.optional(
    z.array(z.strictObject({ id: z.string(), name: z.string(), arguments: z.string() })),
  ),
  state: z.enum(['done', 'streaming', 'stopped', 'cut', 'error']),
  error: z.optional(z.strictObject({ code: z.string(), message: z.string() })),
  model: z.optional(z.string()),
  provider: z.optional(z.string()),
  usage: z.optional(
    z.strictObject({
      input: z.number(),
      output: z.number(),
      cachedInput: z.optional(z.number()),
      cacheWrite: z.optional(z.number()),
      reasoning: z.optional(z.number()),
      costUsd: z.optional(z.number()),
    }),
  ),
  firstContentMs: z.optional(z.number()),
  /** One of the answers that several models gave side by side: its place, and the model asked. */
  compared: z.optional(z.strictObject({ column: z.number(), model: z.string() })),
  createdAt: z.number(),
});
export type MessageRecord = z.infer<typeof messageRecord>;
