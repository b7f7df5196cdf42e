import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Recorded provider traffic, beside the project; see its README. Never copied into it. */
const ROOT = new URL('../../../../shared/wire', import.meta.url).pathname;

export interface Recording {
  provider: string;
  name: string;
  api: string;
  status: number;
  streaming: boolean;
  /** The body as it came. */
  bytes: Uint8Array;
  /** The parsed body of what is no stream; the text where it is not JSON. */
  body?: unknown;
  headers: Record<string, string>;
  request?: Record<string, unknown>;
}

export function hasRecordings(): boolean {
  return existsSync(ROOT);
}

const BODIES = ['sse.txt', 'ndjson.txt', 'response.json', 'response.txt'] as const;

/** All recorded exchanges of one dialect. */
export function recordingsOf(api: string): Recording[] {
  const found: Recording[] = [];
  for (const provider of readdirSync(ROOT)) {
    const index = join(ROOT, provider, 'index.jsonl');
    if (!existsSync(index)) continue;
    for (const line of readFileSync(index, 'utf8').split('\n')) {
      if (line === '') continue;
      const row = JSON.parse(line) as {
        case: string;
        api: string;
        status: number;
        streaming: boolean;
      };
      if (row.api === api) found.push(...read(provider, row));
    }
  }
  return found;
}

function read(
  provider: string,
  row: { case: string; api: string; status: number; streaming: boolean },
): Recording[] {
  const file = (part: string) => join(ROOT, provider, `${row.case}.${part}`);
  const kind = BODIES.find((part) => existsSync(file(part)));
  const binary = existsSync(file('eventstream.b64'));
  if (kind === undefined && !binary) return [];
  const bytes = binary
    ? new Uint8Array(Buffer.from(readFileSync(file('eventstream.b64'), 'utf8'), 'base64'))
    : new Uint8Array(readFileSync(file(kind!)));
  const meta = JSON.parse(readFileSync(file('meta.json'), 'utf8')) as {
    response_headers?: Record<string, string>;
  };
  const recording: Recording = {
    provider,
    name: `${provider}/${row.case}`,
    api: row.api,
    status: row.status,
    streaming: row.streaming && kind !== 'response.json',
    bytes,
    headers: meta.response_headers ?? {},
  };
  if (kind === 'response.json') recording.body = JSON.parse(new TextDecoder().decode(bytes));
  if (kind === 'response.txt' || (kind === 'sse.txt' && row.status !== 200))
    recording.body = new TextDecoder().decode(bytes);
  if (existsSync(file('request.json')))
    recording.request = JSON.parse(readFileSync(file('request.json'), 'utf8')) as Record<
      string,
      unknown
    >;
  return [recording];
}

/** Passed of all, by provider and by what they were held against (`column`), printed once at the end. */
export function createScore(title: string) {
  const rows = new Map<string, Map<string, { passed: number; all: number }>>();
  const failures: string[] = [];
  return {
    count(recording: Recording, run: () => void, column = ''): void {
      const row =
        rows.get(recording.provider) ?? new Map<string, { passed: number; all: number }>();
      rows.set(recording.provider, row);
      const cell = row.get(column) ?? { passed: 0, all: 0 };
      row.set(column, cell);
      cell.all++;
      try {
        run();
        cell.passed++;
      } catch (error) {
        failures.push(`${recording.name} ${column}: ${(error as Error).message}`);
      }
    },
    print(): void {
      const lines = [...rows]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([provider, row]) => {
          const cells = [...row].map(([column, { passed, all }]) => `${column} ${passed}/${all}`);
          return `  ${provider.padEnd(16)} ${cells.join(', ')}`;
        });
      console.log([title, ...lines].join('\n'));
    },
    get failures(): readonly string[] {
      return failures;
    },
  };
}

/** Where to cut a body: small steps of a fixed pseudo-random walk, so that a failure can be repeated. */
export function randomChunks(bytes: Uint8Array, seed: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let state = seed | 1;
  for (let at = 0; at < bytes.length;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    const size = 1 + ((state >> 8) % 97);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

export function everyByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}
