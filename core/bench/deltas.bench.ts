import type { FormatName } from '../formats/chat.ts';
import { formatOf, type Format } from '../formats/format.ts';
import { FORMATS } from '../formats/index.ts';
import { createTap } from '../streams/tap.ts';
import { chunksOf, STREAMS, type WireStream } from './streams.bench.ts';

export interface DeltaCost {
  /** The format of the upstream. */
  readonly from: FormatName;
  /** The format of the caller. */
  readonly to: FormatName;
  /** Microseconds from a delta's bytes in to its bytes out; the best of the rounds. */
  readonly microseconds: number;
}

const DELTAS = 6_000;
const ROUNDS = 25;

/**
 * What one delta costs from bytes to bytes, `perChunk` of them in a network chunk: UTF-8, SSE, decode,
 * watch, encode, UTF-8. Streams and promises are not in it: a bare fetch has them, too.
 */
export function measureDeltas(perChunk: number): DeltaCost[] {
  const names = Object.keys(STREAMS) as FormatName[];
  return names.flatMap((from) => {
    const wire = STREAMS[from]!;
    const chunks = chunksOf(wire, DELTAS, perChunk);
    return names.map((to) => {
      const costs = Array.from({ length: ROUNDS }, () =>
        run(formatOf(FORMATS, from), formatOf(FORMATS, to), wire, chunks),
      );
      return { from, to, microseconds: Math.min(...costs) };
    });
  });
}

function run(from: Format, to: Format, wire: WireStream, chunks: readonly Uint8Array[]): number {
  const encoder = to.createEncoder({
    id: 'id',
    created: 1,
    model: 'model',
    includeUsage: false,
    passThrough: from === to,
  });
  const utf8 = new TextEncoder();
  const tap = createTap();
  let text = '';
  const decoder = from.createDecoder((event) => {
    tap.see(event);
    text += encoder.encode(event);
  });
  decoder.decode(utf8.encode(wire.head));
  let written = 0;
  const start = performance.now();
  for (const chunk of chunks) {
    text = '';
    decoder.decode(chunk);
    written += utf8.encode(text).length;
  }
  const microseconds = ((performance.now() - start) * 1000) / DELTAS;
  decoder.decode(utf8.encode(wire.end));
  if (written < DELTAS * 50 || tap.finish !== 'stop' || tap.characters < DELTAS)
    throw new Error(
      `${from.name} to ${to.name} told ${written} bytes, ${tap.characters} characters`,
    );
  return microseconds;
}
