/** Every word of the request log that is made of parts. */
import { FIRST_PARTY, type LoggedAttempt, type RequestRecord } from '../../../core/index.ts';
import { toShortName } from '../../origin/origin-name.ts';
import { count } from '../../words/numbers.ts';
import { lasting } from '../../words/time.ts';

export type OutcomeFilter = '' | 'answered' | 'failed' | 'cancelled' | 'fell-back' | 'open';

export const OUTCOMES: readonly { id: OutcomeFilter; label: string }[] = [
  { id: '', label: 'All outcomes' },
  { id: 'answered', label: 'Answered' },
  { id: 'fell-back', label: 'Answered by a second try' },
  { id: 'failed', label: 'Failed' },
  { id: 'cancelled', label: 'Stopped by the caller' },
  { id: 'open', label: 'Without an end' },
];

export interface LogFilter {
  readonly origin: string;
  readonly model: string;
  readonly outcome: OutcomeFilter;
}

/** The tries that were made: what was only looked at is none. */
export function madeOf({ attempts }: Pick<RequestRecord, 'attempts'>): readonly LoggedAttempt[] {
  return attempts.filter(({ outcome }) => outcome !== 'skipped');
}

export function fits(request: RequestRecord, { origin, model, outcome }: LogFilter): boolean {
  if (origin !== '' && request.origin !== origin) return false;
  const wanted = model.trim().toLowerCase();
  const names = [
    request.asked,
    ...request.attempts.map((each) => `${each.provider}/${each.model}`),
  ];
  if (wanted !== '' && !names.some((name) => name.toLowerCase().includes(wanted))) return false;
  switch (outcome) {
    case '':
      return true;
    case 'open':
      return request.outcome === undefined;
    case 'fell-back':
      return request.outcome === 'answered' && madeOf(request).length > 1;
    default:
      return request.outcome === outcome;
  }
}

/** Which try's answer the caller got, or the last that was made. */
export function decisive(request: RequestRecord): LoggedAttempt | undefined {
  const made = madeOf(request);
  return made.find(({ outcome }) => outcome === 'answered') ?? made.at(-1);
}

export interface StatusWords {
  readonly kind: 'ok' | 'warn' | 'danger' | 'off';
  readonly text: string;
}

export function statusOf(request: RequestRecord, isLive: boolean): StatusWords {
  const tries = madeOf(request).length;
  switch (request.outcome) {
    case 'answered':
      return tries > 1
        ? { kind: 'warn', text: `answered by try ${tries}` }
        : { kind: 'ok', text: 'answered' };
    case 'failed':
      return { kind: 'danger', text: request.status ? `failed, ${request.status}` : 'failed' };
    case 'cancelled':
      return { kind: 'off', text: 'stopped' };
    default:
      return isLive
        ? { kind: 'warn', text: 'running' }
        : { kind: 'off', text: 'no end: the browser or its worker stopped first' };
  }
}

export function callerWords(origin: string): string {
  return origin === FIRST_PARTY ? 'Gatehouse itself' : toShortName(origin);
}

/** `turbo → groq/llama-3.3-70b` */
export function routeWords(request: RequestRecord): string {
  const asked = request.asked || 'auto';
  const last = decisive(request);
  if (!last) return asked;
  const place = `${last.provider}/${last.model}`;
  return place === asked ? place : `${asked} → ${place}`;
}

/** `212 ms`, `4.2 s` */
export function durationWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : lasting(ms);
}

const CAUSES: Readonly<Record<string, string>> = {
  failover: 'as the one before it failed',
  hedge: 'beside a slow one',
  retry: 'once more, as nothing else was left',
  continuation: 'to go on where an answer broke off',
  enforcement: 'once more, for the tool call that was missing',
  renewal: 'once more, with a new access token',
};

const ATTEMPT_OUTCOMES: Readonly<Record<LoggedAttempt['outcome'], StatusWords>> = {
  answered: { kind: 'ok', text: 'answered' },
  failed: { kind: 'danger', text: 'failed' },
  cut: { kind: 'danger', text: 'broke off in its answer' },
  cancelled: { kind: 'off', text: 'stopped' },
  lost: { kind: 'off', text: 'another one was faster' },
  rejected: { kind: 'warn', text: 'answered without the tool call' },
  skipped: { kind: 'off', text: 'not asked' },
};

/** `failed, 429 rate_limited: Slow down.` */
export function attemptWords({ outcome, status, code, reason }: LoggedAttempt): StatusWords {
  const { kind, text } = ATTEMPT_OUTCOMES[outcome];
  const what = [status, code].filter((part) => part !== undefined).join(' ');
  const whole = [text, what].filter((part) => part !== '').join(', ');
  return { kind, text: reason === undefined ? whole : `${whole}: ${reason}` };
}

/** `asked at 0 ms · head after 120 ms · first content after 310 ms · 2.4 s in all · 342 tokens out` */
export function timeWords(attempt: LoggedAttempt, requestStartedAt: number): string {
  const { startedAt, firstByteMs, firstContentMs, endMs, input, output } = attempt;
  if (attempt.outcome === 'skipped') return '';
  return [
    [`asked at ${durationWords(Math.max(0, startedAt - requestStartedAt))}`, CAUSES[attempt.cause]]
      .filter((part) => part !== undefined)
      .join(' '),
    firstByteMs === undefined ? undefined : `head after ${durationWords(firstByteMs)}`,
    firstContentMs === undefined
      ? undefined
      : `first content after ${durationWords(firstContentMs)}`,
    `${durationWords(endMs)} in all`,
    input === undefined ? undefined : `${count(input, 'token')} in`,
    output === undefined ? undefined : `${count(output, 'token')} out`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}
