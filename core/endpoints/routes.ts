import { wayOf } from '../providers/endpoints.ts';
import { createBesideChat } from './beside-chat.ts';
import { exportBundle, importBundle } from './bundle.ts';
import { createChatEndpoint } from './chat.ts';
import { createCountEndpoint } from './count-tokens.ts';
import type { Endpoint } from './endpoint.ts';
import { askModel } from './generate-content.ts';
import { describe, getDetailedHealth, getHealth, ping } from './health.ts';
import {
  addLogicalModel,
  deleteLogicalModel,
  listLogicalModels,
  putLogicalModel,
} from './logical-models.ts';
import { getModel, listAudioModels, listModels, listProviderModels } from './models.ts';
import { passThrough } from './pass-through.ts';
import { toCanonicalPath } from './paths.ts';
import { getStatus } from './status.ts';
import { getTokenStats } from './token-stats.ts';
import { offerTransfer } from './transfer.ts';

/** Every path that answers. Another dialect's endpoint is one more row. */
export const ENDPOINTS: readonly Endpoint[] = Object.freeze([
  {
    method: 'POST',
    path: '/v1/chat/completions',
    answer: createChatEndpoint('openai-chat'),
  },
  {
    method: 'POST',
    path: '/v1/chat/completions/stream',
    answer: createChatEndpoint('openai-chat', {
      fromPath: (_call, body) => (body.stream = true),
    }),
  },
  {
    method: 'POST',
    path: '/v1/responses',
    answer: createChatEndpoint('openai-responses'),
  },
  {
    method: 'POST',
    path: '/v1/responses/input_tokens',
    answer: createCountEndpoint('openai-responses'),
  },
  {
    method: 'POST',
    path: '/v1/messages',
    answer: createChatEndpoint('anthropic-messages'),
  },
  {
    method: 'POST',
    path: '/v1/messages/count_tokens',
    answer: createCountEndpoint('anthropic-messages'),
  },
  {
    method: 'POST',
    path: '/v1beta/models/*',
    answer: askModel,
  },
  {
    method: 'POST',
    path: '/v1/completions',
    answer: createChatEndpoint('openai-completions', {
      // Who has such an endpoint is asked there; any other is asked for a chat.
      asAsked: (provider) =>
        wayOf(provider, 'completions') ? { ...provider, format: 'openai-completions' } : provider,
    }),
  },
  {
    method: 'POST',
    path: '/v1/embeddings',
    answer: createBesideChat('embeddings'),
  },
  {
    method: 'POST',
    path: '/v1/images/generations',
    answer: createBesideChat('images'),
  },
  {
    method: 'POST',
    path: '/v1/images/edits',
    answer: createBesideChat('image-edits'),
  },
  {
    method: 'POST',
    path: '/v1/audio/speech',
    answer: createBesideChat('speech'),
  },
  {
    method: 'POST',
    path: '/v1/audio/transcriptions',
    answer: createBesideChat('transcriptions'),
  },
  {
    method: 'POST',
    path: '/v1/audio/translations',
    answer: createBesideChat('translations'),
  },
  {
    method: 'POST',
    path: '/v1/moderations',
    answer: createBesideChat('moderations'),
  },
  { method: 'GET', path: '/v1/audio/models', answer: listAudioModels },
  { method: 'GET', path: '/v1/models', answer: listModels },
  { method: 'GET', path: '/v1/models/*', answer: getModel },
  { method: 'GET', path: '/v1beta/models', answer: listModels },
  { method: 'GET', path: '/v1beta/models/*', answer: getModel },
  { method: 'GET', path: '/api/models', firstParty: true, answer: listLogicalModels },
  { method: 'POST', path: '/api/models', firstParty: true, answer: addLogicalModel },
  { method: 'GET', path: '/api/models/*', answer: listProviderModels },
  { method: 'PUT', path: '/api/models/*', firstParty: true, answer: putLogicalModel },
  { method: 'DELETE', path: '/api/models/*', firstParty: true, answer: deleteLogicalModel },
  { method: 'GET', path: '/token-stats', answer: getTokenStats },
  { method: 'GET', path: '/health', answer: getHealth },
  {
    method: 'GET',
    path: '/health/detailed',
    firstParty: true,
    answer: getDetailedHealth,
  },
  { method: 'GET', path: '/status', firstParty: true, answer: getStatus },
  {
    method: 'GET',
    path: '/api/bundle',
    firstParty: true,
    answer: exportBundle,
  },
  {
    method: 'PUT',
    path: '/api/bundle',
    firstParty: true,
    answer: importBundle,
  },
  { method: 'POST', path: '/api/transfer', answer: offerTransfer },
  { method: 'GET', path: '/ping', answer: ping },
  { method: 'GET', path: '/', answer: describe },
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

/** Row E13: a provider's own interface, below its name. */
const RAW: ReadonlyMap<string, Endpoint> = new Map(
  (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method) => [
    method,
    { method, path: '/*', answer: passThrough },
  ]),
);
/** What stands first in a path of ours is no provider's name. */
const OURS = new Set(['v1alpha', ...ENDPOINTS.map(({ path }) => path.split('/')[1])]);

/** A path is one of the table's, whatever base URL its SDK was given, or unknown. */
export function matchPath(asked: string): Match {
  const pathname = toCanonicalPath(asked);
  const endpoints = exact.get(pathname);
  if (endpoints !== undefined) return { endpoints, tail: '' };
  for (const [prefix, open] of prefixes) {
    if (!pathname.startsWith(prefix) || pathname.length === prefix.length) continue;
    const tail = decode(pathname.slice(prefix.length));
    if (tail !== undefined) return { endpoints: open, tail };
  }
  const first = /^\/([^/]+)\/./.exec(asked)?.[1];
  return { endpoints: first === undefined || OURS.has(first) ? NONE : RAW, tail: '' };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
