import type { Changes } from '../changes.ts';
import type { Ports } from '../ports.ts';
import { readRecords } from '../storage/read.ts';
import type { Destination } from '../storage/records.ts';
import { CATALOG } from './catalog.ts';
import { mergeProviders, type ProviderSet } from './merge.ts';
import { isComplete, type Provider } from './provider.ts';

/** The providers as this person has them: known rows, their changes, their own. */
export interface Registry {
  /** Enabled ones in the person's order. */
  list(): Promise<Provider[]>;
  /** By id or alias, case-insensitive. Enabled ones only. */
  find(id: string): Promise<Provider | undefined>;
  /** All of them with what was changed: for our own screens and for resolving names. */
  all(): Promise<ProviderSet>;
}

/** Where a provider's keys go, as they are bound to it. */
export function destinationOf(provider: Provider): Destination {
  // Nothing can be bound to an address that is not known yet, and nothing bound opens for it.
  const url = new URL(isComplete(provider) ? provider.baseUrl : 'https://incomplete.invalid');
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

/** Reads the stored records once, and again after a change of them. */
export function createRegistry(
  ports: Pick<Ports, 'openDatabase'>,
  changes: Pick<Changes, 'listen'>,
): Registry {
  let current: Promise<ProviderSet> | undefined;
  changes.listen((topic) => {
    if (topic === 'providers') current = undefined;
  });

  async function read(): Promise<ProviderSet> {
    const { records } = await readRecords(await ports.openDatabase(), 'providers');
    return mergeProviders(CATALOG, records);
  }

  function all(): Promise<ProviderSet> {
    if (current) return current;
    const reading = read();
    current = reading;
    reading.catch(() => {
      if (current === reading) current = undefined;
    });
    return reading;
  }

  return {
    all,
    async list() {
      return [...(await all()).enabled];
    },
    async find(id) {
      const entry = (await all()).byName.get(id.toLowerCase());
      return entry?.enabled ? entry.provider : undefined;
    },
  };
}
