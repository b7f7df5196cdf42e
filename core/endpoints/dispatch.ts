import { RouterError, toRouterError } from '../errors.ts';
import type { ChatRequest, Usage } from '../formats/chat.ts';
import { estimateTokens, LETTERS_A_TOKEN } from '../formats/estimate-tokens.ts';
import type { AttemptBook, AttemptCause, OpenAttempt } from '../middleware/attempts.ts';
import { byCondition, PLAIN, type Sorted } from '../middleware/conditions.ts';
import type { Ask, Credential, Credentials } from '../middleware/credentials.ts';
import {
  BEATEN,
  firstToAnswer,
  type Reached,
  type Step,
  type Walk,
} from '../middleware/fallback.ts';
import type { LiveCall } from '../middleware/live.ts';
import { findOwnKey, withOwnKey } from '../middleware/own-key.ts';
import { authoriseAndResolve } from '../middleware/permission.ts';
import type { Resolution, ResolveRequest, Target } from '../middleware/resolve.ts';
import type { Wanted } from '../middleware/reserve.ts';
import type { Grant } from '../permissions/grants.ts';
import { originOf, type Scope } from '../ports.ts';
import { providerFor, type Provider } from '../providers/provider.ts';
import { SETTING_DEFAULTS } from '../storage/settings.ts';
import { unlessAborted } from '../streams/pause.ts';
import type { Tap } from '../streams/tap.ts';
import { toLimits, type Limits } from '../upstream/clock.ts';
import type { Attempt } from '../upstream/send.ts';
import type { Sent } from '../vault/tokens.ts';
import type { Asked, Call, Parts } from './endpoint.ts';

/** What a target answered, and how the call can go on. */
export type Dispatched<T> = Reached<T> & {
  readonly resolution: Resolution;
  /** What else can be asked: the targets that were not tried. Empty where fallback is off. */
  readonly others: readonly Target[];
  /** Asks once more, in what is left of the call's time. */
  readonly again: (
    targets: readonly Target[],
    cause: AttemptCause,
    tryTarget: TryTarget<T>,
  ) => Promise<Dispatched<T>>;
};

export type TryTarget<T> = (attempt: Attempt) => Promise<T>;

/** What only some calls have. */
export interface DispatchOptions {
  /** Leaves out targets that the request is not for. Throws where none is left. */
  readonly choose?: (targets: readonly Target[], resolution: Resolution) => Promise<Sorted>;
  /**
   * About how many tokens the input is: what a try costs that was aborted before it told. Only calls
   * that have it are hedged.
   */
  readonly inputTokens?: () => number;
  readonly judge?: Walk['judge'];
  /** The caller's own key, where its site may bring one. */
  readonly ownKey?: string;
  /** The keys that its site may use; absent: all. */
  readonly only?: readonly string[];
  /** Absent: the call costs nothing. */
  readonly use?: Use;
}

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
  tryTarget: TryTarget<T>,
  { choose = onlyPlain, use, ...options }: DispatchOptions = {},
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
  const resolved = resolution.targets.map((target) => ({
    ...target,
    provider: providerFor(target.provider, target.model, target.wire),
  }));
  const book = openBook(call, parts, wanted.model);
  const { targets, skipped } = await choose(resolved, resolution);
  for (const { target, reason } of skipped) book.skipped({ ...nameOf(target), reason });
  const affordable = await hold(call, parts, live, grant, withoutDoubles(targets), use);
  const whole = { ...resolution, targets: affordable };
  return tryTargets(call, parts, live, whole, tryTarget, {
    ...options,
    ...keysOf(call, grant),
    book,
  });
}

/** Rows SP1, SP9: which keys the person lets a site use, and its own where they said that it may. */
export function keysOf(
  { request }: Call,
  { site }: Grant,
): Pick<DispatchOptions, 'only' | 'ownKey'> {
  const ownKey = site?.ownKeys ? findOwnKey(request.headers) : undefined;
  const only = site?.keys;
  return { ...(only && { only }), ...(ownKey !== undefined && { ownKey }) };
}

/** What a call may use up, where its site has limits. */
export interface Use {
  readonly wanted: () => Wanted;
  /** No answer may be longer than so many tokens. */
  readonly limitOutput?: (most: number) => void;
}

/** The targets that the site's budget has room for; it is held until the call has ended. */
export async function hold(
  call: Call,
  parts: Parts,
  live: LiveCall,
  grant: Grant,
  targets: readonly Target[],
  use: Use | undefined,
): Promise<readonly Target[]> {
  if (use === undefined) return targets;
  const reserved = await parts.reserve(grant, targets, use.wanted);
  const held = reserved.hold;
  if (held === undefined) return targets;
  live.onEnd(() => held.release());
  call.beforeSend.push(() => held.persist());
  if (held.mostOutput !== undefined) use.limitOutput?.(held.mostOutput);
  return reserved.targets;
}

/** The same from where it is known which targets the caller may use. */
export async function tryTargets<T>(
  call: Call,
  parts: Parts,
  live: LiveCall,
  resolution: Resolution,
  tryTarget: TryTarget<T>,
  options: Omit<DispatchOptions, 'choose' | 'use'> & { readonly book?: AttemptBook } = {},
): Promise<Dispatched<T>> {
  const { targets, answerModel, hedgeAfterMs } = resolution;
  const { ports } = parts;
  const { ownKey, only } = options;
  const credentials =
    ownKey === undefined ? parts.credentials : withOwnKey(parts.credentials, ownKey);
  const { trace, dispatched, caller } = call;
  const { headers } = call.request;
  const { judge, inputTokens, book = openBook(call, parts, answerModel) } = options;
  const settings = await parts.settings();
  const isOwn = caller.kind === 'first-party';
  const pin = isOwn ? headers.get('x-gatehouse-key')?.trim() || undefined : undefined;
  const whole = toLimits(settings, undefined).totalMs;
  let startedAt = performance.now();
  const left = () => whole - (performance.now() - startedAt);
  /** One wait a call, however many targets it tries. It takes nothing of the call's time. */
  let unlocked: Promise<void> | undefined;
  const next: Credentials['next'] = async (provider: Provider, asked: Ask) => {
    const ask = only === undefined ? asked : { ...asked, only };
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
    fallback: mayFallBack(call),
    ...(pin !== undefined && { pin }),
    ...(inputTokens && hedgeAfterMs !== undefined && { hedgeAfterMs }),
    retries: settings.sameKeyRetries ?? SETTING_DEFAULTS.sameKeyRetries,
    ...(judge && { judge }),
    // A site learns nothing of a key but that there is one.
    nameKey: ({ preview, number }) => (isOwn ? `key ${preview}` : `key ${number}`),
    now: () => ports.now(),
    left,
    onSkipped(skipped) {
      for (const { provider, model, status, error } of skipped)
        book.skipped({ provider, model, status, code: error.code, reason: error.message });
    },
  };

  /** What was begun and has not come to an end. */
  const underWay = new Set<Asked>();

  /** Who hangs up on a provider that works on the question pays for the question. */
  function giveUp(asked: Asked): void {
    underWay.delete(asked);
    asked.failed = false;
    if (asked.usage !== undefined || inputTokens === undefined) return;
    asked.usage = { input: inputTokens(), output: 0 };
    asked.estimated = true;
  }

  /** One try, from its beginning to its first content or its failure. */
  async function tryOne(
    { target, credential, signal, cause }: Step,
    ask: TryTarget<T>,
    tried: Set<Target>,
  ): Promise<{ answer: T; attempt: OpenAttempt; asked: Asked }> {
    signal.throwIfAborted();
    tried.add(target);
    trace.attempts += 1;
    trace.provider = target.provider.id;
    trace.model = target.model;
    live.update({ state: 'sent', provider: target.provider.id, model: answerModel });
    const attempt = book.begin({ cause, ...nameOf(target), ...(credential && keyOf(credential)) });
    const asked: Asked = {
      ...nameOf(target),
      ...(credential && { keyId: credential.keyId }),
      failed: true,
    };
    call.asked.push(asked);
    underWay.add(asked);
    let sent: Sent | undefined;
    try {
      sent = credential && (await toSent(credential, signal));
      const answer = await ask({
        target,
        secret: sent?.secret,
        hidden: sent?.hidden,
        ...(credential?.pass && { pass: credential.pass }),
        limits: within(toLimits(settings, target.timeoutMs), left()),
        signal,
        ports,
        dispatched,
        onHead: attempt.head,
        onUsage: (usage) => (asked.usage = { ...asked.usage, ...usage }),
      });
      // Beaten by a hair: the signal has closed what was opened.
      signal.throwIfAborted();
      attempt.content();
      return { answer, attempt, asked };
    } catch (thrown) {
      const error = toRouterError(thrown);
      const isOver = error.code === 'cancelled';
      if (isOver) giveUp(asked);
      underWay.delete(asked);
      const outcome = signal.reason === BEATEN ? 'lost' : isOver ? 'cancelled' : 'failed';
      attempt.end(outcome, error, asked.usage);
      const isRefused = error.code === 'key_refused' && error.status === 401;
      if (!isRefused || credential === undefined || sent?.renew === undefined) throw error;
      // Once: what is renewed here renews no more.
      const secret = withoutRenewal(sent.renew);
      const again: Step = {
        target,
        credential: { ...credential, secret },
        signal,
        cause: 'renewal',
      };
      return tryOne(again, ask, tried);
    }
  }

  async function walkOn(
    left: readonly Target[],
    ask: TryTarget<T>,
    cause?: AttemptCause,
  ): Promise<Dispatched<T>> {
    const tried = new Set<Target>();
    const reached = await firstToAnswer(left, walk, (step) =>
      tryOne(cause === undefined ? step : { ...step, cause }, ask, tried),
    ).catch((error: unknown) => {
      underWay.forEach(giveUp);
      throw error;
    });
    const { target, failed } = reached;
    const { answer, attempt, asked } = reached.answer;
    underWay.delete(asked);
    underWay.forEach(giveUp);
    asked.failed = false;
    // The call counts at the one that the caller gets.
    call.asked.push(...call.asked.splice(call.asked.indexOf(asked), 1));
    trace.provider = target.provider.id;
    trace.model = target.model;
    trace.open = attempt;
    return {
      target,
      answer,
      failed,
      resolution,
      others: walk.fallback ? left.filter((other) => !tried.has(other)) : [],
      again: (next, why, askAgain) => walkOn(next, askAgain, why),
    };
  }

  return walkOn(targets, tryTarget);
}

/** What of a key is sent, now. A renewal that others may wait for too goes on where this caller leaves. */
function toSent({ secret }: Credential, signal: AbortSignal): Promise<Sent> | Sent {
  return typeof secret === 'string' ? { secret, hidden: [] } : unlessAborted(secret(), signal);
}

function withoutRenewal(renew: () => Promise<Sent>): () => Promise<Sent> {
  return async () => ({ ...(await renew()), renew: undefined });
}

/** False where the caller wants one try and no more. */
export function mayFallBack({ request }: Call): boolean {
  return !/^off$/i.test(request.headers.get('x-gatehouse-fallback')?.trim() ?? '');
}

/** What is no chat has no tools and no pictures to look at: conditions are held against that. */
async function onlyPlain(targets: readonly Target[]): Promise<Sorted> {
  return byCondition(targets, PLAIN);
}

/** Two routes may lead to one place, for different requests. */
function withoutDoubles(targets: readonly Target[]): readonly Target[] {
  const seen = new Set<string>();
  return targets.filter(({ provider, model }) => {
    const place = `${provider.id} ${provider.format} ${model}`;
    return !seen.has(place) && seen.add(place);
  });
}

function openBook(call: Call, { attempts }: Parts, asked = ''): AttemptBook {
  return attempts.open({ callId: call.id, origin: originOf(call.caller), asked });
}

function nameOf({ provider, model }: Target) {
  return { provider: provider.id, model };
}

function keyOf({ keyId, label, preview }: Credential) {
  return { key: { id: keyId, label, preview } };
}

/** The tries of one call share its time. */
function within(limits: Limits, leftMs: number): Limits {
  return { ...limits, totalMs: Math.min(limits.totalMs, leftMs) };
}

/** What went by of an answer; of a chat also what it was asked, for a guess where no one counted. */
export interface Seen extends Readonly<Pick<Tap, 'usage' | 'toolCalls'>> {
  /** What is no chat: about what it uses, where the provider does not say. */
  readonly guess?: Usage;
  readonly characters?: number;
  readonly chat?: ChatRequest;
}

/** The try that the call stands at, where another one may follow. */
export interface Standing {
  /** Tells what it used. */
  end(seen: Seen, outcome: 'cut' | 'rejected', error: RouterError): Usage | undefined;
  /** The next one came to nothing: the call stands here again. */
  restore(): void;
}

export function standingOf({ asked, trace }: Call): Standing {
  const last = asked.at(-1);
  const { provider, model, open } = trace;
  return {
    end(seen, outcome, error) {
      const isCut = outcome === 'cut';
      if (last !== undefined) Object.assign(last, { failed: isCut }, usedBy(seen, !isCut));
      open?.end(outcome, error, last?.usage);
      return last?.usage;
    },
    restore() {
      if (last !== undefined) asked.push(...asked.splice(asked.indexOf(last), 1));
      Object.assign(trace, { provider, model, open });
    },
  };
}

/** Ends the call once, whatever way it ended, and counts it. */
export function createSettle(
  call: Call,
  parts: Parts,
  live: LiveCall,
  seen: Seen,
): (error?: RouterError) => void {
  let open = true;
  parts.log.begin({
    id: call.id,
    origin: originOf(call.caller),
    endpoint: call.url.pathname,
    asked: live.asked,
    ...(seen.chat && { stream: seen.chat.stream }),
  });
  return (error) => {
    if (!open) return;
    open = false;
    parts.log.end(call.id, error);
    const { caller, asked } = call;
    const failed = error !== undefined && error.code !== 'cancelled';
    const last = asked.at(-1);
    // Who hangs up on a provider that works on the question pays for the question.
    if (last !== undefined && (!last.failed || !failed))
      Object.assign(last, { failed }, usedBy(seen, error === undefined));
    call.trace.open?.end(
      error === undefined ? 'answered' : failed ? 'cut' : 'cancelled',
      error,
      last?.usage,
    );
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

/** What the provider counted. Where it told nothing, or was cut off before its last word: our guess. */
function usedBy({ usage, chat, guess, characters = 0 }: Seen, isWhole: boolean) {
  if (usage !== undefined && (isWhole || usage.costUsd !== undefined)) return { usage };
  const output = Math.ceil(characters / LETTERS_A_TOKEN);
  if (usage !== undefined)
    return output > usage.output ? { usage: { ...usage, output }, estimated: true } : { usage };
  if (guess !== undefined)
    return {
      usage: { input: guess.input, output: Math.max(guess.output, output) },
      estimated: true,
    };
  if (chat === undefined) return {};
  return { usage: { input: estimateTokens(chat), output }, estimated: true };
}

/** As many as the caller wrote: one message may hold several. */
function countSystemMessages({ messages }: ChatRequest): number {
  return messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .reduce((sum, { content }) => sum + content.length, 0);
}
