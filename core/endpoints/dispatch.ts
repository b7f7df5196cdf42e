import { RouterError } from '../errors.ts';
import type { ChatRequest } from '../formats/chat.ts';
import { estimateTokens } from '../formats/estimate-tokens.ts';
import type { Ask, Credentials } from '../middleware/credentials.ts';
import { firstToAnswer, type Reached, type Walk } from '../middleware/fallback.ts';
import type { LiveCall } from '../middleware/live.ts';
import { authoriseAndResolve } from '../middleware/permission.ts';
import type { Resolution, ResolveRequest, Target } from '../middleware/resolve.ts';
import type { Scope } from '../ports.ts';
import { providerFor, type Provider } from '../providers/provider.ts';
import type { Tap } from '../streams/tap.ts';
import { toLimits, type Limits } from '../upstream/clock.ts';
import type { Attempt } from '../upstream/send.ts';
import type { Call, Parts } from './endpoint.ts';

/** What a target answered, and the model that the answer names. */
export type Dispatched<T> = Reached<T> & { readonly answerModel: string };

/**
 * What every call to a provider has in common: permission, resolve, then each target that `choose`
 * leaves in turn with its next key, until one answers. Written down in the call's trace and the live list.
 */
export async function dispatch<T>(
  call: Call,
  parts: Parts,
  live: LiveCall,
  scope: Scope,
  wanted: ResolveRequest,
  tryTarget: (attempt: Attempt) => Promise<T>,
  choose: (targets: readonly Target[]) => Promise<readonly Target[]> = async (all) => all,
): Promise<Dispatched<T>> {
  const { grant, resolution } = await authoriseAndResolve(
    parts.permissions,
    parts.resolve,
    call.caller,
    scope,
    wanted,
    live.signal,
  );
  if (grant.revoked) live.follow(grant.revoked);
  const targets = resolution.targets.map((target) => ({
    ...target,
    provider: providerFor(target.provider, target.model),
  }));
  const chosen = await choose(targets);
  return tryTargets(call, parts, live, { ...resolution, targets: chosen }, tryTarget);
}

/** The same from where it is known which targets the caller may use. */
export async function tryTargets<T>(
  call: Call,
  parts: Parts,
  live: LiveCall,
  { targets, answerModel }: Resolution,
  tryTarget: (attempt: Attempt) => Promise<T>,
): Promise<Dispatched<T>> {
  const { credentials, ports } = parts;
  const { trace, dispatched, caller } = call;
  const { headers } = call.request;
  const settings = await parts.settings();
  const isOwn = caller.kind === 'first-party';
  const pin = isOwn ? headers.get('x-gatehouse-key')?.trim() || undefined : undefined;
  const whole = toLimits(settings, undefined).totalMs;
  let startedAt = performance.now();
  const left = () => whole - (performance.now() - startedAt);
  /** One wait a call, however many targets it tries. It takes nothing of the call's time. */
  let unlocked: Promise<void> | undefined;
  const next: Credentials['next'] = async (provider: Provider, ask: Ask) => {
    try {
      return await credentials.next(provider, ask);
    } catch (error) {
      const isLocked = error instanceof RouterError && error.code === 'vault_locked';
      // Our own pages show the unlock field by themselves.
      if (!isLocked || caller.kind !== 'site') throw error;
      const since = performance.now();
      await (unlocked ??= parts.waitForUnlock(caller, live.signal));
      startedAt += performance.now() - since;
      return credentials.next(provider, ask);
    }
  };
  const walk: Walk = {
    credentials: { ...credentials, next },
    signal: live.signal,
    fallback: !/^off$/i.test(headers.get('x-gatehouse-fallback')?.trim() ?? ''),
    ...(pin !== undefined && { pin }),
    // A site learns nothing of a key but that there is one.
    nameKey: ({ preview, number }) => (isOwn ? `key ${preview}` : `key ${number}`),
    now: () => ports.now(),
    left,
  };
  const reached = await firstToAnswer(
    targets,
    walk,
    async (target, credential) => {
      live.signal.throwIfAborted();
      live.update({ state: 'sent' });
      const asked = {
        provider: target.provider.id,
        model: target.model,
        ...(credential && { keyId: credential.keyId }),
        failed: true,
      };
      call.asked.push(asked);
      const answer = await tryTarget({
        target,
        secret: credential?.secret,
        limits: within(toLimits(settings, target.timeoutMs), left()),
        signal: live.signal,
        ports,
        dispatched,
      });
      asked.failed = false;
      return answer;
    },
    (target) => {
      trace.attempts += 1;
      trace.provider = target.provider.id;
      trace.model = target.model;
      live.update({ provider: target.provider.id, model: answerModel });
    },
  );
  return { ...reached, answerModel };
}

/** The tries of one call share its time. */
function within(limits: Limits, leftMs: number): Limits {
  return { ...limits, totalMs: Math.min(limits.totalMs, leftMs) };
}

/** What went by of an answer; of a chat also what it was asked, for a guess where no one counted. */
export interface Seen extends Pick<Tap, 'usage' | 'toolCalls'> {
  readonly characters?: number;
  readonly chat?: ChatRequest;
}

/** Ends the call once, whatever way it ended, and counts it. */
export function createSettle(
  call: Call,
  parts: Parts,
  live: LiveCall,
  seen: Seen,
): (error?: RouterError) => void {
  let open = true;
  return (error) => {
    if (!open) return;
    open = false;
    const { caller, asked } = call;
    const failed = error !== undefined && error.code !== 'cancelled';
    const last = asked.at(-1);
    // Who hangs up on a provider that works on the question pays for the question.
    if (last !== undefined && (!last.failed || !failed))
      Object.assign(last, { failed }, usedBy(seen, error === undefined));
    const counted = parts.usage.record({
      caller,
      attempts: asked,
      toolCalls: seen.toolCalls,
      failed,
      ...(seen.chat && { systemMessages: countSystemMessages(seen.chat) }),
    });
    // The host stays awake until the count is written; a full disk must not spoil the answer.
    void counted.catch(() => {}).finally(() => live.end());
  };
}

/** Letters of an answer to a token, where nobody counts. */
const LETTERS_A_TOKEN = 4;

/** What the provider counted. Where it told nothing, or was cut off before its last word: our guess. */
function usedBy({ usage, chat, characters = 0 }: Seen, isWhole: boolean) {
  if (usage !== undefined && (isWhole || usage.costUsd !== undefined)) return { usage };
  const output = Math.ceil(characters / LETTERS_A_TOKEN);
  if (usage !== undefined)
    return output > usage.output ? { usage: { ...usage, output }, estimated: true } : { usage };
  if (chat === undefined) return {};
  return { usage: { input: estimateTokens(chat), output }, estimated: true };
}

/** As many as the caller wrote: one message may hold several. */
function countSystemMessages({ messages }: ChatRequest): number {
  return messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .reduce((sum, { content }) => sum + content.length, 0);
}
