import type { Settings } from '../../../core/index.ts';

type TimeoutName = Extract<keyof Settings, `${string}TimeoutMs`>;

/**
 * Defaults and bounds in seconds, as the router and the stored schema have them. `connectTimeoutMs` is
 * none of them: a browser does not tell when it has connected, so the first word's limit covers it.
 */
export const TIMEOUTS: readonly {
  readonly name: TimeoutName;
  readonly label: string;
  readonly seconds: number;
  readonly most: number;
}[] = Object.freeze([
  { name: 'firstByteTimeoutMs', label: 'For the first word', seconds: 120, most: 600 },
  { name: 'idleTimeoutMs', label: 'Between two words', seconds: 60, most: 600 },
  { name: 'totalTimeoutMs', label: 'In all', seconds: 600, most: 3_600 },
]);

/** A field's text in seconds -> milliseconds; empty means the default. Throws with words. */
export function toMilliseconds(text: string, most: number): number | undefined {
  if (!text.trim()) return undefined;
  const seconds = Number(text.trim().replace(',', '.'));
  if (!(seconds >= 1 && seconds <= most)) throw new Error(`A number from 1 to ${most}.`);
  return Math.round(seconds * 1_000);
}

export function toSeconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : String(milliseconds / 1_000);
}
