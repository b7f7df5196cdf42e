/** What the background and the page that asks say to each other, over one runtime port. */
import type { ProfileRecord, Scope } from '../../core/index.ts';

export const CONSENT_PORT = 'gatehouse-consent';

/** One question as the page shows it. Its subject comes from the browser, by way of the background. */
export interface Prompt {
  readonly id: string;
  readonly origin: string;
  /** Not the same as `origin` where a cross-origin frame asks. */
  readonly topOrigin: string;
  readonly scope: Scope;
  readonly model?: string;
  /** Display name of where the call would go. */
  readonly provider?: string;
  /** What a yes covers; absent: any model. */
  readonly models?: readonly string[];
  /** What a yes covers where it is for what was asked and no more; absent: that can not be said. */
  readonly only?: readonly string[];
  readonly askedAt: number;
  /** When the call gives up, in milliseconds since the epoch. A key press moves it. */
  readonly deadline: number;
  /** `gone`: the page stopped waiting; an answer can only be remembered. */
  readonly state: 'waiting' | 'gone';
  /** There is no key that could serve the call. */
  readonly noKey: boolean;
  /** No one knows what the model costs: no limit of money can hold. */
  readonly unpriced: boolean;
  /** What can be chosen in the place of limits and models. */
  readonly profiles: readonly ProfileRecord[];
}

/** What a person may allow beside what was asked. `raw` is asked for alone. */
export const MORE_SCOPES = ['chat', 'embeddings', 'images', 'audio'] as const;

export interface Answer {
  readonly decision: 'allow' | 'deny';
  readonly remember: 'once' | 'session' | 'always';
  /** What the site may spend a day; absent: any. */
  readonly usdPerDay?: number;
  readonly tokensPerDay?: number;
  readonly requestsPerMinute?: number;
  readonly concurrentRequests?: number;
  /** Only the prompt's `only`. */
  readonly onlyAsked?: boolean;
  /** The id of a profile, which says models and limits in the place of these. */
  readonly profile?: string;
  /** Beside the prompt's own. */
  readonly moreScopes?: readonly Scope[];
  /** For so many days; absent: for good. */
  readonly days?: number;
}

/** A site with a permission called while the vault is locked. */
export interface UnlockPrompt {
  readonly origin: string;
  readonly topOrigin: string;
}

export interface ToPage {
  readonly type: 'prompts';
  /** In the order in which they are asked: the first is shown. */
  readonly prompts: readonly Prompt[];
  /** Calls wait for the vault to be unlocked. Shown when no question is left. */
  readonly unlock?: UnlockPrompt;
}

export type FromPage =
  | { readonly type: 'answer'; readonly id: string; readonly answer: Answer }
  | { readonly type: 'refuse-all' }
  /** The vault stays locked. */
  | { readonly type: 'not-now' }
  /** Someone is there and needs longer. */
  | { readonly type: 'extend'; readonly id: string }
  /** A question whose page is gone has been seen. */
  | { readonly type: 'dismiss'; readonly id: string };

/** Whether a message is well formed. Who may send one is decided by the port's sender. */
export function isFromPage(value: unknown): value is FromPage {
  if (typeof value !== 'object' || value === null) return false;
  const { type, id, answer } = value as Record<string, unknown>;
  if (type === 'refuse-all' || type === 'not-now') return true;
  if (typeof id !== 'string') return false;
  if (type === 'extend' || type === 'dismiss') return true;
  return type === 'answer' && isAnswer(answer);
}

function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  const { decision, remember, onlyAsked, profile, moreScopes = [] } = fields;
  return (
    isAmount(fields.usdPerDay) &&
    isAmount(fields.days) &&
    [fields.tokensPerDay, fields.requestsPerMinute, fields.concurrentRequests].every(isCount) &&
    (onlyAsked === undefined || typeof onlyAsked === 'boolean') &&
    (profile === undefined || typeof profile === 'string') &&
    Array.isArray(moreScopes) &&
    moreScopes.every((scope) => MORE_SCOPES.includes(scope as never)) &&
    (decision === 'allow' || decision === 'deny') &&
    (remember === 'once' || remember === 'session' || remember === 'always')
  );
}

const isAmount = (value: unknown) =>
  value === undefined || (typeof value === 'number' && value >= 0 && Number.isFinite(value));

const isCount = (value: unknown) =>
  value === undefined || (Number.isSafeInteger(value) && (value as number) > 0);
