import type { Format } from './format.ts';
import { openaiChat } from './openai-chat/index.ts';

export interface DeltaCost {
  readonly from: string;
  readonly to: string;
  /** Microseconds from a delta's bytes in to its bytes out; the best of the rounds. */
  readonly microseconds: number;
}

const DELTAS = 20_000;
const ROUNDS = 7;

/** What decoding and encoding one delta costs, without any stream around it. Called by `npm run bench`. */
export function measureFormats(): DeltaCost[] {
  const streams: [Format, Uint8Array[]][] = [[openaiChat, chatChunks()]];
  return streams.flatMap(([from, chunks]) =>
    [openaiChat].flatMap((to) =>
      (from === to ? [true, false] : [false]).map((passThrough) => ({
        from: from.name,
        to: passThrough ? `${to.name}, as it came` : to.name,
        microseconds: best(() => run(from, to, chunks, passThrough)),
      })),
    ),
  );
}

function run(
  from: Format,
  to: Format,
  chunks: readonly Uint8Array[],
  passThrough: boolean,
): number {
  const encoder = to.createEncoder({
    id: 'id',
    created: 1,
    model: 'model',
    includeUsage: false,
    passThrough,
  });
  const utf8 = new TextEncoder();
  let text = '';
  let written = 0;
  const decoder = from.createDecoder((event) => {
    text += encoder.encode(event);
  });
  const start = performance.now();
  for (const chunk of chunks) {
    text = '';
    decoder.decode(chunk);
    written += utf8.encode(text).length;
  }
  const microseconds = ((performance.now() - start) * 1000) / DELTAS;
  if (written === 0) throw new Error('nothing was written');
  return microseconds;
}

function best(measure: () => number): number {
  return Math.min(...Array.from({ length: ROUNDS }, measure));
}

function chatChunks(): Uint8Array[] {
  const utf8 = new TextEncoder();
  const head =
    '"id":"chatcmpl-BzQ3K7vYx1","object":"chat.completion.chunk","created":1763683200,"model":"gpt-5-mini","service_tier":"default","system_fingerprint":"fp_44709d6fcb"';
  return Array.from({ length: DELTAS }, (_, n) =>
    utf8.encode(
      `data: {${head},"choices":[{"index":0,"delta":{"content":" word${n % 100}"},"logprobs":null,"finish_reason":null}]}\n\n`,
    ),
  );
}
