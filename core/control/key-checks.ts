import type { Control, KeyCheck, KeyView } from '../control.ts';
import { RouterError, toRouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Gateways } from '../providers/gateway.ts';
import { checkSecret } from '../providers/key-check.ts';
import type { Provider } from '../providers/provider.ts';
import { destinationOf, type Registry } from '../providers/registry.ts';
import type { KeyRecord } from '../storage/records.ts';
import type { Keys } from '../vault/keys.ts';
import type { Tokens } from '../vault/tokens.ts';
import { toKeyView } from './key-view.ts';

export interface KeyChecksParts {
  ports: Pick<Ports, 'fetch' | 'now'>;
  registry: Pick<Registry, 'all'>;
  keys: Pick<Keys, 'list' | 'get' | 'update'>;
  tokens: Pick<Tokens, 'open'>;
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
  tokens,
  gateways,
  resetKey,
}: KeyChecksParts): KeyChecks {
  async function checkKey(id: string): Promise<KeyCheck> {
    const key = await keys.get(id);
    if (!key) throw refused('There is no such key. It may have been deleted meanwhile.');
    const provider = (await registry.all()).byName.get(key.provider)?.provider;
    if (!provider) throw refused('Its provider is gone. Delete the key.');
    const check = await checkAt(provider, key);
    await keys.update(id, { check });
    if (check.state === 'valid') await resetKey?.(id);
    return check;
  }

  async function checkAt(provider: Provider, key: KeyRecord): Promise<KeyCheck> {
    let sent;
    try {
      sent = await tokens.open(key, destinationOf(provider), { again: true });
    } catch (error) {
      const { code, message } = toRouterError(error);
      if (code !== 'key_refused' && code !== 'provider_error') throw error;
      const state = code === 'key_refused' ? 'invalid' : 'unknown';
      return { state, at: ports.now(), message };
    }
    return checkSecret(ports, provider, sent, await gateways.passFor(provider));
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
