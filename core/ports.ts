import type { GatehouseDatabase } from './storage/database.ts';
import type { SiteRecord } from './storage/records.ts';

/** What core asks of its host. Bound once by the composition root; tests pass their own. */
export interface Ports {
  /** Sends one upstream request. Redirects, cookies and referrers are already off on the Request. */
  fetch(request: Request): Promise<Response>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** 128 random bits as text, for ids that no one can guess. */
  randomId(): string;
  openDatabase(): Promise<GatehouseDatabase>;
  /**
   * Asks the person in a window of our own. Rejects with the signal's reason when the caller went away.
   * The host calls `extend` when the person shows that they are there: the calls wait a minute anew.
   */
  askUser(
    question: PermissionQuestion,
    signal: AbortSignal,
    extend: () => void,
  ): Promise<PermissionAnswer>;
  /**
   * Shows the person that a site's call waits for the vault to be unlocked, until the signal ends it.
   * Rejects where they say no, or where no one can be asked.
   */
  askUnlock(caller: SiteCaller, signal: AbortSignal): Promise<void>;
  /**
   * Has `control.status()` asked at this time, also where the worker sleeps: it locks a vault whose
   * time is up. `undefined` takes it back.
   */
  wakeAt(time: number | undefined): void;
  /** Small state that survives the worker's death and goes with the browser (`chrome.storage.session`). */
  session: SessionStore;
  /** Keeps the host's worker alive until the returned function is called. */
  keepAlive(): () => void;
  /** Tells every page of ours what changed. */
  publish(change: Change): void;
  /**
   * Shows the person, in a page of our own, that the app at this origin offers what is set up there.
   * False where an offer is shown already. Absent where the host takes none.
   */
  showOffer?(origin: string, id: string): Promise<boolean>;
  /** The way from here to the browser's own model. */
  readonly onDeviceModel?: OnDeviceModel;
}

/** `none`: this browser has no such thing. The others are the Prompt API's own words. */
export type OnDeviceState = 'none' | 'unavailable' | 'downloadable' | 'downloading' | 'available';

/** A model that the browser itself runs, as far as it is used here. */
export interface OnDeviceModel {
  state(): Promise<OnDeviceState>;
  /**
   * Its answer to one prompt, piece by piece, in a session of its own, which ends with the
   * generator or by the signal. Throws what the browser throws: `QuotaExceededError` for a prompt
   * that is too long.
   */
  ask(prompt: OnDevicePrompt, signal: AbortSignal): AsyncGenerator<string, OnDeviceUsage>;
}

/** All turns but the last begin the session, the last is asked. Plain data. */
export interface OnDevicePrompt {
  readonly options: {
    readonly initialPrompts: readonly OnDeviceTurn[];
    readonly temperature?: number;
    readonly topK?: number;
  };
  readonly input: string;
  /** A JSON schema that the answer fits. */
  readonly constraint?: object;
}

export interface OnDeviceTurn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Tokens in the session: before the last turn, and after the answer. Absent where it does not say. */
export interface OnDeviceUsage {
  readonly before?: number;
  readonly after?: number;
}

export interface SessionStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
  keys(): Promise<string[]>;
}

/** Who calls, as the browser says: never as the caller says. */
export type Caller = { readonly kind: 'first-party' } | SiteCaller;
export interface SiteCaller {
  readonly kind: 'site';
  readonly origin: string;
  readonly topOrigin: string;
}

/** 32 bytes, or the same as a key of HKDF that no script can read. */
export type VaultKey = Uint8Array<ArrayBuffer> | CryptoKey;

/** By the person, after a time without use, or with the computer. */
export type LockReason = 'hand' | 'idle' | 'system';

/** What the host knows of one call. */
export interface HostCall {
  /** Minted by the host; unique over all callers. Good as `x-request-id`. */
  readonly id: string;
  /**
   * Await it before each upstream fetch: from then on the call may have been sent, so that after the
   * worker's death it is not sent again. Rejects where that can't be written down: send nothing then.
   */
  dispatched(): Promise<void>;
}

/** The origin under which live requests and usage show the calls of our own pages. */
export const FIRST_PARTY = 'gatehouse';

/** How a caller is named in live requests and usage. */
export function originOf(caller: Caller): string {
  return caller.kind === 'site' ? caller.origin : FIRST_PARTY;
}

export const SCOPES = [
  'chat',
  'models',
  'embeddings',
  'images',
  'audio',
  'jobs',
  'mcp',
  'raw',
] as const;
export type Scope = (typeof SCOPES)[number];

export interface PermissionQuestion {
  /** The calling frame's own origin, punycode as the browser gives it. */
  readonly origin: string;
  /** The top page's origin; the same as `origin` but for cross-origin frames. */
  readonly topOrigin: string;
  readonly scope: Scope;
  /** The model that the call names, where it names one. */
  readonly model?: string;
  /** Where the call would go: a provider's display name, where one is known. */
  readonly provider?: string;
  /** The patterns of models that a yes covers; absent: any. Then no profile is chosen: it could cover more. */
  readonly models?: readonly string[];
  /** Patterns of just what the call asks for, for a person who wants to allow no more than that. */
  readonly only?: readonly string[];
}

export interface PermissionAnswer {
  readonly decision: 'allow' | 'deny';
  /** `once`: this call only; `session`: until the browser closes; `always`: stored. */
  readonly remember: 'once' | 'session' | 'always';
  readonly limits?: NonNullable<SiteRecord['limits']>;
  /** When it ends, in milliseconds since the epoch; absent: never by itself. */
  readonly expiresAt?: number;
  /** What the person ticked. Absent: the scope that was asked for. */
  readonly scopes?: readonly Scope[];
  /** Absent: any model. */
  readonly models?: readonly string[];
  /** The id of a profile, which then says the models and the limits. */
  readonly profile?: string;
}

/** Posted on the BroadcastChannel CHANGE_CHANNEL to all pages and workers of one host. */
export const CHANGE_CHANNEL = 'gatehouse';
export interface Change {
  readonly topic:
    | 'providers'
    | 'keys'
    | 'cooldowns'
    | 'models'
    | 'profiles'
    | 'sites'
    | 'settings'
    | 'usage'
    | 'budgets'
    | 'requests'
    | 'log'
    | 'chats'
    | 'copies'
    | 'lock';
}
