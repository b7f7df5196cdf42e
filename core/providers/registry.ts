import type { Ports } from '../ports.ts';
import type { CatalogModel, Destination } from '../storage/records.ts';
import type { Provider } from './provider.ts';

/** The providers as this person has them: known rows, their changes, their own. */
export interface Registry {
  /** Enabled ones in the person's order. */
  list(): Promise<Provider[]>;
  /** By id or alias, case-insensitive. */
  find(id: string): Promise<Provider | undefined>;
}

/** Which models there are. A provider's own list is cached 15 minutes and served while it is refreshed. */
export interface Catalogue {
  /** Never throws for a provider that does not answer: `failed` names it. 5 s a provider. */
  list(providers: readonly Provider[]): Promise<{
    models: { provider: Provider; model: CatalogModel }[];
    failed: string[];
  }>;
  /** From the cache alone: asks no one. */
  cached(provider: Provider): Promise<readonly CatalogModel[]>;
  refresh(providerId?: string): Promise<void>;
}

/** Where a provider's keys go, as they are bound to it. */
export function destinationOf(provider: Provider): Destination {
  const url = new URL(provider.baseUrl);
  const scheme =
    provider.auth.scheme === 'header'
      ? `header:${provider.auth.name.toLowerCase()}`
      : provider.auth.scheme;
  return {
    providerId: provider.id,
    origin: url.origin,
    pathPrefix: url.pathname,
    authScheme: scheme,
  };
}

export function createRegistry(_ports: Ports): Registry {
  throw new Error('not built yet');
}
