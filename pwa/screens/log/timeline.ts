import type { RequestRecord } from '../../../core/index.ts';

/** Where a try stands on the time axis of its request, in percent of the whole. */
export interface Bar {
  readonly number: number;
  readonly start: number;
  /** Until the head, from there to the first content, and from there to the end. */
  readonly waiting: number;
  readonly thinking: number;
  readonly answering: number;
}

/** The time of the whole request, as far as it is known, in milliseconds. */
export function wholeOf({ startedAt, endMs = 0, attempts }: RequestRecord): number {
  const ends = attempts.map((attempt) => attempt.startedAt - startedAt + attempt.endMs);
  return Math.max(1, endMs, ...ends);
}

export function toBars(request: RequestRecord): readonly Bar[] {
  const whole = wholeOf(request);
  const share = (ms: number) => (Math.max(0, ms) / whole) * 100;
  return request.attempts
    .filter(({ outcome }) => outcome !== 'skipped')
    .map(({ number, startedAt, firstByteMs, firstContentMs, endMs }) => {
      const head = Math.min(firstByteMs ?? firstContentMs ?? endMs, endMs);
      const content = Math.max(head, Math.min(firstContentMs ?? endMs, endMs));
      return {
        number,
        start: share(startedAt - request.startedAt),
        waiting: share(head),
        thinking: share(content - head),
        answering: share(endMs - content),
      };
    });
}
