import type { Changes } from '../changes.ts';
import { RouterError } from '../errors.ts';
import { nameOfKey } from '../permissions/match.ts';
import type { Ports } from '../ports.ts';
import type { GatewayPass, Gateways } from '../providers/gateway.ts';
import { needsKey, type Provider } from '../providers/provider.ts';
import type { Settings } from '../storage/records.ts';
import type { Keys } from '../vault/keys.ts';
import type { Sent, Tokens } from '../vault/tokens.ts';
import type { Vault } from '../vault/vault.ts';
import type { Cooldown, CooldownTable, Standing, Ticket } from './cooldowns.ts';
import type { Health, StateStore } from './health.ts';
import { createPools, type PooledKey } from './pools.ts';
import { takeTurn } from './rotation.ts';
import { verdictOf, type Verdict } from './verdict.ts';

/** One key for one request. */
export interface Credential {
  readonly keyId: string;
  readonly label: string;
  /** Masked: `gsk_…9fQ2`. */
  readonly preview: string;
  /** Which of the provider's keys it is, from 1. */
  readonly number: number;
  /** In the clear: goes straight into a header, and nowhere else. Or how to get it when it is needed. */
  readonly secret: string | (() => Promise<Sent>);
  /** Where the provider is asked through a gateway. */
  readonly pass?: GatewayPass;
}

/** A turn at a provider. */
export interface Turn {
  readonly ticket: Ticket;
  /** Absent where the provider is asked without a key. */
  readonly credential?: Credential;
}

/** Why a provider's turn did not come: what holds each of its keys back. */
export interface Waiting {
  readonly waiting: readonly Cooldown[];
}

export interface Ask {
  readonly model: string;
  /** The ids of keys that this call has tried here. */
  readonly tried?: ReadonlySet<string>;
  /** Also those that are asked only where nothing else can be. */
  readonly lastResort?: boolean;
  /** Only this key, whatever is known of it: a label, an id, a number from 1, or `2-4`. */
  readonly pin?: string;
  /** Only these keys, by `nameOfKey`; absent: any. */
  readonly only?: readonly string[];
}

export interface Credentials {
  /**
   * The provider's next key in turn of those that are well. Throws `no_provider_key`, `vault_locked`,
   * and `invalid_request` where no key is the pinned one.
   */
  next(provider: Provider, ask: Ask): Promise<Turn | Waiting>;
  /** Whether the provider can be asked: it has an enabled key (of those), or needs none. */
  usable(provider: Provider, only?: Ask['only']): Promise<boolean>;
  /** What came of a turn. */
  answered(turn: Turn): Promise<void>;
  /** `verdict`: what follows, where it is not what always does. */
  failed(turn: Turn, error: RouterError, verdict?: Verdict): Promise<Verdict>;
}

/** Keys take turns by their weights. Whose turn it is is stored, so that a worker that often dies favours none. */
export function createCredentials({
  ports,
  changes,
  keys,
  vault,
  health,
  store,
  settings = async () => ({}),
  gateways,
  tokens,
}: {
  ports: Pick<Ports, 'now'>;
  changes: Pick<Changes, 'listen'>;
  keys: Pick<Keys, 'listOf' | 'update'>;
  vault: Pick<Vault, 'open'>;
  health: Health;
  store: StateStore;
  settings?: () => Promise<Settings>;
  gateways?: Gateways;
  tokens?: Pick<Tokens, 'later'>;
}): Credentials {
  const pools = createPools({ changes, keys, store });

  /** What waits, and no more than one reason for each key. */
  function waitingOf(
    provider: Provider,
    model: string,
    ids: readonly string[],
    table: CooldownTable,
  ) {
    const now = ports.now();
    return ids.flatMap((keyId) => {
      const reasons = table.reasons({ provider: provider.id, keyId, model }, now);
      return reasons.sort(byUntil).slice(0, 1);
    });
  }

  async function keyless(
    provider: Provider,
    { model, tried, lastResort, pin }: Ask,
  ): Promise<Turn | Waiting> {
    if (pin !== undefined) throw noSuchKey(provider, pin);
    const table = await health.table();
    const place = { provider: provider.id, keyId: '', model };
    const now = ports.now();
    if (tried?.has('')) return { waiting: [] };
    if (!mayAsk(table.standing(place, now), lastResort))
      return { waiting: waitingOf(provider, model, [''], table) };
    return { ticket: table.take(place, now) };
  }

  return {
    async next(provider, ask) {
      if (provider.auth.scheme === 'none') return keyless(provider, ask);
      const pool = await pools.of(provider);
      if (pool.keys.length === 0) {
        if (!needsKey(provider)) return keyless(provider, ask);
        throw new RouterError('no_provider_key', `There is no key for ${provider.name}.`);
      }
      const { model, tried, lastResort, pin, only } = ask;
      const fitting = pin === undefined ? pool.forModel(model) : pinned(pool.keys, pin);
      if (fitting.length === 0 && pin !== undefined) throw noSuchKey(provider, pin);
      const wanted = only === undefined ? fitting : fitting.filter(isOneOf(only));
      if (wanted.length === 0 && only !== undefined && fitting.length > 0)
        throw new RouterError(
          'no_provider_key',
          `This site may use none of the keys for ${provider.name}. Change it under Sites.`,
          { param: 'model' },
        );
      if (wanted.length === 0)
        throw new RouterError(
          'no_provider_key',
          `No key for ${provider.name} is for ${model}. Change what its keys are for under Keys.`,
          { param: 'model' },
        );
      const table = await health.table();
      // From here to the taking there is no await: parallel requests get different keys.
      const now = ports.now();
      const placeOf = (keyId: string) => ({ provider: provider.id, keyId, model });
      const isWell = (keyId: string) =>
        pin !== undefined || mayAsk(table.standing(placeOf(keyId), now), lastResort);
      const areAllWell = !tried?.size && table.knowsNothingOf(provider.id);
      const free = areAllWell
        ? wanted
        : wanted.filter(({ record: { id } }) => !tried?.has(id) && isWell(id));
      const taken = takeTurn(free);
      if (taken === undefined) {
        const ids = wanted.flatMap(({ record: { id } }) => (tried?.has(id) ? [] : id));
        return { waiting: waitingOf(provider, model, ids, table) };
      }
      const { record, number } = taken;
      const ticket = table.take(placeOf(record.id), now);
      pool.save();
      try {
        const opened = await vault.open(record, pool.destination);
        const secret = tokens?.later(record, pool.destination, opened) ?? opened;
        const pass = provider.gateway && (await gateways?.passFor(provider));
        const { id: keyId, label, preview } = record;
        const credential = { keyId, label, preview, number, secret, ...(pass && { pass }) };
        return { ticket, credential };
      } catch (error) {
        table.released(ticket);
        throw error;
      }
    },
    async usable(provider, only) {
      if (!needsKey(provider)) return true;
      const { keys: all } = await pools.of(provider);
      return only === undefined ? all.length > 0 : all.some(isOneOf(only));
    },
    async answered({ ticket }) {
      if ((await health.table()).answered(ticket)) health.changed();
    },
    async failed(turn, error, verdict) {
      const { ticket } = turn;
      verdict ??= verdictOf(error, await settings());
      const table = await health.table();
      if (verdict.alive && table.answered(ticket)) health.changed();
      if (verdict.cool === undefined) table.released(ticket);
      else if (table.failed(ticket, verdict.cool, error, ports.now())) {
        health.changed();
        if (verdict.cool.state === 'aside') tellOwner(turn, error);
      }
      return verdict;
    },
  };

  /** The keys screen shows what the provider said of the key. */
  function tellOwner({ credential }: Turn, error: RouterError): void {
    if (credential === undefined) return;
    const check = { state: 'invalid', at: ports.now(), message: error.message } as const;
    // The key may have been removed meanwhile; the call goes on either way.
    keys.update(credential.keyId, { check }).catch(() => {});
  }
}

const isOneOf =
  (only: readonly string[]) =>
  ({ record }: PooledKey) =>
    only.includes(nameOfKey(record));

function mayAsk(standing: Standing, lastResort = false): boolean {
  if (standing === 'healthy' || standing === 'probe') return true;
  return lastResort && (standing === 'doubtful' || standing === 'aside');
}

function byUntil(a: Cooldown, b: Cooldown): number {
  return (b.until ?? Infinity) - (a.until ?? Infinity) || 0;
}

function pinned(pool: readonly PooledKey[], pin: string): PooledKey[] {
  const named = pool.filter(({ record: { id, label } }) => label === pin || id === pin);
  if (named.length > 0) return named;
  const [, from, to = from] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(pin) ?? [];
  return from === undefined ? [] : pool.slice(Math.max(0, Number(from) - 1), Number(to));
}

function noSuchKey({ name }: Provider, pin: string): RouterError {
  return new RouterError('invalid_request', `${name} has no key “${pin.slice(0, 100)}”.`, {
    param: 'x-gatehouse-key',
  });
}
