import { z } from '../zod.ts';
import type { LockReason, Ports, VaultKey } from '../ports.ts';
import type { VaultHeader } from '../storage/records.ts';
import { VAULT_KEY_BYTES } from './algorithms.ts';
import { importVaultKey } from './crypto.ts';
import { noteLockEvent } from './lock-events.ts';

/** The vault key while the vault is unlocked: in memory, closed to pages, gone with the browser. */
export interface VaultSession {
  /** The key, for this very vault and epoch. Counts as a use. */
  take(header: VaultHeader): Promise<CryptoKey | undefined>;
  /** A key that was taken is used again: false, and locked, where its time is up meanwhile. */
  use(): Promise<boolean>;
  /** Whether there is a key, and when it goes where it is not used. This is no use. */
  peek(header: VaultHeader): Promise<{ held: boolean; locksAt?: number; lockedBy?: LockedBy }>;
  put(header: VaultHeader, vaultKey: VaultKey, idleMs: number | undefined): Promise<void>;
  /** Another time, from the last use on. */
  setIdle(idleMs: number | undefined): Promise<void>;
  clear(reason: LockReason): Promise<void>;
}

export type LockedBy = z.infer<typeof lockedBy>;

const KEY = 'vault key';
/** Written more often than the key, so by itself. */
const USED = 'vault used';
const LOCKED = 'vault locked';

const held = z.strictObject({
  vaultId: z.string(),
  epoch: z.number(),
  /** Numbers, because `chrome.storage` keeps JSON; the PWA has no need to see them at all. */
  key: z.union([
    z.array(z.int().check(z.gte(0), z.lte(255))).check(z.length(VAULT_KEY_BYTES)),
    z.custom<CryptoKey>((value) => value instanceof CryptoKey && isVaultKey(value)),
  ]),
  idleMs: z.optional(z.number().check(z.positive())),
});
type Held = z.infer<typeof held>;

const lockedBy = z.strictObject({ reason: z.enum(['hand', 'idle', 'system']), at: z.number() });

export function createVaultSession(
  ports: Pick<Ports, 'session' | 'now' | 'publish' | 'wakeAt' | 'openDatabase'>,
): VaultSession {
  const { session, now, publish, wakeAt } = ports;
  /** Of the key that was last read or put: a call must not wait for the session store. */
  let time: { idleMs: number | undefined; usedAt: number } | undefined;

  async function read(header: VaultHeader): Promise<Held | undefined> {
    const { data } = held.safeParse(await session.get(KEY));
    if (!data || data.vaultId !== header.vaultId || data.epoch !== header.epoch) return undefined;
    const usedAt = await session.get(USED);
    time = { idleMs: data.idleMs, usedAt: typeof usedAt === 'number' ? usedAt : 0 };
    // The alarm that locks may come late or not at all; the deadline holds all the same.
    if (!isOver()) return data;
    await clear('idle');
    return undefined;
  }

  const deadline = () =>
    time?.idleMs === undefined ? undefined : Math.max(0, time.usedAt + time.idleMs);
  const isOver = () => now() >= (deadline() ?? Infinity);

  async function clear(reason: LockReason): Promise<void> {
    time = undefined;
    const wasHeld = (await session.get(KEY)) !== undefined;
    await session.remove(KEY);
    await session.set(LOCKED, { reason, at: now() } satisfies LockedBy);
    wakeAt(undefined);
    // Told at once, and again where the list of events has one more.
    publish({ topic: 'lock' });
    if (!wasHeld) return;
    await noteLockEvent(ports, reason);
    publish({ topic: 'lock' });
  }

  async function noteUse(): Promise<void> {
    if (time === undefined) return;
    time.usedAt = now();
    await session.set(USED, time.usedAt);
    wakeAt(deadline());
  }

  /** Moving the deadline a tenth late at most spares a write for each request. */
  async function use(): Promise<boolean> {
    if (time === undefined) return false;
    if (isOver()) {
      await clear('idle');
      return false;
    }
    const { idleMs, usedAt } = time;
    if (idleMs !== undefined && now() - usedAt > idleMs / 10) await noteUse();
    return true;
  }

  return {
    async take(header) {
      const data = await read(header);
      if (!data || !(await use())) return undefined;
      if (data.key instanceof CryptoKey) return data.key;
      const bytes = Uint8Array.from(data.key);
      return importVaultKey(bytes).finally(() => bytes.fill(0));
    },
    use,
    async peek(header) {
      if (await read(header)) {
        const locksAt = deadline();
        return { held: true, ...(locksAt !== undefined && { locksAt }) };
      }
      const { data } = lockedBy.safeParse(await session.get(LOCKED));
      return { held: false, ...(data && { lockedBy: data }) };
    },
    async put({ vaultId, epoch }, vaultKey, idleMs) {
      const key = vaultKey instanceof CryptoKey ? vaultKey : [...vaultKey];
      const value = { vaultId, epoch, key, ...(idleMs !== undefined && { idleMs }) };
      // Before the key: who reads in between must not find its time over.
      await session.set(USED, now());
      await session.set(KEY, held.parse(value));
      time = { idleMs, usedAt: now() };
      wakeAt(deadline());
      await noteLockEvent(ports, 'unlocked');
    },
    async setIdle(idleMs) {
      const { data } = held.safeParse(await session.get(KEY));
      if (!data || data.idleMs === idleMs) return;
      await session.set(USED, now());
      await session.set(KEY, { ...data, idleMs });
      time = { idleMs, usedAt: now() };
      wakeAt(deadline());
    },
    clear,
  };
}

const isVaultKey = ({ algorithm, extractable }: CryptoKey) =>
  algorithm.name === 'HKDF' && !extractable;
