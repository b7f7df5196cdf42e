import { exportBundle, importBundle } from './bundle.ts';
import { createChatEndpoint } from './chat.ts';
import type { Endpoint } from './endpoint.ts';
import { describe, getDetailedHealth, getHealth, ping } from './health.ts';
import { getModel, listModels } from './models.ts';

/** Every path that answers. Another dialect's endpoint is one more row. */
export const ENDPOINTS: readonly Endpoint[] = Object.freeze([
  {
    method: 'POST',
    path: '/v1/chat/completions',
    format: 'openai-chat',
    answer: createChatEndpoint('openai-chat'),
  },
  {
    method: 'POST',
    path: '/v1/chat/completions/stream',
    format: 'openai-chat',
    answer: createChatEndpoint('openai-chat', { forceStream: true }),
  },
  { method: 'GET', path: '/v1/models', format: 'openai-chat', answer: listModels },
  { method: 'GET', path: '/v1/models/*', format: 'openai-chat', answer: getModel },
  { method: 'GET', path: '/health', format: 'openai-chat', answer: getHealth },
  {
    method: 'GET',
    path: '/health/detailed',
    format: 'openai-chat',
    firstParty: true,
    answer: getDetailedHealth,
  },
  {
    method: 'GET',
    path: '/api/bundle',
    format: 'openai-chat',
    firstParty: true,
    answer: exportBundle,
  },
  {
    method: 'PUT',
    path: '/api/bundle',
    format: 'openai-chat',
    firstParty: true,
    answer: importBundle,
  },
  { method: 'GET', path: '/ping', format: 'openai-chat', answer: ping },
  { method: 'GET', path: '/', format: 'openai-chat', answer: describe },
] satisfies Endpoint[]);

export interface Match {
  /** By method; empty where no endpoint has the path. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** What stands for `*`, decoded. */
  readonly tail: string;
}

const exact = new Map<string, Map<string, Endpoint>>();
const prefixes = new Map<string, Map<string, Endpoint>>();
for (const endpoint of ENDPOINTS) {
  const open = endpoint.path.endsWith('*');
  const table = open ? prefixes : exact;
  const path = open ? endpoint.path.slice(0, -1) : endpoint.path;
  const methods = table.get(path) ?? new Map<string, Endpoint>();
  table.set(path, methods.set(endpoint.method, endpoint));
}

const NONE: ReadonlyMap<string, Endpoint> = new Map();

/** No guessing: a path is one of the table's, or unknown. */
export function matchPath(pathname: string): Match {
  const endpoints = exact.get(pathname);
  if (endpoints !== undefined) return { endpoints, tail: '' };
  for (const [prefix, open] of prefixes) {
    if (!pathname.startsWith(prefix) || pathname.length === prefix.length) continue;
    const tail = decode(pathname.slice(prefix.length));
    if (tail !== undefined) return { endpoints: open, tail };
  }
  return { endpoints: NONE, tail: '' };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
