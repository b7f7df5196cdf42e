import { RouterError } from '../../errors.ts';
import { createSseJsonReader } from '../../streams/sse-json.ts';
import type { ChatEvent } from '../chat.ts';
import type { StreamDecoder } from '../format.ts';
import type { JsonObject } from '../json.ts';
import { createAnswerReader, notAnAnswer } from './decode-answer.ts';
import { decodeResponse } from './response.ts';

/** Bytes of a `streamGenerateContent` answer -> events. Its end is the connection's: no event marks it. */
export function createDecoder(emit: (event: ChatEvent) => void): StreamDecoder {
  const answer = createAnswerReader();
  let finished = false;

  const reader = createSseJsonReader({
    onObject(raw: JsonObject, name: string | undefined) {
      if (finished) return;
      if (!(
        'candidates' in raw ||
        'usageMetadata' in raw ||
        'promptFeedback' in raw ||
        'error' in raw
      )) {
        if (!answer.started) throw notAnAnswer();
        return;
      }
      const parts = answer.decode(raw);
      if (parts.some((part) => part.type === 'error')) finished = true;
      emit({ parts, raw, name });
    },
    onDone() {
      finished = answer.complete;
    },
    /** Without `alt=sse` the chunks are one JSON list. */
    onBody(body: unknown) {
      finished = true;
      emit(decodeResponse(body));
    },
  });

  return {
    decode(chunk) {
      if (!finished) reader.feed(chunk);
    },
    get finished() {
      return finished;
    },
    end() {
      if (finished) return;
      reader.end();
      if (finished) return;
      if (!answer.complete)
        throw reader.strayLines > 0 && !answer.started
          ? notAnAnswer()
          : new RouterError(
              'upstream_truncated',
              'The provider broke off in the middle of its answer.',
            );
      finished = true;
    },
  };
}
