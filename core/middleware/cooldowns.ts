import type { RouterError } from '../errors.ts';
import type { Cool, CooldownScope, CooldownState } from './verdict.ts';

/** What is asked: a provider's model with a key. `keyId` is '' where no key is sent. */
export interface Place {
  readonly provider: string;
  readonly keyId: string;
  readonly model: string;
}

/** Why something is not asked for now, or only after all others. Plain data: it is stored. */
export interface Cooldown {
  readonly scope: CooldownScope;
  readonly provider: string;
  readonly keyId?: string;
  readonly model?: string;
  readonly state: CooldownState;
  readonly status: number;
  readonly code: RouterError['code'];
  /** The provider's words, without the key. */
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Absent: until the person resets it. */
  readonly until?: number;
  /** In a row. */
  readonly failures: number;
}

/**
 * `probe`: its time is over, and one request may find out. `doubtful`, `aside`: only where nothing
 * else can be asked. `cooling`: never.
 */
export type Standing = 'healthy' | 'probe' | 'doubtful' | 'aside' | 'cooling';
const WORSE: readonly Standing[] = ['healthy', 'probe', 'doubtful', 'aside', 'cooling'];

/** A place that was asked; what comes of it is told with this. */
export interface Ticket {
  readonly place: Place;
  readonly order: number;
}

/** The state of all keys and providers. Pure: no clock and no storage of its own. */
export interface CooldownTable {
  /** All places of the provider are healthy: most are, and need not be looked at one by one. */
  knowsNothingOf(provider: string): boolean;
  standing(place: Place, now: number): Standing;
  /** Those that keep a place from being asked now. */
  reasons(place: Place, now: number): Cooldown[];
  /** Begins to ask a place; where it was cooling, this is the one probe. */
  take(place: Place, now: number): Ticket;
  /** These tell whether the table changed. */
  answered(ticket: Ticket): boolean;
  failed(ticket: Ticket, cool: Cool, error: RouterError, now: number): boolean;
  /** Nothing was learnt: the caller left, or the failure says nothing of the place. */
  released(ticket: Ticket): void;
  /** Forgets what matches. */
  reset(of: { keyId?: string; provider?: string }): boolean;
  /** What is not asked, or asked last, at this time. */
  list(now: number): Cooldown[];
  /** All that is worth storing. */
  toStored(now: number): Cooldown[];
}

/** Failures in a row until a place counts as failing, and how long a row may pause. */
export const FAILING_AFTER = 3;
const ROW_MS = 120_000;
/** A probe that never comes back, as its worker died or it hangs, holds the others back so long. */
export const PROBE_MS = 60_000;
/** Providers name days and weeks; a wait above this is no wait. */
const LONGEST_MS = 40 * 86_400_000;
/** An entry whose time was over so long ago has nothing to say of the next failure. */
const FORGET_MS = 86_400_000;
const LONGEST_MESSAGE = 300;

interface Entry {
  cooldown: Cooldown;
  /** When it was learnt, in the order of tickets: what was asked before it can not undo it. */
  order: number;
  probe?: { order: number; until: number };
}

export function createCooldownTable(stored: readonly Cooldown[] = []): CooldownTable {
  const entries = new Map<string, Entry>();
  let order = 0;
  for (const cooldown of stored) entries.set(idOf(cooldown.scope, cooldown), { cooldown, order });

  function entriesOf(place: Place): Entry[] {
    const ids = [idOf('provider', place), idOf('key', place), idOf('key-model', place)];
    return ids.flatMap((id) => entries.get(id) ?? []);
  }

  /** What is known of each provider: of all of it, or of some keys. Made anew after a change. */
  let known: Map<string, Set<string | undefined>> | undefined;

  function knownOf(provider: string): Set<string | undefined> | undefined {
    if (known === undefined) {
      known = new Map();
      for (const { cooldown } of entries.values()) {
        const keyIds = known.get(cooldown.provider) ?? new Set();
        known.set(cooldown.provider, keyIds.add(cooldown.keyId));
      }
    }
    return known.get(provider);
  }

  function drop(id: string, ticket: Ticket): boolean {
    const entry = entries.get(id);
    if (entry === undefined || entry.order > ticket.order) return false;
    known = undefined;
    return entries.delete(id);
  }

  return {
    knowsNothingOf: (provider) => knownOf(provider) === undefined,
    standing(place, now) {
      const keyIds = knownOf(place.provider);
      if (!keyIds?.has(place.keyId) && !keyIds?.has(undefined)) return 'healthy';
      let worst = 0;
      for (const entry of entriesOf(place))
        worst = Math.max(worst, WORSE.indexOf(standingOf(entry, now)));
      return WORSE[worst]!;
    },
    reasons: (place, now) =>
      entriesOf(place)
        .filter((entry) => isHeldBack(standingOf(entry, now)))
        .map(({ cooldown }) => cooldown),
    take(place, now) {
      order += 1;
      for (const entry of entriesOf(place))
        if (standingOf(entry, now) === 'probe') entry.probe = { order, until: now + PROBE_MS };
      return { place, order };
    },
    answered(ticket) {
      let changed = false;
      for (const scope of ['provider', 'key', 'key-model'] as const)
        changed = drop(idOf(scope, ticket.place), ticket) || changed;
      return changed;
    },
    failed(ticket, cool, error, now) {
      this.released(ticket);
      const { place } = ticket;
      // Without a key there is no one who could replace it, and nothing that was refused.
      if (cool.state === 'aside' && place.keyId === '') return false;
      const id = idOf(cool.scope, place);
      const before = entries.get(id);
      const next = toCooldown(place, cool, error, now, before, ticket);
      if (next === undefined) return false;
      order += 1;
      known = undefined;
      entries.set(id, { cooldown: next, order });
      return true;
    },
    released(ticket) {
      for (const entry of entriesOf(ticket.place))
        if (entry.probe?.order === ticket.order) delete entry.probe;
    },
    reset({ keyId, provider }) {
      let changed = false;
      for (const [id, { cooldown }] of entries) {
        if (keyId !== undefined && cooldown.keyId !== keyId) continue;
        if (provider !== undefined && cooldown.provider !== provider) continue;
        known = undefined;
        changed = entries.delete(id) || changed;
      }
      return changed;
    },
    list: (now) =>
      [...entries.values()]
        .filter(({ cooldown }) => isActive(cooldown, now))
        .map(({ cooldown }) => cooldown),
    toStored: (now) =>
      [...entries.values()]
        .map(({ cooldown }) => cooldown)
        .filter(({ until }) => until === undefined || until > now - FORGET_MS),
  };
}

const isHeldBack = (standing: Standing) => standing !== 'healthy' && standing !== 'probe';

function idOf(
  scope: CooldownScope,
  { provider, keyId = '', model = '' }: Pick<Cooldown, 'provider' | 'keyId' | 'model'>,
): string {
  if (scope === 'provider') return provider;
  return scope === 'key' ? `${provider} ${keyId}` : `${provider} ${keyId} ${model}`;
}

function isActive({ state, until, failures }: Cooldown, now: number): boolean {
  if (until === undefined) return true;
  return until > now && (state !== 'failing' || failures >= FAILING_AFTER);
}

function standingOf({ cooldown, probe }: Entry, now: number): Standing {
  const { state, failures } = cooldown;
  if (state === 'aside') return 'aside';
  if (state === 'failing' && failures < FAILING_AFTER) return 'healthy';
  if (isActive(cooldown, now)) return state === 'cooling' ? 'cooling' : 'doubtful';
  return probe !== undefined && probe.until > now ? 'doubtful' : 'probe';
}

/** What a failure makes of it; undefined where it changes nothing. */
function toCooldown(
  place: Place,
  { scope, state, firstMs, mostMs }: Cool,
  error: RouterError,
  now: number,
  entry: Entry | undefined,
  ticket: Ticket,
): Cooldown | undefined {
  const before = entry?.cooldown;
  // A weaker reason does not take the place of a stronger one that still holds.
  if (before?.state === 'aside' && state !== 'aside') return undefined;
  if (before?.state === 'cooling' && state === 'failing' && isActive(before, now)) return undefined;
  // Two that were under way at once failed once, not twice.
  const isLate = entry !== undefined && entry.order > ticket.order;
  const isRow =
    before?.state === state && (state !== 'failing' || now - (before.until ?? now) <= ROW_MS);
  const failures = isRow ? before.failures + (isLate && state === 'cooling' ? 0 : 1) : 1;
  const steps = state === 'failing' ? Math.max(0, failures - FAILING_AFTER) : failures - 1;
  const wait = Math.min(
    error.retryAfterMs ?? Math.min(firstMs * 2 ** Math.min(steps, 30), mostMs),
    LONGEST_MS,
  );
  const counting = state === 'failing' && failures < FAILING_AFTER;
  const until = now + (counting ? 0 : Math.max(0, wait));
  return {
    scope,
    provider: place.provider,
    ...(scope !== 'provider' && { keyId: place.keyId }),
    ...(scope === 'key-model' && { model: place.model }),
    state,
    status: error.status,
    code: error.code,
    message: error.message.slice(0, LONGEST_MESSAGE),
    since: now,
    ...(state !== 'aside' && {
      until: isLate && before?.state === state ? Math.max(until, before.until ?? 0) : until,
    }),
    failures,
  };
}

/** What comes from the disk may be anything; one that does not fit is left out. */
export function readCooldowns(stored: unknown): Cooldown[] {
  return Array.isArray(stored) ? stored.filter(isCooldown) : [];
}

const SCOPES: ReadonlySet<unknown> = new Set<CooldownScope>(['key-model', 'key', 'provider']);
const STATES: ReadonlySet<unknown> = new Set<CooldownState>(['aside', 'cooling', 'failing']);

function isCooldown(value: unknown): value is Cooldown {
  if (typeof value !== 'object' || value === null) return false;
  const { scope, state, provider, keyId, model, status, code, message, since, until, failures } =
    value as Record<string, unknown>;
  return (
    SCOPES.has(scope) &&
    STATES.has(state) &&
    typeof provider === 'string' &&
    (scope === 'provider' || typeof keyId === 'string') &&
    (scope !== 'key-model' || typeof model === 'string') &&
    [status, since, failures].every((number) => Number.isFinite(number)) &&
    typeof code === 'string' &&
    typeof message === 'string' &&
    (state === 'aside' ? until === undefined : Number.isFinite(until))
  );
}
