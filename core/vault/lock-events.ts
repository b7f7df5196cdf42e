import { z } from '../zod.ts';
import type { LockReason, Ports } from '../ports.ts';
import type { GatehouseDatabase } from '../storage/database.ts';
import { change } from '../storage/transaction.ts';

const lockEvent = z.strictObject({
  at: z.number(),
  /** Why it was locked, or that it was unlocked. The browser's end locks without a word. */
  what: z.enum(['unlocked', 'hand', 'idle', 'system']),
});
export type LockEvent = z.infer<typeof lockEvent>;

const KEY = 'lock events';
const KEPT = 20;

/** Oldest first. */
export async function readLockEvents(database: GatehouseDatabase): Promise<LockEvent[]> {
  return toEvents(await database.get('state', KEY));
}

/** A lock must not fail because it could not be written down: then it is missing in the list. */
export async function noteLockEvent(
  { openDatabase, now }: Pick<Ports, 'openDatabase' | 'now'>,
  what: LockReason | 'unlocked',
): Promise<void> {
  await change(openDatabase, ['state'], async (transaction) => {
    const state = transaction.objectStore('state');
    const events = [...toEvents(await state.get(KEY)), { at: now(), what }];
    await state.put(events.slice(-KEPT), KEY);
  }).catch(() => undefined);
}

function toEvents(stored: unknown): LockEvent[] {
  return z.array(lockEvent).safeParse(stored).data ?? [];
}
