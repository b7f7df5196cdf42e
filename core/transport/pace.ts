/**
 * When to send a piece of text. A port message costs each side about 0.1 ms, so a flood is gathered;
 * but a token that comes alone goes at once. One pace is shared by all streams of a worker, because
 * it is the worker that the flood would keep busy.
 */
export interface Pace {
  /** Milliseconds to hold a piece that came now: 0 sends it at once. */
  delay(): number;
}

const SPAN_MS = 8;
/** So many pieces may go at once in each span. */
const FREE = 4;

export function createPace(now: () => number = () => performance.now()): Pace {
  let start = -Infinity;
  let sent = 0;
  return {
    delay() {
      const time = now();
      if (time - start >= SPAN_MS) {
        start = time;
        sent = 0;
      }
      sent += 1;
      return sent <= FREE ? 0 : start + SPAN_MS - time;
    },
  };
}
