import type { Control } from '../control.ts';
import type { Keys } from '../vault/keys.ts';
import type { Vault } from '../vault/vault.ts';
import { VERSION } from '../version.ts';

export function createStatusControl(
  keys: Pick<Keys, 'list'>,
  vault: Pick<Vault, 'state'>,
): Pick<Control, 'status'> {
  return {
    async status() {
      const [records, lock] = await Promise.all([keys.list(), vault.state()]);
      return {
        version: VERSION,
        ...lock,
        host: isExtension() ? 'extension' : 'pwa',
        keys: records.filter(({ enabled }) => enabled).length,
      };
    },
  };
}

/** Our own address tells: `chrome-extension://…`. */
function isExtension(): boolean {
  return typeof location !== 'undefined' && location.protocol.endsWith('-extension:');
}
