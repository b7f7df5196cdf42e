/**
 * Reads a stream to its end. Resolves to null, and cancels it, as soon as it holds more than
 * `limit` bytes. `seen` is told of each chunk.
 */
export async function readBytes(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  seen?: () => void,
): Promise<Uint8Array | null> {
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joinBytes(pieces, length);
    seen?.();
    length += value.byteLength;
    if (length > limit) {
      reader.cancel().catch(() => {}); // that it is too large is what counts
      return null;
    }
    pieces.push(value);
  }
}

function joinBytes(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
