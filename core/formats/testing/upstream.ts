import { afterAll, describe, expect, it } from 'vitest';
import { createScore, hasRecordings, recordingsOf } from './recordings.ts';
import { checkFault, checkUpstream, type Upstream } from './replay.ts';

/** The suite of a format that is only asked: its recordings, out to callers of every dialect. */
export function describeUpstream(
  upstream: Upstream,
  exceptions: Readonly<Record<string, string>> = {},
): void {
  describe.skipIf(!hasRecordings())(`recorded traffic of ${upstream.api}`, () => {
    const recordings = hasRecordings() ? recordingsOf(upstream.api) : [];
    const score = createScore(`${upstream.api} replay`);
    afterAll(() => score.print());

    it(
      'says what it says to callers of every dialect, streamed and not, at whatever splits',
      { timeout: 600_000 },
      () => {
        for (const recording of recordings.filter(
          ({ status, name }) => status < 300 && !(name in exceptions),
        ))
          checkUpstream(upstream, recording, score);
        expect(score.failures).toEqual([]);
      },
    );

    it('keeps the status and the provider’s words of each error', () => {
      for (const recording of recordings.filter(({ status }) => status >= 300))
        score.count(recording, () => checkFault(upstream, recording), 'error');
      expect(score.failures).toEqual([]);
    });
  });
}
