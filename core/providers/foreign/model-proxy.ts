/**
 * model-proxy: its bundles, and its files `config/providers/*.json` and `config/models/*.json`, alone
 * or several in a list.
 */
import type { FormatName } from '../../formats/chat.ts';
import type { BundleKey, BundleModel, BundleProvider } from '../../vault/bundle-schema.ts';
import {
  createNotes,
  fieldOf,
  isFields,
  listOf,
  numberOf,
  textOf,
  toForeign,
  type Foreign,
} from './foreign.ts';
import type { KnownNames } from './known-names.ts';

const FORMATS: Readonly<Record<string, FormatName>> = Object.freeze({
  openai: 'openai-chat',
  anthropic: 'anthropic-messages',
});

type Notes = ReturnType<typeof createNotes>;

/** Undefined where it is something else. */
export function fromModelProxy(input: unknown, known: KnownNames): Foreign | undefined {
  const setup = fieldOf(input, 'setup');
  const files = isFields(setup)
    ? [...listOf(setup.providers), ...listOf(setup.models)]
    : Array.isArray(input)
      ? listOf(input)
      : [input];
  const providerFiles = files.filter(isProviderFile);
  const modelFiles = files.filter(isModelFile);
  if (
    !isFields(setup) &&
    (files.length === 0 || providerFiles.length + modelFiles.length < files.length)
  )
    return undefined;
  const notes = createNotes();
  const ids = new Map<string, string>();
  const idOf = (name: string) => ids.get(name) ?? known.find(name) ?? toId(name);
  const providers = providerFiles.flatMap((file) => {
    const provider = toProvider(file, known, notes);
    if (provider) ids.set(textOf(file, 'name') ?? '', provider.id);
    return provider && Object.keys(provider).length > 1 ? provider : [];
  });
  const models = modelFiles.flatMap((file) => toModel(file, idOf, notes) ?? []);
  const keys = Object.entries(
    (fieldOf(setup, 'api_keys') ?? {}) as Record<string, unknown>,
  ).flatMap(([name, list]) => toKeys(idOf(name), listOf(list)));
  if (
    isFields(fieldOf(setup, 'environment')) &&
    Object.keys(fieldOf(setup, 'environment') as object).length > 0
  )
    notes.add('Environment variables that are no keys have no place here');
  return toForeign('a model-proxy configuration', { providers, keys, models }, notes.list());
}

const isProviderFile = (file: unknown) =>
  textOf(file, 'name') !== undefined && isFields(fieldOf(file, 'endpoints'));
const isModelFile = (file: unknown) =>
  textOf(file, 'logical_name') !== undefined && Array.isArray(fieldOf(file, 'model_routings'));

function toProvider(file: unknown, known: KnownNames, notes: Notes): BundleProvider | undefined {
  const name = textOf(file, 'name') ?? '';
  const endpoints = fieldOf(file, 'endpoints');
  const override = fieldOf(file, 'proxy_support');
  const isOverridden = fieldOf(override, 'enabled') === true;
  const baseUrl =
    (isOverridden && textOf(override, 'base_url_override')) || textOf(endpoints, 'base_url');
  const disabled = fieldOf(file, 'enabled') === false ? { enabled: false } : {};
  const id = known.find(name);
  // The file of a known one mostly says what is known: its own server needs no second address.
  if (id !== undefined && (!baseUrl || known.findByAddress(baseUrl) === id))
    return { id, ...disabled };
  if (!baseUrl) {
    notes.add(`${name} has no base_url`);
    return undefined;
  }
  const format = FORMATS[textOf(endpoints, 'compatible_format') ?? 'openai'] ?? 'openai-chat';
  const authentication = fieldOf(file, 'authentication');
  const header = textOf(authentication, 'header_name');
  const isBearer = /^bearer$/i.test(textOf(authentication, 'type') ?? 'bearer');
  const extra = Object.entries(
    (fieldOf(authentication, 'additional_headers') ?? {}) as Record<string, unknown>,
  ).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    id: id ?? toId(name),
    ...(textOf(file, 'display_name') && { name: textOf(file, 'display_name') }),
    format,
    baseUrl,
    auth:
      !isBearer && header ? { scheme: 'header', name: header.toLowerCase() } : { scheme: 'bearer' },
    ...(extra.length > 0 && { headers: Object.fromEntries(extra) }),
    ...disabled,
  };
}

const toId = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 64) || 'imported';

function toModel(
  file: unknown,
  idOf: (name: string) => string,
  notes: Notes,
): BundleModel | undefined {
  const id = textOf(file, 'logical_name') ?? '';
  const usual = numberOf(file, 'timeout_seconds');
  for (const field of ['default_cooldown_seconds', 'cooldown', 'ignore'])
    if (fieldOf(file, field) !== undefined) notes.add(cooldownNote);
  const routes = listOf(fieldOf(file, 'model_routings')).flatMap((route) => {
    const [provider, model] = [textOf(route, 'provider'), textOf(route, 'model')];
    // Files of old mark a route that is not to be asked.
    if (!provider || !model || fieldOf(route, 'ignore') === true) {
      notes.add(`A route of ${id} is not in use there, and is left out`);
      return [];
    }
    if (
      fieldOf(route, 'cooldown') !== undefined ||
      fieldOf(route, 'cooldown_seconds') !== undefined
    )
      notes.add(cooldownNote);
    if (textOf(route, 'base_url'))
      notes.add(`A route of ${id} has an address of its own, which is left out`);
    if (Array.isArray(fieldOf(route, 'api_key_env')))
      notes.add(
        'Which variables the keys of a route stand in is left out: any key of its provider is used',
      );
    const seconds = numberOf(route, 'timeout_seconds') ?? usual;
    const wire = FORMATS[textOf(route, 'wire_protocol') ?? ''];
    return [
      {
        provider: idOf(provider),
        model,
        ...(seconds !== undefined && seconds > 0 && { timeoutMs: Math.round(seconds * 1000) }),
        ...(wire && { wire }),
      },
    ];
  });
  if (routes.length === 0) {
    notes.add(`${id} has no route that can be used`);
    return undefined;
  }
  const fallbacks = listOf(fieldOf(file, 'fallback_model_routings')).filter(
    (name): name is string => typeof name === 'string' && name !== '',
  );
  const contextWindow = numberOf(file, 'context_window');
  return {
    id,
    routes,
    ...(fallbacks.length > 0 && { fallbacks }),
    ...(contextWindow !== undefined && contextWindow > 0 && { contextWindow }),
  };
}

const cooldownNote = 'How long a key rests is decided here by what its provider answers';

function toKeys(provider: string, list: readonly unknown[]): BundleKey[] {
  return list.flatMap((entry) => {
    const secret = typeof entry === 'string' ? entry.trim() : textOf(entry, 'value');
    if (!secret) return [];
    const label = textOf(entry, 'env_var');
    return [{ provider, secret, ...(label && { label }) }];
  });
}
