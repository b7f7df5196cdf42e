import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Exchange } from './exchange.ts';

/** The recordings beside the project; absent on most machines. */
export const WIRE = fileURLToPath(new URL('../../../shared/wire/', import.meta.url));
export const hasRecordings = existsSync(WIRE);

/** Answers with the recording `provider/case`, byte for byte, for the model `wire:provider/case`. */
export function replay(exchange: Exchange, name: string): void {
  const file = `${WIRE}${name}`;
  const meta = JSON.parse(readFileSync(`${file}.meta.json`, 'utf8')) as {
    status: number;
    content_type?: string;
    response_headers?: Record<string, string>;
  };
  const part = ['sse.txt', 'response.json', 'response.txt', 'ndjson.txt'].find((end) =>
    existsSync(`${file}.${end}`),
  );
  const types: Record<string, string> = {
    'sse.txt': 'text/event-stream',
    'response.json': 'application/json',
    'ndjson.txt': 'application/x-ndjson',
  };
  exchange.head(meta.status, {
    ...meta.response_headers,
    'content-type': meta.content_type ?? types[part ?? ''] ?? 'text/plain',
  });
  exchange.end(part && readFileSync(`${file}.${part}`));
}
