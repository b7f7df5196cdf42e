import type { Control } from '../control.ts';
import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { exchangeCode } from '../providers/connect.ts';
import { isComplete, type Provider } from '../providers/provider.ts';
import { destinationOf, type Registry } from '../providers/registry.ts';
import type { KeyRecord } from '../storage/records.ts';
import type { Keys } from '../vault/keys.ts';
import { toSecret } from '../vault/secret.ts';
import { toKeyView } from './key-view.ts';

export type KeysControl = Pick<
  Control,
  'addKeys' | 'connectProvider' | 'updateKey' | 'replaceKey' | 'deleteKey'
>;

export interface KeysControlParts {
  ports: Pick<Ports, 'fetch' | 'now'>;
  registry: Pick<Registry, 'all'>;
  keys: Pick<Keys, 'add' | 'get' | 'update' | 'replace' | 'remove'>;
  /** Forgets what a key's cooldowns are. */
  resetKey?: (id: string) => Promise<void>;
}

export function createKeysControl({
  ports,
  registry,
  keys,
  resetKey,
}: KeysControlParts): KeysControl {
  async function findProvider(id: string, param: string): Promise<Provider> {
    const provider = (await registry.all()).byName.get(id.toLowerCase())?.provider;
    if (!provider)
      throw new RouterError('invalid_request', `There is no provider “${id}”.`, { param });
    if (provider.builtIn)
      throw new RouterError('invalid_request', `${provider.name} needs no key.`, { param });
    if (!isComplete(provider))
      throw new RouterError(
        'invalid_request',
        `${provider.name} needs its ${provider.baseUrlFields?.[0]?.label ?? 'address'} first. Fill it in, then add the key.`,
        { param },
      );
    return provider;
  }

  return {
    /** Checks all before it saves any. Answers in the order of the input. */
    async addKeys(inputs) {
      const destinations = await Promise.all(
        inputs.map(async ({ provider, secret }, index) => {
          const destination = destinationOf(
            await findProvider(provider, `keys[${index}].provider`),
          );
          toSecret(secret, destination.authScheme, ports.now(), `keys[${index}].secret`);
          return destination;
        }),
      );
      const answers: KeyRecord[] = [];
      const indexes = [...inputs.keys()];
      const groups = Map.groupBy(indexes, (index) => destinations[index]?.providerId);
      for (const group of groups.values()) {
        const destination = destinations[group[0] ?? 0];
        if (!destination) continue;
        const records = await keys.add(
          destination,
          group.flatMap((index) => inputs[index] ?? []),
        );
        group.forEach((index, at) => {
          const record = records[at];
          if (record) answers[index] = record;
        });
      }
      return answers.map(toKeyView);
    },
    async connectProvider(id, code, verifier) {
      const provider = await findProvider(id, 'provider');
      const secret = await exchangeCode(ports, provider, code, verifier);
      const [record] = await keys.add(destinationOf(provider), [{ secret, label: 'connected' }]);
      if (!record) throw new RouterError('internal_error', 'The key was not saved.');
      return toKeyView(record);
    },
    async updateKey(id, change) {
      const record = await keys.update(id, change);
      // Who switches a key on wants it asked.
      if (change.enabled) await resetKey?.(id);
      return toKeyView(record);
    },
    async replaceKey(id, secret) {
      const record = await keys.get(id);
      if (!record) throw new RouterError('invalid_request', 'There is no such key.');
      const provider = await findProvider(record.provider, 'provider');
      const replaced = await keys.replace(id, secret, destinationOf(provider));
      await resetKey?.(id);
      return toKeyView(replaced);
    },
    async deleteKey(id) {
      await keys.remove(id);
      await resetKey?.(id);
    },
  };
}
