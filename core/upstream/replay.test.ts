import { describe, expect, it } from 'vitest';
import { dataLines, plainChat, type Plain, type PlainChoice } from '../formats/testing/plain.ts';
import { hasRecordings, recordingsOf, type Recording } from '../formats/testing/recordings.ts';
import { createTestRouter, errorOf, providerAt } from '../testing/parts.ts';

/** The provider's answer as it was recorded, to a call that asks as that one did. */
async function replay(recording: Recording): Promise<Response> {
  const type = recording.streaming ? 'text/event-stream' : 'application/json';
  const router = createTestRouter({ providers: [providerAt('https://api.example')] });
  router.ports.fetch = async () =>
    new Response(recording.bytes.slice(), {
      status: recording.status,
      headers: { 'content-type': type, ...kept(recording.headers) },
    });
  const messages = [{ role: 'user', content: 'Hello' }];
  return router.chat({ model: 'box/m', messages, stream: recording.streaming });
}

function kept(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) =>
      /^(retry-after|x-ratelimit|content-type)/i.test(name),
    ),
  );
}

describe.skipIf(!hasRecordings())('recorded traffic through the router', () => {
  const recordings = hasRecordings() ? recordingsOf('openai-chat') : [];

  it(
    'an answer is a 200 that says the same; a fault in a 200 is an error',
    { timeout: 120_000 },
    async () => {
      for (const recording of recordings.filter(({ status }) => status === 200)) {
        const said = read(recording, new TextDecoder().decode(recording.bytes));
        const answer = await replay(recording);
        const text = await answer.text();
        const fails = said.error !== undefined || isEmpty(said, recording);
        const begun = recording.streaming && said.choices.some(hasWords);
        expect.soft([recording.name, answer.ok]).toEqual([recording.name, !fails || begun]);
        if (said.error !== undefined)
          expect.soft(text).toContain(JSON.stringify(said.error).slice(1, -1));
        if (fails) expect.soft(text).not.toContain('[DONE]');
        if (answer.ok)
          expect.soft(wordsOf(read(recording, text)), recording.name).toEqual(wordsOf(said));
      }
    },
  );

  it('an error keeps its status and its words, under a code of ours', async () => {
    const codes = new Map<string, number>();
    for (const recording of recordings.filter(({ status }) => status !== 200)) {
      const answer = await replay(recording);
      const { code, message } = await errorOf(answer);
      codes.set(code!, (codes.get(code!) ?? 0) + 1);
      expect.soft([recording.name, answer.status]).toEqual([recording.name, recording.status]);
      const whole = JSON.stringify(recording.body);
      const known = message.replaceAll('[key]', '').split(/: |[“”]/);
      expect
        .soft(
          known.some((words) => words !== '' && whole.includes(JSON.stringify(words).slice(1, -1))),
          message,
        )
        .toBe(true);
      const byStatus = { 401: 'key_refused', 429: 'rate_limited' }[recording.status];
      if (byStatus) expect.soft([recording.name, code]).toEqual([recording.name, byStatus]);
    }
    console.log('recorded errors by code:', Object.fromEntries(codes));
  });
});

function read(recording: Recording, text: string): Plain {
  return recording.streaming ? plainChat(dataLines(text)) : plainChat([JSON.parse(text)], true);
}

/** A stream that says nothing, and not why. */
function isEmpty({ choices }: Plain, { streaming }: Recording): boolean {
  const tells = choices.some(({ finish }) => finish === 'length' || finish === 'content_filter');
  return streaming && !tells && !choices.some(hasWords);
}

function hasWords({ text, reasoning, refusal, tools }: PlainChoice): boolean {
  return `${text}${reasoning}${refusal}` !== '' || tools.length > 0;
}

function wordsOf({ choices }: Plain): object[] {
  return choices.map(({ text, tools }) => ({ text, tools }));
}
