import { toRouterError, type RouterError } from '../errors.ts';
import { truncated } from '../streams/truncated.ts';
import type { Clock } from './clock.ts';

/** One upstream body as it comes. Pulled: who does not read makes the upstream wait. */
export interface BodyReader {
  /** Undefined at the end. Throws a RouterError where it breaks off or its time is over. */
  read(): Promise<Uint8Array | undefined>;
  /** Closes the upstream's connection. */
  cancel(): void;
}

/** Reads under the clock's limits, and without the key, should the provider repeat it. */
export function readBody(response: Response, clock: Clock, secrets: readonly string[]): BodyReader {
  const body = response.body?.getReader();
  const conceal = createConcealers(secrets);
  let over = body === undefined;

  function fail(error: unknown): RouterError {
    over = true;
    clock.stop();
    return clock.signal.aborted ? toRouterError(clock.signal.reason) : truncated(error);
  }

  return {
    async read() {
      while (!over && body !== undefined) {
        clock.wait();
        const step = await body.read().catch((error: unknown) => {
          throw fail(error);
        });
        clock.touch();
        clock.begin();
        over = step.done;
        const bytes = step.done ? conceal.end() : conceal.feed(step.value);
        if (step.done) clock.stop();
        if (bytes.byteLength > 0) return bytes;
      }
      clock.stop();
      return undefined;
    },
    cancel() {
      over = true;
      clock.stop();
      body?.cancel().catch(() => {}); // nobody listens any more
    },
  };
}

/** One behind the other. */
function createConcealers(secrets: readonly string[]): Concealer {
  const [first, ...rest] = secrets.map(createConcealer);
  if (first === undefined) return createConcealer('');
  return rest.reduce(
    (before, after) => ({
      feed: (chunk) => after.feed(before.feed(chunk)),
      end: () => join(after.feed(before.end()), after.end()),
    }),
    first,
  );
}

interface Concealer {
  feed(chunk: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

/** A shorter one is no key, and would be found in anything. */
const SHORTEST_SECRET = 8;
const STAR = 0x2a;
const NOTHING = new Uint8Array();

/**
 * Puts stars over a secret, of the same length, wherever chunks are cut. Only what may be the
 * beginning of one is held back.
 */
export function createConcealer(secret: string): Concealer {
  const wanted = new TextEncoder().encode(secret);
  if (wanted.byteLength < SHORTEST_SECRET) return { feed: (chunk) => chunk, end: () => NOTHING };
  let held: Uint8Array = NOTHING;

  return {
    feed(chunk) {
      const bytes = held.byteLength === 0 ? chunk : join(held, chunk);
      let output = bytes;
      for (let at = find(bytes, wanted, 0); at !== -1; at = find(bytes, wanted, at + 1)) {
        if (output === bytes) output = bytes.slice();
        output.fill(STAR, at, at + wanted.byteLength);
      }
      const keep = beginningAtEnd(output, wanted);
      held = output.slice(output.byteLength - keep);
      return keep === 0 ? output : output.subarray(0, output.byteLength - keep);
    },
    end() {
      const rest = held;
      held = NOTHING;
      return rest;
    },
  };
}

function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const last = bytes.byteLength - wanted.byteLength;
  for (let at = bytes.indexOf(wanted[0]!, from); at !== -1 && at <= last;) {
    if (isAt(bytes, wanted, at, wanted.byteLength)) return at;
    at = bytes.indexOf(wanted[0]!, at + 1);
  }
  return -1;
}

/** How many of the last bytes may be the first ones of a secret that goes on in the next chunk. */
function beginningAtEnd(bytes: Uint8Array, wanted: Uint8Array): number {
  const most = Math.min(bytes.byteLength, wanted.byteLength - 1);
  for (let length = most; length > 0; length--)
    if (isAt(bytes, wanted, bytes.byteLength - length, length)) return length;
  return 0;
}

function isAt(bytes: Uint8Array, wanted: Uint8Array, at: number, length: number): boolean {
  for (let index = 0; index < length; index++)
    if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  const whole = new Uint8Array(one.byteLength + other.byteLength);
  whole.set(one);
  whole.set(other, one.byteLength);
  return whole;
}
