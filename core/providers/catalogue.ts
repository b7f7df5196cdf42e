import type { Changes } from '../changes.ts';
import type { UpstreamFormatName } from '../formats/chat.ts';
import type { Ports } from '../ports.ts';
import { readRecords } from '../storage/read.ts';
import type { CatalogModel, CatalogRecord, KeyRecord } from '../storage/records.ts';
import type { Keys } from '../vault/keys.ts';
import type { Tokens } from '../vault/tokens.ts';
import { isSameDestination } from '../vault/vault.ts';
import type { Gateways } from './gateway.ts';
import { parseModels } from './models-list.ts';
import { stateOnDevice } from './on-device/state.ts';
import { isComplete, needsKey, type Provider } from './provider.ts';
import { askProvider } from './question.ts';
import { destinationOf, type Registry } from './registry.ts';

/** Which models there are. A provider's own list is cached 15 minutes and served while it is refreshed. */
export interface Catalogue {
  /** Never throws for a provider that does not answer: `failed` names it. 5 s a provider. */
  list(providers: readonly Provider[]): Promise<{
    models: { provider: Provider; model: CatalogModel }[];
    failed: string[];
  }>;
  /** From the cache alone: asks no one. */
  cached(provider: Provider): Promise<readonly CatalogModel[]>;
  /** True where the provider's list is known: a model that it lacks is not there. */
  isKnown(provider: Provider): Promise<boolean>;
  /** Asks again, one provider or all that can be asked, whatever the cache says. */
  refresh(providerId?: string): Promise<void>;
  /** Takes over a list that a screen has just read. */
  learn(provider: Provider, models: readonly CatalogModel[]): Promise<void>;
}

const FRESH_MS = 15 * 60_000;
const TIMEOUT_MS = 5_000;
/** A provider that has just failed is not asked again at once: each call would wait for it. */
const REST_AFTER_FAILURE_MS = 15_000;
/** How many keys are tried where the provider refuses one. */
const KEYS_TRIED = 3;

export interface CatalogueParts {
  ports: Pick<Ports, 'fetch' | 'now' | 'openDatabase' | 'keepAlive' | 'onDeviceModel'>;
  changes: Changes;
  registry: Pick<Registry, 'all'>;
  keys: Pick<Keys, 'listOf'>;
  tokens: Pick<Tokens, 'open'>;
  gateways?: Gateways;
}

export function createCatalogue({
  ports,
  changes,
  registry,
  keys,
  tokens,
  gateways,
}: CatalogueParts): Catalogue {
  let loading: Promise<Map<string, CatalogRecord>> | undefined;
  const running = new Map<string, Promise<boolean>>();
  const failedAt = new Map<string, number>();
  /** Lists read before this are asked for again: another key may see other models. */
  let staleBefore = 0;

  changes.listen((topic) => {
    if (topic === 'models') loading = undefined;
    if (topic === 'keys' || topic === 'providers') {
      failedAt.clear();
      staleBefore = ports.now();
    }
  });

  async function load(): Promise<Map<string, CatalogRecord>> {
    const { records } = await readRecords(await ports.openDatabase(), 'catalog');
    return new Map(records.map((record) => [record.provider, record]));
  }

  function loaded(): Promise<Map<string, CatalogRecord>> {
    if (loading) return loading;
    const reading = load();
    loading = reading;
    reading.catch(() => {
      if (loading === reading) loading = undefined;
    });
    return reading;
  }

  /** What is cached for the provider's present address. */
  async function recordOf(provider: Provider): Promise<CatalogRecord | undefined> {
    const record = (await loaded()).get(provider.id);
    return record?.source === provider.baseUrl ? record : undefined;
  }

  async function save(provider: Provider, models: readonly CatalogModel[]): Promise<void> {
    const record: CatalogRecord = {
      provider: provider.id,
      source: provider.baseUrl,
      fetchedAt: ports.now(),
      models: [...models],
    };
    failedAt.delete(provider.id);
    const memory = await loaded();
    memory.set(provider.id, record);
    try {
      await (await ports.openDatabase()).put('catalog', record);
    } catch {
      return; // a full disk costs the cache, not the call
    }
    changes.publish({ topic: 'models' });
    // What was just written is what a new read would give.
    loading ??= Promise.resolve(memory);
  }

  /** Whether it makes sense to ask: complete, has a list, a key where it needs one, and is in use. */
  async function usableKeys(provider: Provider): Promise<KeyRecord[] | undefined> {
    if (provider.builtIn || provider.quirks?.modelsPath === false || !isComplete(provider))
      return undefined;
    const destination = destinationOf(provider);
    const records = (await keys.listOf(provider.id)).filter(
      (key) => key.enabled && isSameDestination(key.destination, destination),
    );
    if (records.length > 0) return records;
    if (needsKey(provider)) return undefined;
    // A row of a server on this computer that no one has set up or found: a page that asks for the
    // list of models must not make us knock at the person's ports.
    const entry = (await registry.all()).byName.get(provider.id);
    return entry?.record !== undefined || (await recordOf(provider)) ? [] : undefined;
  }

  /** True where the provider gave its list. One question at a time a provider. */
  function ask(provider: Provider, keyRecords: readonly KeyRecord[]): Promise<boolean> {
    const current = running.get(provider.id);
    if (current) return current;
    const release = ports.keepAlive();
    const asking = askOnce(provider, keyRecords)
      .catch(() => false)
      .then((answered) => {
        if (!answered) failedAt.set(provider.id, ports.now());
        return answered;
      })
      .finally(() => {
        running.delete(provider.id);
        release();
      });
    running.set(provider.id, asking);
    return asking;
  }

  async function askOnce(provider: Provider, keyRecords: readonly KeyRecord[]): Promise<boolean> {
    const deadline = ports.now() + TIMEOUT_MS;
    const candidates = keyRecords.length > 0 ? keyRecords.slice(0, KEYS_TRIED) : [undefined];
    for (const key of candidates) {
      const sent = key && (await tokens.open(key, destinationOf(provider)).catch(() => undefined));
      if (key && !sent) continue;
      const reply = await askProvider(ports, {
        url: modelsUrl(provider),
        provider,
        ...sent,
        pass: await gateways?.passFor(provider),
        timeoutMs: Math.max(1, deadline - ports.now()),
      });
      if (reply.kind !== 'answer') return false;
      if (reply.status === 401 || reply.status === 403) continue;
      const models = reply.status === 200 ? parseModels(reply.body) : undefined;
      if (models) await save(provider, models);
      return models !== undefined;
    }
    return false;
  }

  /** The provider's models as far as they can be known now; and whether asking for them failed. */
  async function listOne(
    provider: Provider,
  ): Promise<{ models: readonly CatalogModel[]; failed: boolean }> {
    const keyRecords = await usableKeys(provider);
    const record = await recordOf(provider);
    if (keyRecords) {
      const now = ports.now();
      const rests = now - (failedAt.get(provider.id) ?? -Infinity) < REST_AFTER_FAILURE_MS;
      const fresh = record && now - record.fetchedAt < FRESH_MS && record.fetchedAt >= staleBefore;
      // What is old is served while it is read anew.
      if (record && !fresh && !rests) void ask(provider, keyRecords);
      if (!record && (rests || !(await ask(provider, keyRecords))))
        return { models: staticModels(provider), failed: !provider.models };
    }
    return { models: await cached(provider), failed: false };
  }

  async function cached(provider: Provider): Promise<readonly CatalogModel[]> {
    if (provider.onDevice && (await stateOnDevice(ports)) !== 'available') return [];
    return withStatic(provider, (await recordOf(provider))?.models ?? []);
  }

  return {
    async list(providers) {
      const lists = await Promise.all(providers.map(listOne));
      return {
        models: lists.flatMap(({ models }, index) =>
          models.map((model) => ({ provider: providers[index]!, model })),
        ),
        failed: providers.filter((_, index) => lists[index]?.failed).map(({ id }) => id),
      };
    },
    cached,
    async isKnown(provider) {
      if (provider.builtIn || provider.quirks?.modelsPath === false) return true;
      return (await recordOf(provider)) !== undefined;
    },
    async refresh(providerId) {
      const { enabled } = await registry.all();
      const wanted = enabled.filter(({ id }) => providerId === undefined || id === providerId);
      await Promise.all(
        wanted.map(async (provider) => {
          const keyRecords = await usableKeys(provider);
          if (keyRecords) await ask(provider, keyRecords);
        }),
      );
    },
    learn: save,
  };
}

/** Where servers of each format list their models; all on one page where they would cut it. */
const USUAL_PATH: Readonly<Record<UpstreamFormatName, string>> = Object.freeze({
  'openai-chat': '/models',
  'openai-responses': '/models',
  'anthropic-messages': '/models?limit=1000',
  'google-generate-content': '/models?pageSize=1000',
  'bedrock-converse': '/foundation-models',
  'openai-completions': '/models',
  'cohere-chat': '/models',
  'ollama-chat': '/models',
  'replicate-predictions': '/models',
});

/** Where a provider lists its models: below its base URL, or beside it on the same origin. */
export function modelsUrl(provider: Provider): string {
  const path = provider.quirks?.modelsPath || USUAL_PATH[provider.format];
  return new URL(path.replace(/^\//, ''), `${provider.baseUrl}/`).href;
}

function staticModels(provider: Provider): CatalogModel[] {
  return (provider.models ?? []).map((id) => {
    const name = provider.modelNames?.[id];
    return { ...provider.modelFacts?.[id], id, ...(name !== undefined && { name }) };
  });
}

/** What the provider lists, and what the row or the person says that it has beside. */
function withStatic(provider: Provider, listed: readonly CatalogModel[]): readonly CatalogModel[] {
  if (!provider.models?.length) return listed;
  if (listed.length === 0) return staticModels(provider);
  const ids = new Set(listed.map(({ id }) => id));
  return [...listed, ...staticModels(provider).filter(({ id }) => !ids.has(id))];
}
