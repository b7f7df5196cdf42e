import { BULK, WINDOW } from './frames.ts';
import type { Pace } from './pace.ts';

export interface Pump {
  /** Sends the whole body; rejects where its stream breaks. */
  run(): Promise<void>;
  /** The caller took so many bytes. */
  acknowledge(bytes: number): void;
  /** Stops for good: the stream is cancelled, which closes its provider's socket. */
  cancel(reason: unknown): void;
}

/** A chunk of this size is no token: it waits a moment for others like it. */
const LARGE = 32 * 1024;

/**
 * Moves an answer's body to the port: small chunks are gathered while they come in a flood, bulk goes
 * as a Blob, and nothing is read while WINDOW bytes are not acknowledged.
 */
export function createPump(
  body: ReadableStream<Uint8Array>,
  send: (bytes: Uint8Array | Blob) => void,
  pace: Pace,
): Pump {
  const reader = body.getReader();
  let gathered: Uint8Array[] = [];
  let size = 0;
  let unacknowledged = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let cancelled = false;
  let resume: (() => void) | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (size === 0) return;
    const bytes = size < BULK ? join(gathered, size) : new Blob(gathered as BlobPart[]);
    unacknowledged += size;
    gathered = [];
    size = 0;
    send(bytes);
  }

  async function run(): Promise<void> {
    for (;;) {
      if (unacknowledged + size >= WINDOW) flush();
      while (unacknowledged >= WINDOW && !cancelled) {
        await new Promise<void>((resolve) => (resume = resolve));
      }
      const { done, value } = await reader.read();
      if (done || cancelled) return flush();
      if (value.byteLength === 0) continue;
      gathered.push(value);
      size += value.byteLength;
      if (size >= BULK) flush();
      else if (timer === undefined) {
        const delay = pace.delay(value.byteLength >= LARGE);
        if (delay > 0) timer = setTimeout(flush, delay);
        else flush();
      }
    }
  }

  return {
    run,
    acknowledge(bytes) {
      unacknowledged = Math.max(0, unacknowledged - bytes);
      if (unacknowledged < WINDOW) resume?.();
    },
    cancel(reason) {
      cancelled = true;
      clearTimeout(timer);
      gathered = [];
      size = 0;
      resume?.();
      // The stream may have broken already; there is nobody left to tell.
      reader.cancel(reason).catch(() => undefined);
    },
  };
}

/** A view is posted with the whole buffer behind it, so a part of a buffer is copied. */
function join(chunks: Uint8Array[], size: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only?.buffer.byteLength === size) return only;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
