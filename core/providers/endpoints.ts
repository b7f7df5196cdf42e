import type { FormatName } from '../formats/chat.ts';
import { deepFreeze } from './freeze.ts';
import type { EndpointName, EndpointWay, Provider } from './provider.ts';

/** OpenAI's own paths, below the base URL. */
export const ENDPOINT_PATHS: Readonly<Record<EndpointName, string>> = Object.freeze({
  embeddings: '/embeddings',
  images: '/images/generations',
  'image-edits': '/images/edits',
  speech: '/audio/speech',
  transcriptions: '/audio/transcriptions',
  translations: '/audio/translations',
  moderations: '/moderations',
  completions: '/completions',
  responses: '/responses',
});

type Endpoints = Required<Pick<Provider, 'endpoints' | 'ways'>>;

const ALL_BESIDE_CHAT: Endpoints = {
  endpoints: (Object.keys(ENDPOINT_PATHS) as EndpointName[]).filter((name) => name !== 'responses'),
  ways: {},
};
const NONE: Endpoints = { endpoints: [], ways: {} };

/**
 * What a server of the person's own may have: no row tells, so all that its format knows is asked
 * for, and the server itself says what it lacks.
 */
export const USUAL_ENDPOINTS: Readonly<Record<FormatName, Endpoints>> = deepFreeze({
  'openai-chat': ALL_BESIDE_CHAT,
  'openai-responses': ALL_BESIDE_CHAT,
  'anthropic-messages': NONE,
  'google-generate-content': {
    endpoints: ['embeddings', 'images'],
    ways: {
      embeddings: { conversion: 'google-embeddings' },
      images: { conversion: 'google-images' },
    },
  },
  'bedrock-converse': NONE,
});

/** How the provider takes this endpoint; undefined where it does not. */
export function wayOf(provider: Provider, name: EndpointName): EndpointWay | undefined {
  return provider.endpoints?.includes(name) ? (provider.ways?.[name] ?? {}) : undefined;
}
