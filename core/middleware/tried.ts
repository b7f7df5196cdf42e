import { RouterError } from '../errors.ts';
import { verdictOf } from './verdict.ts';

/** One try, for the answer's headers and for the message when all failed. Holds no key. */
export interface Attempt {
  readonly provider: string;
  readonly model: string;
  /** The key's name as the caller may read it. */
  readonly key?: string;
  readonly status: number;
  readonly reason: string;
  /** It was not asked: it waits until then (milliseconds since the epoch), or for the person (null). */
  readonly waits?: number | null;
  readonly error: RouterError;
}

/** What a caller may read of it. */
export function toShown({ error, ...shown }: Attempt) {
  return { ...shown, code: error.code };
}

/** More lines than a person reads. */
const MOST_LINES = 40;

/** The error of a call for which nothing answered: the one that was, or all that were. */
export function allFailed(
  failed: readonly Attempt[],
  skipped: readonly Attempt[],
  now: number,
): RouterError {
  const all = [...failed, ...skipped];
  if (all.length === 0)
    return new RouterError('upstream_timeout', 'The time for this call was over.');
  const retryAfterMs = earliest(all, now);
  if (all.length === 1) return alone(all[0]!, retryAfterMs, now);
  // The request itself is at fault wherever it goes: that is what the caller must know.
  const [first] = failed;
  const code = first?.error.code;
  if (
    first &&
    skipped.length === 0 &&
    failed.every(({ error }) => error.code === code && isOfRequest(error))
  )
    return first.error;
  const isSlow = all.every(({ error }) => error.code === 'upstream_timeout');
  return new RouterError(
    isSlow ? 'upstream_timeout' : 'all_routes_failed',
    `No route answered. ${linesOf(all, now)}`,
    {
      retryAfterMs,
    },
  );
}

function isOfRequest(error: RouterError): boolean {
  return error.code === 'invalid_request' || verdictOf(error).alive === true;
}

/** Its own words; of one that was not asked also until when. */
function alone(attempt: Attempt, retryAfterMs: number | undefined, now: number): RouterError {
  const { error, waits, status } = attempt;
  if (waits === undefined) return error;
  const message = `${attempt.reason} (${waitingWords(waits, now)})`;
  return new RouterError(error.code, message, { status, retryAfterMs });
}

function earliest(all: readonly Attempt[], now: number): number | undefined {
  const waits = all.flatMap(({ error, waits }) => {
    if (typeof waits === 'number') return Math.max(0, waits - now);
    return error.retryAfterMs ?? [];
  });
  return waits.length === 0 ? undefined : Math.min(...waits);
}

/** Keys that said the same of the same model are one line. */
function linesOf(all: readonly Attempt[], now: number): string {
  const lines = new Map<string, { keys: string[]; count: number }>();
  for (const { provider, model, status, reason, waits, key } of all) {
    const why = waits === undefined ? '' : ` (${waitingWords(waits, now)})`;
    const text = `${provider}/${model}: ${status} ${reason}${why}`;
    const line = lines.get(text) ?? { keys: [], count: 0 };
    line.count += 1;
    if (key !== undefined) line.keys.push(key);
    lines.set(text, line);
  }
  const texts = [...lines].map(([text, { keys, count }]) => {
    if (keys.length > 0) return `${text} (${keys.join(', ')})`;
    return count > 1 ? `${text} (${count} keys)` : text;
  });
  const rest = texts.length - MOST_LINES;
  if (rest > 0) texts.splice(MOST_LINES, rest, `and ${rest} more`);
  return texts.join(' · ');
}

function waitingWords(waits: number | null, now: number): string {
  if (waits === null) return 'not asked again: the key is set aside';
  const seconds = Math.max(1, Math.ceil((waits - now) / 1000));
  const when = seconds < 3600 ? `for ${seconds} s` : `until ${new Date(waits).toISOString()}`;
  return `not asked again ${when}`;
}
