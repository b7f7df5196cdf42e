import { createParser } from 'eventsource-parser';
import type { ChatEvent, Part } from '../chat.ts';
import { faultOf } from '../fault.ts';
import type { StreamDecoder } from '../format.ts';
import { asObject, asText } from '../json.ts';
import { truncated } from '../../streams/truncated.ts';
import { malformed } from './response.ts';

/**
 * Bytes of a prediction's stream -> events: `output` holds text as it is, `done` and `error` JSON.
 * The text may look like anything, so the stream is read to the letter, without repairs.
 */
export function createDecoder(emit: (event: ChatEvent) => void): StreamDecoder {
  const utf8 = new TextDecoder();
  let started = false;
  let finished = false;
  let strayLines = 0;

  const parser = createParser({
    onEvent({ event: name, data }) {
      if (finished) return;
      const parts: Part[] = [];
      if (!started) parts.push({ type: 'start' }, { type: 'text-start', block: 0 });
      started = true;
      if (name === 'output') {
        if (data !== '') parts.push({ type: 'text-delta', block: 0, text: data });
      } else if (name === 'done' || name === 'error') {
        finished = true;
        parts.push(...endOf(name, data));
      }
      emit({ parts });
    },
    onError(error) {
      if (error.type === 'unknown-field') strayLines++;
    },
  });

  return {
    decode(chunk) {
      if (!finished) parser.feed(utf8.decode(chunk, { stream: true }));
    },
    get finished() {
      return finished;
    },
    end() {
      if (finished) return;
      parser.feed(utf8.decode());
      // A `done` that lacks its blank line is one all the same; words that lack theirs may be cut.
      if (started) parser.feed('\n\n');
      if (finished) return;
      parser.reset({ consume: true });
      if (!started && strayLines > 0) throw malformed();
      throw truncated();
    },
  };
}

function endOf(name: string, data: string): Part[] {
  const told = asObject(parse(data));
  const reason = asText(told?.reason);
  if (name === 'error' || reason === 'error' || reason === 'canceled') {
    const words = asText(told?.detail) ?? faultOf(told)?.message ?? asText(told?.output);
    const message = words ?? (told === undefined && data !== '' ? data : undefined);
    const error = {
      message: message ?? `The prediction ended as ${reason ?? 'failed'}.`,
      status: 502,
    };
    return [{ type: 'error', error }];
  }
  return [
    { type: 'text-end', block: 0 },
    { type: 'finish', reason: 'stop', raw: 'done' },
  ];
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
