import type { Status } from '../../../core/index.ts';
import { timeOfDay } from '../../words/time.ts';

const REASONS: Readonly<Record<NonNullable<Status['lockedBy']>['reason'], string>> = Object.freeze({
  hand: 'You locked it',
  idle: 'It was not used for a while and locked',
  system: 'The computer was locked, and Gatehouse with it',
});

/** Why it is locked: `You locked it at 14:32.` */
export function lockedWords({ lockedBy }: Pick<Status, 'lockedBy'>): string {
  if (!lockedBy) return 'It locks when the browser closes.';
  const { reason, at } = lockedBy;
  return reason === 'system'
    ? `${REASONS.system}, at ${timeOfDay(at)}.`
    : `${REASONS[reason]} at ${timeOfDay(at)}.`;
}

/** `Locks at 14:32 if it is not used` */
export function unlockedWords({ locksAt }: Pick<Status, 'locksAt'>): string {
  return locksAt === undefined
    ? 'Unlocked until the browser closes.'
    : `Unlocked. Locks at ${timeOfDay(locksAt)} if it is not used until then.`;
}

/** By minutes without use; 0 is never. */
export const AUTO_LOCK_CHOICES: readonly { readonly minutes: number; readonly label: string }[] =
  Object.freeze([
    { minutes: 1, label: 'After 1 minute' },
    { minutes: 5, label: 'After 5 minutes' },
    { minutes: 15, label: 'After 15 minutes' },
    { minutes: 60, label: 'After 1 hour' },
    { minutes: 0, label: 'Never' },
  ]);
