/**
 * The API of our own screens, exposed through comlink. Plain data in, plain data out: it crosses a
 * port. Changes are told on the BroadcastChannel `CHANGE_CHANNEL`, not by callbacks.
 * No answer holds a secret.
 */
import type { AuthScheme } from './providers/provider.ts';
import type { BudgetView } from './permissions/budget.ts';
import type { ProfileInput } from './permissions/profiles.ts';
import type { Cooldown } from './middleware/cooldowns.ts';
import type { LockReason, VaultKey } from './ports.ts';
import type { FormatName, UpstreamFormatName } from './formats/chat.ts';
import type {
  LogicalModelRecord,
  ProfileRecord,
  RequestRecord,
  Settings,
  SiteRecord,
  UsageRecord,
} from './storage/records.ts';

export interface Status {
  version: string;
  locked: boolean;
  /** The vault opens by a password, a passkey or the like: it can be locked. */
  lockable: boolean;
  /** When it locks where it is not used, in milliseconds since the epoch. */
  locksAt?: number;
  /** Why and when it was locked, where that was since the browser's start. */
  lockedBy?: { reason: LockReason; at: number };
  host: 'extension' | 'pwa';
  /** How many enabled keys there are. */
  keys: number;
}

export interface ProviderView {
  id: string;
  name: string;
  format: UpstreamFormatName;
  baseUrl: string;
  auth: AuthScheme;
  headers: Record<string, string>;
  keyUrl?: string;
  defaultModel?: string;
  local: boolean;
  builtIn: boolean;
  /** The browser's own model: there only where the browser has one. */
  onDevice?: boolean;
  /** The person made it, or changed a known row. */
  custom: boolean;
  overridden: boolean;
  enabled: boolean;
  browserCors?: 'yes' | 'no' | 'header-needed' | 'strip-headers';
  /** False where it can be asked without a key. */
  needsKey: boolean;
  /** Parts of the base URL that only the person knows, with what is filled in: an account id. */
  baseUrlFields?: { name: string; label: string; example: string; value: string }[];
  /** True while a part of its base URL is not filled in: no key can be saved for it yet. */
  incomplete?: boolean;
  /** The page on which a person lets it make a key. */
  connectUrl?: string;
  /** Others can be asked through it: where, for those that it knows, by their ids. */
  asGateway?: { paths: Record<string, string> };
  /** It is asked through another provider, under this path there. */
  gateway?: { through: string; path: string; attempts?: number };
  /** Models that the person or the row names; the provider's own list may hold more. */
  models?: string[];
  /** Why it is left out: what is stored for it does not fit. */
  problem?: string;
  keys: KeyView[];
}

export interface KeyView {
  id: string;
  provider: string;
  label: string;
  /** Masked: `gsk_…9fQ2`. */
  preview: string;
  enabled: boolean;
  weight: number;
  /** The models that it is for, as ids or patterns with `*`; absent: any. */
  models?: string[];
  createdAt: number;
  check?: KeyCheck;
  /** Of an OAuth credential. */
  token?: {
    /** It gets new access tokens by itself. */
    renews: boolean;
    /** When the present one ends, in milliseconds since the epoch. */
    until?: number;
    /** Why it renews itself no more. */
    refused?: string;
  };
}

export type { Cooldown } from './middleware/cooldowns.ts';

export interface KeyCheck {
  state: 'valid' | 'invalid' | 'rate-limited' | 'unknown';
  at: number;
  /** The provider's own words, or ours: `works · 14 models`. */
  message?: string;
  models?: number;
  latencyMs?: number;
  /** What is left for now, where the provider's answer tells. */
  remaining?: { requests?: number; tokens?: number };
}

export interface NewKey {
  provider: string;
  secret: string;
  label?: string;
}

/** A secret found in pasted text. `providers` has more than one where a prefix is shared: ask, never guess. */
export interface DetectedKey {
  secret: string;
  preview: string;
  providers: string[];
  label?: string;
}

export interface ProviderInput {
  id: string;
  name?: string;
  format?: FormatName;
  baseUrl?: string;
  /** Instead of `baseUrl`, where the provider has such fields: `{ accountId: '…' }`. */
  baseUrlFields?: Record<string, string>;
  /**
   * Instead of `baseUrl`: asks it through another provider, which must have its own address; `null`
   * asks it directly again. `attempts` of 1 to 5 are that provider's own.
   */
  gateway?: { through: string; path: string; attempts?: number } | null;
  auth?: AuthScheme;
  headers?: Record<string, string>;
  models?: string[];
  enabled?: boolean;
  /** Its place in the person's order: lower first. */
  order?: number;
}

export interface ProbeResult {
  /** The base URL that answered; absent where none did. */
  baseUrl?: string;
  models: string[];
  /** One entry an address that was tried, in order. */
  attempts: { url: string; outcome: string }[];
  /** What looks wrong with the URL as typed: `ends in /v1/v1`. */
  warning?: string;
}

export interface LocalServer {
  provider: string;
  baseUrl: string;
  state: 'answers' | 'refuses-browsers' | 'silent';
  models: string[];
}

export interface ModelView {
  /** What a caller writes: `groq/llama-3.3-70b-versatile`, or a logical model's id. */
  id: string;
  name: string;
  provider: string;
  providerName: string;
  logical: boolean;
  /** It can be asked now: its provider has a key, or needs none. */
  usable: boolean;
  contextWindow?: number;
  maxOutput?: number;
  /** What it takes beside text; absent where no one says. */
  takes?: ('image' | 'file' | 'audio' | 'video')[];
  tools?: boolean;
  reasoning?: boolean;
  /** USD per million tokens; absent where it is unknown, and never invented. */
  price?: { input: number; output: number; cacheRead?: number; cacheWrite?: number };
  /** The day of the price, where it is of our own table: `2026-07-02`. */
  priceDate?: string;
}

export interface SiteView extends SiteRecord {
  /** `session` grants end with the browser. */
  session?: boolean;
  /** Its profile, which says `models`, `limits`, `defaultModel` and `keys` in the place of its own. */
  held?: ProfileRecord;
  /** Its profile is not there, or can not be read: it may do nothing. */
  lacksProfile?: boolean;
  today: { requests: number; inputTokens: number; outputTokens: number; usd?: number };
  /** How much of each limit of tokens and money is used. */
  budgets?: BudgetView[];
}

export interface LiveRequest {
  id: string;
  origin: string;
  model: string;
  provider?: string;
  startedAt: number;
  state: 'waiting' | 'sent' | 'streaming';
}

/** A stored record that does not fit, and so is used by nothing. It stays until the person deletes it. */
export interface SetAsideView {
  store: 'vault' | 'slots' | 'keys' | 'providers' | 'models' | 'profiles' | 'sites' | 'settings';
  key: string;
  /** Where it does not fit and why: `label: is missing`. Holds no value of it. */
  reason: string;
  /** False for what opens the keys. */
  deletable: boolean;
}

export interface UsageSummary {
  day: string;
  requests: number;
  inputTokens: number;
  outputTokens: number;
  usd?: number;
  bySite: { origin: string; requests: number; inputTokens: number; outputTokens: number }[];
}

export interface Control {
  status(): Promise<Status>;

  listProviders(): Promise<ProviderView[]>;
  /**
   * Makes or changes a provider. Where the destination of its saved keys changes, those keys stay
   * bound to the old one and no longer open: `keysToReenter` holds their ids. A field that is
   * absent stays as it is. Throws `invalid_request` with the reason in plain words.
   */
  saveProvider(input: ProviderInput): Promise<{ keysToReenter: string[] }>;
  /** Removes a custom provider with its keys, or the changes made to a known row. */
  deleteProvider(id: string): Promise<void>;
  /** Finds which form of a typed base URL answers, `{base}/models` first, then `{base}/v1/models`. */
  probeProvider(baseUrl: string, secret?: string): Promise<ProbeResult>;
  findLocalServers(): Promise<LocalServer[]>;

  detectKeys(text: string): Promise<DetectedKey[]>;
  addKeys(keys: NewKey[]): Promise<KeyView[]>;
  /**
   * Exchanges the code that a provider's page gave (OAuth's PKCE, S256) for a key, and saves that.
   * Throws `invalid_request` where the provider has no such way, `key_refused` with its words.
   */
  connectProvider(provider: string, code: string, verifier: string): Promise<KeyView>;
  updateKey(
    id: string,
    change: { label?: string; enabled?: boolean; weight?: number; models?: string[] },
  ): Promise<KeyView>;
  replaceKey(id: string, secret: string): Promise<KeyView>;
  deleteKey(id: string): Promise<void>;
  /** What is not asked now, or asked last. */
  listCooldowns(): Promise<Cooldown[]>;
  /** Forgets what matches: it is asked again at once. */
  resetCooldowns(of: { keyId?: string; provider?: string }): Promise<void>;
  /** Asks the provider, within 5 s. Offline: `unknown`. */
  checkKey(id: string): Promise<KeyCheck>;

  /** With `ask: false` what is known already: no provider is asked. */
  listModels(options?: { ask?: boolean }): Promise<ModelView[]>;
  refreshModels(provider?: string): Promise<void>;
  listLogicalModels(): Promise<LogicalModelRecord[]>;
  /** With `renamedFrom` it takes that one's place, also among the fallbacks of others. */
  saveLogicalModel(model: LogicalModelRecord, renamedFrom?: string): Promise<void>;
  deleteLogicalModel(id: string): Promise<void>;

  listSites(): Promise<SiteView[]>;
  /** What decides on a page: its own record, or the pattern `https://*.example.com` that covers it. */
  getSite(origin: string, topOrigin?: string): Promise<SiteView | undefined>;
  saveSite(site: SiteRecord): Promise<void>;
  /** Forgets the grant and aborts the site's live requests. */
  deleteSite(origin: string, topOrigin?: string): Promise<void>;
  listProfiles(): Promise<ProfileRecord[]>;
  /** Makes or changes one; the sites that have it may from then on do what it says. */
  saveProfile(profile: ProfileInput): Promise<ProfileRecord>;
  /** Throws `invalid_request` while a site has it. */
  deleteProfile(id: string): Promise<void>;

  liveRequests(): Promise<LiveRequest[]>;
  stopRequest(id: string): Promise<void>;
  stopAllRequests(): Promise<void>;
  usageToday(): Promise<UsageSummary>;
  /** What was written down of requests, changed at this time or later; the newest first. */
  requestLog(since?: number): Promise<RequestRecord[]>;
  clearRequestLog(): Promise<void>;
  /** What was used from one day to another, both included: `2026-11-20`. */
  usageBetween(from: string, to: string): Promise<UsageRecord[]>;

  /**
   * Takes the vault key from a page that opened the vault by `createLocks`. It is kept until the lock,
   * or `autoLockMinutes` without use.
   */
  unlockVault(vaultKey: VaultKey): Promise<void>;
  lockVault(reason?: LockReason): Promise<void>;

  listSetAside(): Promise<SetAsideView[]>;
  /** The record as JSON, without secrets. */
  copySetAside(store: string, key: string): Promise<string>;
  /** Deletes it, where it still does not fit; of the settings only the fields that do not. */
  deleteSetAside(store: string, key: string): Promise<void>;

  /** A copy of everything but the keys, now. Throws `storage_full`. */
  makeCopy(): Promise<void>;
  /** The copy of this day, where there is none yet and something to copy. Throws `storage_full`. */
  makeDailyCopy(): Promise<void>;

  getSettings(): Promise<Settings>;
  saveSettings(change: Partial<Settings>): Promise<Settings>;
}
