import { RouterError } from '../errors.ts';

export interface NdjsonReader {
  /** Throws `bad_upstream` for what is not JSON by lines. */
  feed(chunk: Uint8Array): void;
  /** The bytes are over: a last line may lack its end. False where it was cut off. */
  end(): boolean;
}

const LONGEST_LINE = 64 * 1024 * 1024;

/** Bytes -> one JSON object a line, synchronously, at whatever splits. */
export function createNdjsonReader(emit: (value: Record<string, unknown>) => void): NdjsonReader {
  const text = new TextDecoder();
  let line = '';

  function read(json: string): boolean {
    if (json.trim() === '') return true;
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      return false;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    emit(value as Record<string, unknown>);
    return true;
  }

  function take(piece: string): void {
    const lines = (line + piece).split('\n');
    line = lines.pop()!;
    if (line.length > LONGEST_LINE) throw malformed();
    for (const json of lines) if (!read(json)) throw malformed();
  }

  return {
    feed: (chunk) => take(text.decode(chunk, { stream: true })),
    end() {
      take(text.decode());
      const last = line;
      line = '';
      if (read(last)) return true;
      if (!last.trimStart().startsWith('{')) throw malformed();
      return false;
    },
  };
}

function malformed(): RouterError {
  return new RouterError('bad_upstream', "The provider's stream is not JSON by lines.");
}
