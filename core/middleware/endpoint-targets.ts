import { RouterError } from '../errors.ts';
import { wayOf } from '../providers/endpoints.ts';
import type { EndpointName, Provider } from '../providers/provider.ts';
import type { Resolution } from './resolve.ts';
import { toOwners, type RoutingIndex } from './routing-index.ts';

/** What each endpoint is, in the middle of a sentence. */
const WORDS: Readonly<Record<EndpointName, string>> = Object.freeze({
  embeddings: 'embeddings',
  images: 'pictures',
  'image-edits': 'changes of pictures',
  speech: 'text to speech',
  transcriptions: 'speech to text',
  translations: 'translation of speech',
  moderations: 'moderation',
  completions: 'text completion',
  responses: 'the Responses interface',
});

/** The index as it is for an endpoint that not every provider has: the others stand back. */
export function forEndpoint(index: RoutingIndex, endpoint: EndpointName): RoutingIndex {
  const has = (provider: Provider) => wayOf(provider, endpoint) !== undefined;
  const modelOf = (provider: Provider) => wayOf(provider, endpoint)?.model;
  const candidates = index.candidates.filter(has);
  const settings = { ...index.settings };
  delete settings.defaultModel;
  return {
    ...index,
    candidates,
    autos: toOwners(candidates, modelOf),
    free: () => index.free().filter(({ provider }) => has(provider)),
    builtIn: undefined,
    settings,
    modelOf,
    owners: {
      get(id) {
        const owner = index.owners.get(id);
        if (owner === undefined || has(owner.provider)) return owner;
        const other = index.ready.find((provider) => has(provider) && index.lists(provider, id));
        return other ? { provider: other, model: id } : owner;
      },
    },
  };
}

/** Leaves out the targets that do not have it. Throws `unknown_url` where none is left (row E25). */
export function onlyWithEndpoint(
  index: RoutingIndex,
  endpoint: EndpointName,
  resolution: Resolution,
  mayName: (id: string) => boolean = () => true,
): Resolution {
  const targets = resolution.targets.filter(({ provider }) => wayOf(provider, endpoint));
  if (targets.length > 0) return { ...resolution, targets };
  const names = [...new Set(resolution.targets.map(({ provider }) => provider.name))];
  throw missingEndpoint(names.join(', '), endpoint, hintOf(index, endpoint, mayName));
}

/** Throws `unknown_url` where the person has providers, and none of them has it. */
export function assertSomeHas(
  index: RoutingIndex,
  endpoint: EndpointName,
  mayName: (id: string) => boolean = () => true,
): void {
  if (index.ready.length === 0 || index.candidates.length > 0) return;
  throw missingEndpoint('None of your providers', endpoint, hintOf(index, endpoint, mayName));
}

/** Who can not do this at all, and what would. */
export function missingEndpoint(who: string, endpoint: EndpointName, hint = ''): RouterError {
  const none = who.startsWith('None ') ? '' : 'no ';
  return new RouterError('unknown_url', `${who} has ${none}${WORDS[endpoint]} here.${hint}`, {
    param: 'model',
  });
}

/** Models to ask for instead: of a provider that can be asked now, else of one that a key would open. */
function hintOf(
  index: RoutingIndex,
  endpoint: EndpointName,
  mayName: (id: string) => boolean,
): string {
  const nameOf = (provider: Provider) => {
    const model = index.modelOf(provider);
    return model === undefined ? [] : `${provider.id}/${model}`;
  };
  const ready = index.candidates.flatMap(nameOf).filter(mayName);
  if (ready.length > 0) return ` Ask for ${ready.slice(0, 3).join(', ')}.`;
  const known = [...index.byName.values()].flatMap(({ enabled, provider, row }) =>
    enabled && row && wayOf(provider, endpoint) ? provider.name : [],
  );
  const some = [...new Set(known)].slice(0, 3).join(', ');
  return some === '' ? '' : ` ${some} would have, with a key for it.`;
}
