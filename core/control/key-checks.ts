import type { Control, KeyCheck, KeyView } from '../control.ts';
import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Gateways } from '../providers/gateway.ts';
import { checkSecret } from '../providers/key-check.ts';
import { destinationOf, type Registry } from '../providers/registry.ts';
import type { Keys } from '../vault/keys.ts';
import type { Vault } from '../vault/vault.ts';
import { toKeyView } from './key-view.ts';

export interface KeyChecksParts {
  ports: Pick<Ports, 'fetch' | 'now'>;
  registry: Pick<Registry, 'all'>;
  keys: Pick<Keys, 'list' | 'get' | 'update'>;
  vault: Pick<Vault, 'open'>;
  gateways: Gateways;
  /** Forgets what a key's cooldowns are. */
  resetKey?: (id: string) => Promise<void>;
}

export interface KeyChecks extends Pick<Control, 'checkKey'> {
  /**
   * Rows K7, E20: every key, as its provider judges it now. One that could not be asked is
   * `unknown` with the reason. Only ever by the person's own doing, on no timer.
   */
  checkKeys(): Promise<(KeyView & { check: KeyCheck })[]>;
}

export function createKeyChecks({
  ports,
  registry,
  keys,
  vault,
  gateways,
  resetKey,
}: KeyChecksParts): KeyChecks {
  async function checkKey(id: string): Promise<KeyCheck> {
    const key = await keys.get(id);
    if (!key) throw refused('There is no such key. It may have been deleted meanwhile.');
    const provider = (await registry.all()).byName.get(key.provider)?.provider;
    if (!provider) throw refused('Its provider is gone. Delete the key.');
    const secret = await vault.open(key, destinationOf(provider));
    const check = await checkSecret(ports, provider, secret, await gateways.passFor(provider));
    await keys.update(id, { check });
    if (check.state === 'valid') await resetKey?.(id);
    return check;
  }

  async function checkOrTell(id: string): Promise<KeyCheck> {
    try {
      return await checkKey(id);
    } catch (error) {
      if (!(error instanceof RouterError)) throw error;
      return { state: 'unknown', at: ports.now(), message: error.message };
    }
  }

  return {
    checkKey,
    async checkKeys() {
      const records = await keys.list();
      const checks = new Map<string, KeyCheck>();
      const providers = new Set(records.map(({ provider }) => provider));
      // One at a time of each provider, whose rate limit they may share.
      await Promise.all(
        [...providers].map(async (name) => {
          for (const { id, provider } of records)
            if (provider === name) checks.set(id, await checkOrTell(id));
        }),
      );
      return records.flatMap((record) => {
        const check = checks.get(record.id);
        return check ? { ...toKeyView(record), check } : [];
      });
    },
  };
}

function refused(message: string): RouterError {
  return new RouterError('invalid_request', message, { param: 'id' });
}
