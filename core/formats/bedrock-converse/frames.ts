import { EventStreamCodec } from '@smithy/eventstream-codec';

/** One message of `application/vnd.amazon.eventstream`, its checksums verified. */
export interface Frame {
  /** Header values that are text: `:message-type`, `:event-type`, `:exception-type`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** AWS's own ceiling is 16 MiB a message; a longer length is no event stream. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Two lengths, two checksums and no headers. */
const FEWEST_BYTES = 16;

/**
 * Bytes -> frames, at whatever splits. The codec reads whole messages only: the first four bytes of
 * each tell its length. Throws for what is no such stream.
 */
export function createFrameReader(emit: (frame: Frame) => void) {
  const utf8 = new TextDecoder();
  const codec = new EventStreamCodec(
    (bytes) => utf8.decode(bytes as Uint8Array),
    (text) => new TextEncoder().encode(text),
  );
  let held = new Uint8Array();

  function lengthAt(bytes: Uint8Array, at: number): number | undefined {
    if (bytes.length - at < 4) return undefined;
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
    if (length < FEWEST_BYTES || length > MOST_BYTES) throw new Error('not a frame');
    return length;
  }

  return {
    feed(chunk: Uint8Array): void {
      const bytes = held.length === 0 ? chunk : join(held, chunk);
      let at = 0;
      for (;;) {
        const length = lengthAt(bytes, at);
        if (length === undefined || bytes.length - at < length) break;
        const message = codec.decode(bytes.subarray(at, at + length));
        at += length;
        const headers: Record<string, string> = {};
        for (const [name, { value }] of Object.entries(message.headers))
          if (typeof value === 'string') headers[name] = value;
        emit({ headers, body: message.body });
      }
      held = bytes.slice(at);
    },
    /** Bytes of a frame that has not come to its end. */
    get pending(): number {
      return held.length;
    },
  };
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
