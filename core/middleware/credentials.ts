import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { needsKey, type Provider } from '../providers/provider.ts';
import { destinationOf } from '../providers/registry.ts';
import type { KeyRecord } from '../storage/records.ts';
import type { Keys } from '../vault/keys.ts';
import { isSameDestination, type Vault } from '../vault/vault.ts';

/** One key for one request. */
export interface Credential {
  readonly keyId: string;
  /** In the clear: goes straight into a header, and nowhere else. */
  readonly secret: string;
}

export interface Credentials {
  /**
   * The provider's next key in turn; undefined where it needs none. Throws `no_provider_key`,
   * `vault_locked`.
   */
  next(provider: Provider): Promise<Credential | undefined>;
  /** Whether the provider can be asked: it has an enabled key, or needs none. */
  usable(provider: Provider): Promise<boolean>;
}

/** Rotates round-robin. The index is stored, so that a worker that often dies does not favour one key. */
export function createCredentials(
  ports: Pick<Ports, 'openDatabase'>,
  keys: Pick<Keys, 'listOf'>,
  vault: Pick<Vault, 'open'>,
): Credentials {
  /** How many keys of a provider were given out; read from the database once in a worker's life. */
  const turns = new Map<string, Promise<{ next: number }>>();

  async function enabledKeys(provider: Provider): Promise<KeyRecord[]> {
    const records = await keys.listOf(provider.id);
    return records.filter(({ enabled, weight }) => enabled && weight > 0);
  }

  async function readTurn(name: string): Promise<{ next: number }> {
    const stored = await (await ports.openDatabase()).get('state', name);
    return { next: typeof stored === 'number' ? stored : 0 };
  }

  /** Takes the turn without an await in between: parallel requests get different keys. */
  async function takeTurn(providerId: string): Promise<number> {
    const name = `rotation ${providerId}`;
    let turn = turns.get(name);
    if (turn === undefined) {
      turn = readTurn(name);
      turns.set(name, turn);
    }
    const state = await turn;
    const mine = state.next;
    state.next = (mine + 1) % Number.MAX_SAFE_INTEGER;
    const database = await ports.openDatabase();
    // Not waited for: a lost step of the rotation costs nothing, waiting costs every request.
    database.put('state', state.next, name).catch(() => {});
    return mine;
  }

  return {
    async next(provider) {
      if (provider.auth.scheme === 'none') return undefined;
      const enabled = await enabledKeys(provider);
      if (enabled.length === 0) {
        if (!needsKey(provider)) return undefined;
        throw new RouterError('no_provider_key', `There is no key for ${provider.name}.`);
      }
      const destination = destinationOf(provider);
      const here = enabled.filter((key) => isSameDestination(key.destination, destination));
      // A key that was saved for another address does not open; the vault's error says so.
      const pool = here.length > 0 ? here : enabled;
      const turn = pool.length === 1 ? 0 : await takeTurn(provider.id);
      const key = pool[turn % pool.length]!;
      return { keyId: key.id, secret: await vault.open(key, destination) };
    },
    async usable(provider) {
      if (!needsKey(provider)) return true;
      return (await enabledKeys(provider)).length > 0;
    },
  };
}
