import { RouterError, toRouterError } from '../errors.ts';
import type { Format } from '../formats/format.ts';
import type { LiveCall } from '../middleware/live.ts';
import type { BodyReader } from '../upstream/body.ts';

export interface Relayed {
  /** What was read already. */
  readonly first?: Uint8Array;
  readonly rest: BodyReader;
  /** Told of each piece on its way. */
  readonly see: (bytes: Uint8Array) => void;
  /** The caller's format, where the body is an event stream: its last words where it breaks off. */
  readonly events?: Format;
  readonly live: LiveCall;
  readonly settle: (error?: RouterError) => void;
}

/**
 * A provider's bytes on their way to the caller. Nothing is read ahead. An event stream that breaks
 * off ends with an error event; any other body breaks, as it did upstream.
 */
export function relay(relayed: Relayed): ReadableStream<Uint8Array> {
  const { rest, see, events, live, settle } = relayed;
  let { first } = relayed;
  live.update({ state: 'streaming' });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const bytes = first ?? (await rest.read());
          first = undefined;
          if (bytes === undefined) {
            controller.close();
            return settle();
          }
          see(bytes);
          controller.enqueue(bytes);
        } catch (thrown) {
          const error = toRouterError(thrown);
          settle(error);
          if (events === undefined) return controller.error(error);
          controller.enqueue(NEW_EVENT);
          controller.enqueue(events.encodeStreamError(error));
          controller.close();
        }
      },
      cancel() {
        const error = new RouterError('cancelled', 'The caller stopped reading.');
        live.abort(error);
        rest.cancel();
        settle(error);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Closes an event that was cut off, so that the error is not read as a part of it. */
const NEW_EVENT = new TextEncoder().encode('\n\n');
