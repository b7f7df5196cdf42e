/**
 * When to send a piece of text. A port message costs each side about 0.1 ms, so a flood is gathered;
 * but a token that comes alone goes at once. One pace is shared by all streams of a worker, because
 * it is the worker that the flood would keep busy.
 */
export interface Pace {
  /** Milliseconds to hold a piece that came now: 0 sends it at once. A large one is always held. */
  delay(large: boolean): number;
}

const SPAN_MS = 8;
/** So many pieces may go at once in each span. */
const FREE = 4;

export function createPace(now: () => number = () => performance.now()): Pace {
  let start = -Infinity;
  let sent = 0;
  return {
    delay(large) {
      const time = now();
      if (time - start >= SPAN_MS) {
        start = time;
        sent = 0;
      }
      if (!large) sent += 1;
      return !large && sent <= FREE ? 0 : start + SPAN_MS - time;
    },
  };
}
