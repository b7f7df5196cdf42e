import { afterAll, describe, expect, it } from 'vitest';
import { createScore, hasRecordings, recordingsOf } from './testing/recordings.ts';
import { checkDialect, checkFault, DIALECTS, likeness } from './testing/replay.ts';

/** What can't be right, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'openai/responses-gpt-4o-ad09ad': 'queued in the background: no answer yet',
  'openai/responses-plain-gpt-4o-00a27c': 'queued in the background: no answer yet',
  'openai/responses-toolresult-gpt-4o-c0db97': 'queued in the background: no answer yet',
  'anthropic/messages-stream-paralleltools-tools-claude-3-haiku-20240307-3cd001':
    'two answers in one file, the first broken off in the middle of a call',
};

describe.skipIf(!hasRecordings())('recorded traffic', () => {
  afterAll(() => {
    for (const [name, why] of Object.entries(EXCEPTIONS)) console.log(`left out: ${name}: ${why}`);
    console.log(`events of streams that needed no parsing: ${likeness.like} of ${likeness.all}`);
  });

  for (const dialect of DIALECTS) {
    const recordings = hasRecordings() ? recordingsOf(dialect.api) : [];
    const score = createScore(`${dialect.api} replay`);
    afterAll(() => score.print());

    it(
      `of ${dialect.api} says what it says to callers of every dialect, streamed and not, at whatever splits`,
      { timeout: 600_000 },
      () => {
        for (const recording of recordings.filter(
          ({ status, name }) => status === 200 && !(name in EXCEPTIONS),
        ))
          checkDialect(dialect, recording, score);
        expect(score.failures).toEqual([]);
      },
    );

    it(`of ${dialect.api} keeps the status and the provider's words of each error`, () => {
      for (const recording of recordings.filter(({ status }) => status !== 200))
        score.count(recording, () => checkFault(dialect, recording), 'error');
      expect(score.failures).toEqual([]);
    });
  }
});

if (!hasRecordings())
  it.skip('SKIPPED: ../shared/wire is not there, so nothing recorded was replayed', () => {});
