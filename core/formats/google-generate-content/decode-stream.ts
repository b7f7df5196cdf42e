import { createJsonDecoder, type JsonStream } from '../../streams/json-decoder.ts';
import type { ChatEvent } from '../chat.ts';
import type { StreamDecoder } from '../format.ts';
import { createAnswerReader, notAnAnswer } from './decode-answer.ts';
import { decodeResponse } from './response.ts';
import { decodeUsage } from './usage.ts';

const OPTIONS = {
  name: 'Google',
  variable: {
    words: new Set(['text']),
    padding: new Set([
      'promptTokenCount',
      'candidatesTokenCount',
      'thoughtsTokenCount',
      'cachedContentTokenCount',
      'toolUsePromptTokenCount',
      'totalTokenCount',
      'tokenCount',
    ]),
  },
};

/** Bytes of a `streamGenerateContent` answer -> events. Its end is the connection's: no event marks it. */
export function createDecoder(emit: (event: ChatEvent) => void): StreamDecoder {
  return createJsonDecoder(emit, OPTIONS, createStream);
}

function createStream(emit: (event: ChatEvent) => void): JsonStream {
  const answer = createAnswerReader();
  let finished = false;

  return {
    onObject(raw, name) {
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
    onBody(body) {
      finished = true;
      emit(decodeResponse(body));
    },
    usageOf: decodeUsage,
    get finished() {
      return finished;
    },
    get started() {
      return answer.started;
    },
    get complete() {
      return answer.complete;
    },
  };
}
