import type { ChatEvent } from '../formats/chat.ts';
import type { Shape, Writer } from './shape.ts';

/**
 * Writes events that came in the caller's own format: by `write`, and those that are like one before
 * them by what was written of that one. Undefined for what is no event of a wire.
 */
export function createLikeWriter(
  write: (raw: Record<string, unknown>, name: string | undefined) => string,
): (event: ChatEvent) => string | undefined {
  const writers = new Map<Shape, Writer>();
  return (event) => {
    const { shape, values } = event;
    if (shape === undefined || values === undefined) {
      // A whole answer to a stream's request is an event too, and no step of one.
      if (event.raw === undefined || event.whole) return undefined;
      return write(event.raw, event.name);
    }
    const known = writers.get(shape);
    if (known !== undefined) return known(values);
    const written = write(event.raw!, event.name);
    const writer = shape.toWriter(written, values);
    if (writer !== undefined) writers.set(shape, writer);
    return written;
  };
}
