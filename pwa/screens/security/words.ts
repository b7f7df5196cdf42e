import type { LockEvent, SlotView, Status } from '../../../core/index.ts';
import { day, timeOfDay } from '../../words/time.ts';

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

export const WAY_NAMES: Readonly<Record<SlotView['kind'], string>> = Object.freeze({
  device: 'No password',
  password: 'Password',
  passkey: 'Passkey',
  recovery: 'Recovery code',
});

/** `Passkey “This device”` */
export function wayName({ kind, label }: Pick<SlotView, 'kind' | 'label'>): string {
  return label === undefined ? WAY_NAMES[kind] : `${WAY_NAMES[kind]} “${label}”`;
}

const ORDER: readonly SlotView['kind'][] = ['device', 'password', 'passkey', 'recovery'];

/** As they are listed: by kind, the older first. */
export function toOrdered(ways: readonly SlotView[]): SlotView[] {
  return ways.toSorted(
    (a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.createdAt - b.createdAt,
  );
}

/** What each way protects, and what not. */
export const WAY_WORDS: Readonly<Record<SlotView['kind'], string>> = Object.freeze({
  device:
    'Nothing to type. Web pages and other extensions cannot read your keys; someone who can read this computer’s files can.',
  password:
    'You type it after each browser start. Forget it, and the keys are gone, unless you keep the recovery code.',
  passkey:
    'Your fingerprint, face or PIN opens it. Best against someone who copies your disk: there is nothing to guess.',
  recovery: 'Opens it where the password is forgotten or the passkey lost. Keep it on paper.',
});

const EVENTS: Readonly<Record<LockEvent['what'], string>> = Object.freeze({
  unlocked: 'Unlocked',
  hand: 'Locked by you',
  idle: 'Locked: not used for a while',
  system: 'Locked: the computer was locked',
});

/**
 * The events as they are told, newest first. Where it was unlocked twice, it locked in between without
 * anyone there to write it down.
 */
export function toEventRows(
  events: readonly LockEvent[],
  now = Date.now(),
): { key: string; when: string; what: string }[] {
  const rows = events.map(({ at, what }, index) => {
    const isToday = new Date(at).toDateString() === new Date(now).toDateString();
    const between = what === 'unlocked' && events[index - 1]?.what === 'unlocked';
    return {
      key: `${at} ${index}`,
      when: isToday ? timeOfDay(at) : `${day(at, now)}, ${timeOfDay(at)}`,
      what: between ? `${EVENTS[what]}, after the browser had been closed` : EVENTS[what],
    };
  });
  return rows.reverse();
}
