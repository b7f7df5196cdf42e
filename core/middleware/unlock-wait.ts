import type { Changes } from '../changes.ts';
import { RouterError } from '../errors.ts';
import type { Ports, SiteCaller } from '../ports.ts';
import type { Vault } from '../vault/vault.ts';

/**
 * Waits until the vault is unlocked. Throws `vault_locked` where the person says no, or after a
 * minute; the signal's reason where the caller went away.
 */
export type WaitForUnlock = (caller: SiteCaller, signal: AbortSignal) => Promise<void>;

const WAIT_MS = 60_000;

export function createUnlockWait({
  ports,
  changes,
  vault,
  waitMs = WAIT_MS,
}: {
  ports: Pick<Ports, 'askUnlock'>;
  changes: Pick<Changes, 'listen'>;
  vault: Pick<Vault, 'isLocked'>;
  waitMs?: number;
}): WaitForUnlock {
  return async (caller, signal) => {
    signal.throwIfAborted();
    const { promise: unlocked, resolve, reject } = Promise.withResolvers<void>();
    const look = () =>
      void vault.isLocked().then((isLocked) => {
        if (!isLocked) resolve();
      }, reject);
    const stop = changes.listen((topic) => {
      if (topic === 'lock') look();
    });
    const leave = () => reject(signal.reason as Error);
    signal.addEventListener('abort', leave);
    const timer = setTimeout(() => reject(stillLocked()), waitMs);
    const over = new AbortController();
    ports.askUnlock(caller, over.signal).catch((cause: unknown) => reject(stillLocked(cause)));
    // It may have been unlocked between the call's own try and our listening.
    look();
    try {
      await unlocked;
    } finally {
      stop();
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      over.abort();
    }
  };
}

const stillLocked = (cause?: unknown) =>
  new RouterError(
    'vault_locked',
    "Gatehouse is locked and wasn't unlocked in time. Open Gatehouse, unlock, try again.",
    { cause },
  );
