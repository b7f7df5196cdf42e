import type { Changes } from '../changes.ts';
import { coversModel } from '../permissions/match.ts';
import type { Provider } from '../providers/provider.ts';
import { destinationOf } from '../providers/registry.ts';
import type { Destination, KeyRecord } from '../storage/records.ts';
import type { Keys } from '../vault/keys.ts';
import { isSameDestination } from '../vault/vault.ts';
import type { StateStore } from './health.ts';
import { readShares, type Share } from './rotation.ts';

/** A key that may be used, with its turn. */
export interface PooledKey {
  readonly record: KeyRecord;
  /** Which of the provider's keys it is, from 1. */
  readonly number: number;
  readonly weight: number;
  readonly share: Share;
}

/** The keys of one provider that are switched on, as they are for its present address. */
export interface Pool {
  readonly destination: Destination;
  readonly keys: readonly PooledKey[];
  /** Row K10: those that may be used for a model. */
  forModel(model: string): readonly PooledKey[];
  /** Writes down whose turn it is, soon. */
  save(): void;
}

/** Each is made once and again after a change of keys: a call finds it by a lookup, however many keys there are. */
export interface Pools {
  of(provider: Provider): Promise<Pool>;
}

/** A worker that dies forgets the turns of so long, which costs nothing. */
const SAVE_EVERY_MS = 100;
const MOST_MODELS_KNOWN = 200;

export function createPools({
  changes,
  keys,
  store,
}: {
  changes: Pick<Changes, 'listen'>;
  keys: Pick<Keys, 'listOf'>;
  store: StateStore;
}): Pools {
  const pools = new Map<string, Promise<Pool>>();
  /** By provider; read from the store once in a worker's life. */
  const shares = new Map<string, Promise<Map<string, Share>>>();
  changes.listen((topic) => {
    if (topic === 'keys') pools.clear();
  });

  function sharesOf(providerId: string): Promise<Map<string, Share>> {
    const before = shares.get(providerId);
    if (before) return before;
    const reading = store.get(`rotation ${providerId}`).then(readShares, () => new Map());
    shares.set(providerId, reading);
    return reading;
  }

  async function build(provider: Provider): Promise<Pool> {
    const { id } = provider;
    const [records, turns] = await Promise.all([keys.listOf(id), sharesOf(id)]);
    const destination = destinationOf(provider);
    const enabled = records.filter((key) => key.enabled && key.weight > 0);
    const here = enabled.filter((key) => isSameDestination(key.destination, destination));
    // A key that was saved for another address does not open; the vault's error says so.
    const all = (here.length > 0 ? here : enabled).map((record, at): PooledKey => {
      const share = turns.get(record.id) ?? { ahead: 0 };
      turns.set(record.id, share);
      return { record, number: at + 1, weight: record.weight, share };
    });
    const isForAny = all.every(({ record }) => !record.models?.length);
    const byModel = new Map<string, readonly PooledKey[]>();
    let saving: ReturnType<typeof setTimeout> | undefined;
    let again = false;

    function write(): void {
      again = false;
      const ids = new Set(enabled.map((key) => key.id));
      const kept = [...turns].filter(([key]) => ids.has(key));
      const stored = Object.fromEntries(kept.map(([key, { ahead }]) => [key, ahead]));
      // Not waited for: a lost turn costs nothing, waiting costs every request.
      store.put(`rotation ${id}`, stored).catch(() => {});
      saving = setTimeout(() => {
        saving = undefined;
        if (again) write();
      }, SAVE_EVERY_MS);
    }

    return {
      destination,
      keys: all,
      forModel(model) {
        if (isForAny) return all;
        const before = byModel.get(model);
        if (before) return before;
        const fitting = all.filter(
          ({ record: { models } }) => !models?.length || coversModel(models, id, model),
        );
        if (byModel.size >= MOST_MODELS_KNOWN) byModel.clear();
        byModel.set(model, fitting);
        return fitting;
      },
      save() {
        if (all.length < 2) return;
        again = true;
        if (saving === undefined) write();
      },
    };
  }

  return {
    of(provider) {
      const { id, baseUrl, auth } = provider;
      const name = `${id}\n${baseUrl}\n${auth.scheme}\n${auth.scheme === 'header' ? auth.name : ''}`;
      const before = pools.get(name);
      if (before) return before;
      const building = build(provider);
      pools.set(name, building);
      building.catch(() => pools.get(name) === building && pools.delete(name));
      return building;
    },
  };
}
