import type { Changes } from '../changes.ts';
import type { Control } from '../control.ts';
import type { Settings } from '../storage/records.ts';
import { SETTING_DEFAULTS } from '../storage/settings.ts';
import type { Vault } from '../vault/vault.ts';

/** Opening a slot is the work of a page (vault/locks.ts); here the vault takes its key, or drops it. */
export function createLockControl({
  changes,
  vault,
  settings,
}: {
  changes: Pick<Changes, 'listen'>;
  vault: Pick<Vault, 'unlock' | 'lock' | 'setIdle'>;
  settings: () => Promise<Settings>;
}): Pick<Control, 'unlockVault' | 'lockVault'> {
  async function idleMs(): Promise<number | undefined> {
    const { autoLockMinutes = SETTING_DEFAULTS.autoLockMinutes } = await settings();
    return autoLockMinutes === 0 ? undefined : autoLockMinutes * 60_000;
  }

  changes.listen((topic) => {
    // What can't be read now is read at the next unlock; the old time holds until then.
    if (topic === 'settings') void idleMs().then(vault.setIdle, () => undefined);
  });

  return {
    async unlockVault(vaultKey) {
      const idle = await idleMs();
      await vault.unlock(vaultKey, idle === undefined ? {} : { idleMs: idle });
    },
    lockVault: (reason) => vault.lock(reason),
  };
}
