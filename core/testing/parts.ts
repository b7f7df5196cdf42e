import { createChanges } from '../changes.ts';
import type { Parts } from '../endpoints/endpoint.ts';
import { RouterError } from '../errors.ts';
import { FORMATS } from '../formats/index.ts';
import { createHandle, type Handle } from '../handle.ts';
import type { Cooldown } from '../middleware/cooldowns.ts';
import { createAttempts } from '../middleware/attempts.ts';
import { createCredentials, type Credentials } from '../middleware/credentials.ts';
import { createHealth, type StateStore } from '../middleware/health.ts';
import { createLiveRequests } from '../middleware/live.ts';
import type { Target } from '../middleware/resolve.ts';
import type { Permissions } from '../permissions/grants.ts';
import { createOffers } from '../permissions/offers.ts';
import type { Caller } from '../ports.ts';
import { CATALOG } from '../providers/catalog.ts';
import { fetchOf } from '../providers/built-in.ts';
import type { Provider } from '../providers/provider.ts';
import type { KeyRecord, SiteRecord } from '../storage/records.ts';
import type { AttemptUsage, CallUsage } from '../usage/counter.ts';
import { maskSecret } from '../vault/mask.ts';
import { createTestPorts, type TestPorts } from './ports.ts';

export const FIRST_PARTY: Caller = { kind: 'first-party' };
export const SITE: Caller = {
  kind: 'site',
  origin: 'https://app.example',
  topOrigin: 'https://app.example',
};

export interface TestRouter {
  handle: Handle;
  parts: Parts;
  ports: TestPorts;
  /** The calls that came to an upstream, with the last attempt's fields beside their own. */
  usage: (AttemptUsage & CallUsage)[];
  /** How many keep-alives are held. */
  awake(): number;
  /** What is not asked now, or asked last. */
  cooldowns(): Promise<Cooldown[]>;
  /** Moves the router's clock on, in milliseconds. */
  pass(milliseconds: number): void;
  /** Posts a chat body as our own page, or as the caller given. */
  chat(body: object | string, options?: ChatOptions): Promise<Response>;
}

interface ChatOptions {
  caller?: Caller;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  path?: string;
}

/**
 * A router without a database: the real handler, formats, live requests and network, over small
 * parts that a test can see through. A model is `provider/model`; `a/x,b/y` is a chain.
 */
export function createTestRouter(
  options: {
    providers?: readonly Provider[];
    /** The keys of each provider, used in turn. */
    keys?: Record<string, string[]>;
    grant?: Partial<SiteRecord> | 'none';
    revoked?: AbortSignal;
    parts?: Partial<Parts>;
  } = {},
): TestRouter {
  let awake = 0;
  let later = 0;
  const usage: TestRouter['usage'] = [];
  const ports = createTestPorts({
    fetch: (request) => fetch(request),
    now: () => Date.now() + later,
    keepAlive: () => {
      awake += 1;
      return () => (awake -= 1);
    },
  });
  const mock = CATALOG.find(({ builtIn }) => builtIn)!;
  const providers = [mock, ...(options.providers ?? [])];
  const find = (id: string) => providers.find((provider) => provider.id === id.toLowerCase());
  const changes = createChanges(ports);
  const store = createMemoryState();
  const health = createHealth({ ports, changes, store });

  const pooled = createCredentials({
    ports,
    changes,
    health,
    store,
    ...keysOf(options.keys ?? {}),
  });
  const credentials: Credentials = {
    ...pooled,
    // Without keys it is asked without one, whatever its row says.
    next: (provider, ask) => pooled.next({ ...provider, keyOptional: true }, ask),
    usable: async () => true,
  };

  const parts: Parts = {
    ports,
    formats: FORMATS,
    permissions: createPermissions(options.grant, options.revoked),
    registry: {
      list: async () => [...providers],
      find: async (id) => find(id),
      all: () => Promise.reject(new Error('not in this test')),
    },
    waitForUnlock: () => Promise.reject(new Error('not in this test')),
    offers: createOffers(ports, { find: async () => undefined }),
    bundles: {
      exportBundle: () => Promise.reject(new Error('not in this test')),
      importBundle: () => Promise.reject(new Error('not in this test')),
    },
    catalogue: {
      async list(asked) {
        const lists = await Promise.all(asked.map((provider) => listOf(provider, ports)));
        return {
          models: lists.flatMap((list, index) =>
            (list ?? []).map((id) => ({ provider: asked[index]!, model: { id } })),
          ),
          failed: asked.filter((_, index) => lists[index] === undefined).map(({ id }) => id),
        };
      },
      cached: async () => [],
      isKnown: async () => true,
      refresh: async () => {},
      learn: async () => {},
    },
    async resolve({ model, provider }) {
      const targets = (model ?? 'mock/echo').split(',').map((route): Target => {
        const [prefix = '', ...rest] = route.split('/');
        const found = find(provider ?? prefix);
        if (found === undefined) {
          throw new RouterError('model_not_found', `No ${route}.`, { param: 'model' });
        }
        return { provider: found, model: provider ? route : rest.join('/') };
      });
      return { targets, answerModel: model ?? 'mock/echo' };
    },
    credentials,
    reserve: async (_grant, targets) => ({ targets }),
    usage: {
      record: async (call) => {
        const last = call.attempts.at(-1);
        if (last !== undefined) usage.push({ ...last, ...call });
      },
      today: async () => ({
        day: '2026-11-20',
        requests: usage.length,
        inputTokens: 0,
        outputTokens: 0,
        bySite: [],
      }),
      between: () => Promise.reject(new Error('not in this test')),
      ever: () => Promise.reject(new Error('not in this test')),
    },
    log: {
      begin: () => {},
      attempt: () => {},
      end: () => {},
      list: () => Promise.reject(new Error('not in this test')),
      clear: () => Promise.reject(new Error('not in this test')),
    },
    live: createLiveRequests(ports),
    attempts: createAttempts(ports),
    isLocked: async () => false,
    settings: async () => ({ sameKeyRetries: 0 }),
    logicalModels: {
      list: async () => [],
      save: () => Promise.reject(new Error('not in this test')),
      remove: () => Promise.reject(new Error('not in this test')),
    },
    checkKeys: () => Promise.reject(new Error('not in this test')),
    ...options.parts,
  };
  const handle = createHandle(parts);
  return {
    handle,
    parts,
    ports,
    usage,
    awake: () => awake,
    cooldowns: async () => (await health.table()).list(ports.now()),
    pass: (milliseconds) => void (later += milliseconds),
    chat: (body, { caller = FIRST_PARTY, headers, signal, path = '/v1/chat/completions' } = {}) =>
      handle(
        new Request(`https://gatehouse.invalid${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: typeof body === 'string' ? body : JSON.stringify(body),
          signal,
        }),
        caller,
      ),
  };
}

function createPermissions(
  grant: Partial<SiteRecord> | 'none' = {},
  revoked?: AbortSignal,
): Permissions {
  return {
    async check() {
      if (grant === 'none') {
        throw new RouterError('origin_not_authorized', 'This site may not use Gatehouse.');
      }
      const site: SiteRecord = {
        origin: 'https://app.example',
        decision: 'allow',
        scopes: ['chat'],
        models: ['*'],
        ...grant,
      };
      return { models: site.models, site, revoked };
    },
    find: async () => undefined,
    list: async () => [],
    save: async () => {},
    revoke: async () => {},
    recheck: async () => {},
    listProfiles: async () => [],
    saveProfile: async (profile) => ({ id: 'profile', ...profile }),
    deleteProfile: async () => {},
  };
}

/** Keys that lie open: a key's id and label are its secret. */
function keysOf(keys: Record<string, string[]>) {
  return {
    keys: {
      listOf: async (provider: string) =>
        (keys[provider] ?? []).map((secret) => toKeyRecord(provider, secret)),
      update: async (id: string) => toKeyRecord('', id),
    },
    vault: { open: async ({ id }: KeyRecord) => id },
  };
}

export function toKeyRecord(provider: string, secret: string, weight = 1): KeyRecord {
  const destination = { providerId: provider, origin: '', pathPrefix: '', authScheme: '' };
  return {
    id: secret,
    provider,
    label: secret,
    enabled: true,
    weight,
    preview: maskSecret(secret),
    destination,
    sealed: {
      v: 1,
      alg: 'A256GCM',
      epoch: 1,
      id: secret,
      iv: new Uint8Array(),
      ct: new Uint8Array(),
    },
    createdAt: 0,
  };
}

export function createMemoryState(): StateStore {
  const values = new Map<string, unknown>();
  return {
    get: async (name) => structuredClone(values.get(name)),
    put: async (name, value) => void values.set(name, structuredClone(value)),
  };
}

async function listOf(provider: Provider, ports: TestPorts): Promise<string[] | undefined> {
  const request = new Request(`${provider.baseUrl}/models`);
  const answer = await fetchOf(provider, ports)(request).catch(() => undefined);
  if (!answer?.ok) return undefined;
  const { data } = (await answer.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

/** A provider on a loopback server. */
export function providerAt(origin: string, change: Partial<Provider> = {}): Provider {
  return {
    id: 'box',
    name: 'Box',
    format: 'openai-chat',
    baseUrl: `${origin}/v1`,
    auth: { scheme: 'bearer' },
    ...change,
  };
}

export async function errorOf(answer: Response): Promise<{
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}> {
  return ((await answer.json()) as { error: Awaited<ReturnType<typeof errorOf>> }).error;
}
