/**
 * What to do with the records of a bundle that are here already and say something else: left out of
 * the bundle, or given another name. Then it is planned again. Pure.
 */
import { CATALOG } from '../providers/catalog.ts';
import { idOfProvider } from './provider-names.ts';
import type { Bundle, BundleChat, BundleSite, Fault, Section } from './bundle-schema.ts';

/** `overwrite` takes the bundle's, `skip` keeps what is here, `rename` keeps both where both can be. */
export type ConflictPolicy = 'overwrite' | 'skip' | 'rename';

/** Which records of each section, by their place in the bundle; of the settings by name. */
export type Conflicts = { readonly [Name in Exclude<Section, 'settings'>]: readonly number[] } & {
  readonly settings: readonly string[];
  /** Providers whose calls would go to another address than now. */
  readonly movedProviders: readonly string[];
};

export interface Resolved {
  bundle: Bundle;
  /** Names of what was left out. */
  skipped: Record<Section, string[]>;
  /** What got another name. */
  renamed: Fault[];
}

type Taken = Readonly<
  Record<'providers' | 'models' | 'profiles' | 'profileNames', ReadonlySet<string>>
> & {
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
};

export function resolveConflicts(
  bundle: Bundle,
  conflicts: Conflicts,
  policy: Exclude<ConflictPolicy, 'overwrite'>,
  taken: Taken,
  randomId: () => string,
): Resolved {
  const skipped: Record<Section, string[]> = {
    providers: [],
    keys: [],
    models: [],
    profiles: [],
    sites: [],
    settings: [],
    chats: [],
  };
  const renamed: Fault[] = [];
  const rename = (path: string, from: string, to: string) => {
    renamed.push({ path, message: `${from} becomes ${to}` });
    return to;
  };
  const providerNames = new Map<string, string>();
  const modelNames = new Map<string, string>();
  const profileNames = new Map<string, string>();
  const keyNames = new Map<string, string>();
  const next: Bundle = { ...bundle };
  const isRenamed = policy === 'rename';

  next.providers = bundle.providers?.flatMap((entry, index) => {
    if (!conflicts.providers.includes(index)) return entry;
    // A known one is what it is: there are no two of it.
    if (!isRenamed || entry.baseUrl === undefined || CATALOG.some(({ id }) => id === entry.id)) {
      skipped.providers.push(entry.id);
      return [];
    }
    const id = rename(
      `providers[${index}].id`,
      entry.id,
      toFreeName(entry.id, taken.providers, bundle.providers ?? []),
    );
    providerNames.set(entry.id, id);
    const beside = { ...entry, id };
    delete beside.order;
    return beside;
  });

  const isLeftOut = (name: string) => {
    const provider = idOfProvider(name);
    return skipped.providers.includes(provider) && conflicts.movedProviders.includes(provider);
  };
  next.keys = bundle.keys?.flatMap((entry, index) => {
    const name = `${entry.provider} · ${entry.label ?? ''}`;
    // Its provider stays at another address than the one that this key was meant for.
    if (isLeftOut(entry.provider)) {
      skipped.keys.push(name);
      return [];
    }
    const provider = providerNames.get(idOfProvider(entry.provider));
    if (provider !== undefined) return { ...entry, provider };
    if (!conflicts.keys.includes(index)) return entry;
    if (!isRenamed || entry.label === undefined) {
      skipped.keys.push(name);
      return [];
    }
    const label = toFreeName(entry.label, taken.labels.get(entry.provider) ?? new Set(), [], ' ');
    const id = idOfProvider(entry.provider);
    keyNames.set(`${id}/${entry.label}`, `${id}/${label}`);
    return { ...entry, label: rename(`keys[${index}].label`, entry.label, label) };
  });

  next.models = bundle.models?.flatMap((entry, index) => {
    if (!conflicts.models.includes(index)) return entry;
    if (!isRenamed) {
      skipped.models.push(entry.id);
      return [];
    }
    const id = toFreeName(entry.id, taken.models, bundle.models ?? []);
    modelNames.set(entry.id, id);
    return { ...entry, id: rename(`models[${index}].id`, entry.id, id) };
  });
  next.models = next.models?.map((model) => ({
    ...model,
    routes: model.routes.map((route) => ({
      ...route,
      provider: providerNames.get(route.provider) ?? route.provider,
    })),
    ...(model.fallbacks && {
      fallbacks: model.fallbacks.map((name) => modelNames.get(name) ?? name),
    }),
  }));

  /** `my-box/main`, `my-box/*`: what is here under the old name is not what was meant. */
  const ofRenamed = (name: string) => {
    const slash = name.indexOf('/');
    const provider = slash < 0 ? undefined : providerNames.get(name.slice(0, slash));
    return provider === undefined ? name : provider + name.slice(slash);
  };
  const withNames = <Permits extends Pick<BundleSite, 'keys' | 'models' | 'defaultModel'>>(
    entry: Permits,
  ): Permits => {
    const { keys, models, defaultModel } = entry;
    const modelName = (name: string) => modelNames.get(name) ?? ofRenamed(name);
    return {
      ...entry,
      ...(keys && { keys: keys.map((name) => keyNames.get(name) ?? ofRenamed(name)) }),
      ...(models && { models: models.map(modelName) }),
      ...(defaultModel !== undefined && { defaultModel: modelName(defaultModel) }),
    };
  };

  next.profiles = bundle.profiles?.flatMap((entry, index) => {
    if (!conflicts.profiles.includes(index)) return entry;
    if (!isRenamed) {
      skipped.profiles.push(entry.name);
      return [];
    }
    const others = bundle.profiles ?? [];
    const id = toFreeName(entry.id, taken.profiles, others);
    profileNames.set(entry.id, id);
    rename(`profiles[${index}].id`, entry.id, id);
    const lower = others.map(({ name }) => ({ id: name.toLowerCase() }));
    const isFree = (name: string) =>
      !taken.profileNames.has(name) && !lower.some((other) => other.id === name);
    return { ...entry, id, name: toFreeProfileName(entry.name, isFree) };
  });
  const isProfileKept = (id: string | undefined) =>
    !isRenamed &&
    bundle.profiles?.some((entry, index) => entry.id === id && conflicts.profiles.includes(index));
  next.sites = bundle.sites?.flatMap((site, index) => {
    // What is here under that name may allow more than the file does.
    if (conflicts.sites.includes(index) || isProfileKept(site.profile)) {
      skipped.sites.push(site.origin);
      return [];
    }
    const profile = profileNames.get(site.profile ?? '');
    return profile === undefined ? site : { ...site, profile };
  });
  if (bundle.settings) {
    skipped.settings.push(...conflicts.settings);
    next.settings = Object.fromEntries(
      Object.entries(bundle.settings).filter(([name]) => !conflicts.settings.includes(name)),
    );
  }
  next.chats = bundle.chats?.flatMap((chat, index) => {
    if (!conflicts.chats.includes(index)) return chat;
    if (isRenamed) {
      renamed.push({ path: `chats[${index}].id`, message: `${chat.title} becomes a second chat` });
      return toCopy(chat, randomId);
    }
    skipped.chats.push(chat.title);
    return [];
  });
  next.profiles = next.profiles?.map(withNames);
  next.sites = next.sites?.map(withNames);
  return { bundle: withoutUndefined(next), skipped, renamed };
}

/** `turbo-2`, or the first number that neither side has. */
function toFreeName(
  name: string,
  taken: ReadonlySet<string>,
  others: readonly { id: string }[],
  between = '-',
): string {
  for (let number = 2; ; number++) {
    const candidate = `${name.slice(0, 60)}${between}${number}`;
    if (!taken.has(candidate) && !others.some(({ id }) => id === candidate)) return candidate;
  }
}

/** `Work 2`; case does not tell two names apart. */
function toFreeProfileName(name: string, isFree: (lower: string) => boolean): string {
  for (let number = 2; ; number++) {
    const candidate = `${name.slice(0, 50).trimEnd()} ${number}`;
    if (isFree(candidate.toLowerCase())) return candidate;
  }
}

function toCopy(chat: BundleChat, randomId: () => string): BundleChat {
  const ids = new Map(chat.messages.map(({ id }) => [id, randomId()]));
  const { leafId, messages, ...rest } = chat;
  const leaf = ids.get(leafId ?? '');
  return {
    ...rest,
    id: randomId(),
    ...(leaf !== undefined && { leafId: leaf }),
    messages: messages.map(({ parentId, id, ...message }) => {
      const parent = ids.get(parentId ?? '');
      return {
        ...message,
        id: ids.get(id) ?? randomId(),
        ...(parent !== undefined && { parentId: parent }),
      };
    }),
  };
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}
