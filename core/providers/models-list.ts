import type { CatalogModel } from '../storage/records.ts';
import { abilitiesOf } from './list-abilities.ts';
import { at, firstList, firstText, isObject, type Entry } from './list-entry.ts';

/**
 * A provider's list of models, in any of the shapes that they send: `data`, `models`, `result`, a
 * bare array, an object by id. Pure. Lenient: an entry that has no id is left out.
 * Shapes are those of the recorded lists (shared design, ../wire) and of the providers' references.
 */

const MOST_MODELS = 5_000;

/** `undefined` where the body is no list of models at all. */
export function parseModels(body: unknown): CatalogModel[] | undefined {
  const entries = listOf(body);
  if (!entries) return undefined;
  const models = new Map<string, CatalogModel>();
  for (const entry of entries) {
    const model = toModel(entry);
    if (model && !models.has(model.id)) models.set(model.id, model);
    if (models.size === MOST_MODELS) break;
  }
  // Entries of which none has an id are a list of something else.
  return models.size === 0 && entries.length > 0 ? undefined : [...models.values()];
}

function listOf(body: unknown): unknown[] | undefined {
  if (Array.isArray(body)) return body;
  if (!isObject(body)) return undefined;
  for (const key of ['data', 'models', 'result', 'modelSummaries', 'publisherModels']) {
    const list = body[key];
    if (Array.isArray(list)) return list;
    if (key === 'models' && isObject(list) && Object.values(list).every(isObject))
      return Object.entries(list).map(([id, entry]) => ({ id, ...(entry as Entry) }));
  }
  return undefined;
}

function toModel(entry: unknown): CatalogModel | undefined {
  if (typeof entry === 'string') return toModel({ id: entry });
  if (!isObject(entry)) return undefined;
  const id = idOf(entry);
  if (id === undefined) return undefined;
  const model: CatalogModel = { id };
  const name = firstText(entry, [
    'display_name',
    'displayName',
    'name',
    'model_spec.name',
    'modelName',
  ]);
  if (name !== undefined && name !== id && idFrom(name) !== id) model.name = name.slice(0, 200);
  const contextWindow =
    firstCount(entry, CONTEXT_FIELDS) ??
    contextByProviders(entry) ??
    property(entry, 'context_window');
  if (contextWindow !== undefined) model.contextWindow = contextWindow;
  const maxOutput = firstCount(entry, OUTPUT_FIELDS);
  if (maxOutput !== undefined) model.maxOutput = maxOutput;
  const created = createdOf(entry);
  if (created !== undefined) model.created = created;
  const kind = kindOf(entry);
  if (kind !== undefined) model.kind = kind;
  return Object.assign(model, abilitiesOf(entry));
}

/** Workers AI says `id` for a UUID, and GitHub once for a registry path; the name is what one calls. */
function idOf(entry: Entry): string | undefined {
  const id = firstText(entry, ['id', 'modelId']);
  const name = firstText(entry, ['name', 'model', 'slug']);
  const opaque = id !== undefined && /^[0-9a-f]{8}-[0-9a-f]{4}-|^azureml:/.test(id);
  const chosen = id === undefined || (opaque && name !== undefined) ? name : id;
  return chosen === undefined ? undefined : idFrom(chosen);
}

function idFrom(text: string): string | undefined {
  // Google lists `models/gemini-2.5-pro`, and calls it by what follows.
  const id = text.replace(/^models\//, '').trim();
  return id === '' || id.length > 300 || /[\p{C}]/u.test(id) ? undefined : id;
}

/** In the order in which they are believed: what a call may hold comes before what training had. */
const CONTEXT_FIELDS = [
  'context_window',
  'context_length',
  'limit.context',
  'max_context_length',
  'max_model_len',
  'inputTokenLimit',
  'contextWindow',
  'contextLength',
  'context_size',
  'max_context_window',
  'max_context_tokens',
  'max_input_tokens',
  'limits.max_context_window_tokens',
  'limits.max_input_tokens',
  'capabilities.limits.max_context_window_tokens',
  'model_spec.availableContextTokens',
  'top_provider.context_length',
  'metadata.context_length',
  'meta.n_ctx',
  'meta.n_ctx_train',
  'n_ctx',
] as const;

const OUTPUT_FIELDS = [
  'max_completion_tokens',
  'max_output_tokens',
  'max_output_length',
  'limit.output',
  'outputTokenLimit',
  'maxOutputTokens',
  'limits.max_output_tokens',
  'capabilities.limits.max_output_tokens',
  'top_provider.max_completion_tokens',
  'model_spec.maxCompletionTokens',
] as const;

function firstCount(entry: Entry, paths: readonly string[]): number | undefined {
  for (const path of paths) {
    const count = toCount(at(entry, path));
    if (count !== undefined) return count;
  }
  return undefined;
}

function toCount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0
    ? number
    : undefined;
}

/** Hugging Face tells it per server behind the model: the largest is what a call can reach. */
function contextByProviders(entry: Entry): number | undefined {
  const { providers } = entry;
  if (!Array.isArray(providers)) return undefined;
  const counts = providers.flatMap((one) =>
    isObject(one) ? (toCount(one.context_length) ?? []) : [],
  );
  return counts.length > 0 ? Math.max(...counts) : undefined;
}

/** Workers AI: `properties: [{property_id: 'context_window', value: '131072'}]`. */
function property(entry: Entry, id: string): number | undefined {
  const { properties } = entry;
  if (!Array.isArray(properties)) return undefined;
  const found: unknown = properties.find((one) => isObject(one) && one.property_id === id);
  return isObject(found) ? toCount(found.value) : undefined;
}

function createdOf(entry: Entry): number | undefined {
  for (const value of [entry.created, entry.created_at]) {
    if (typeof value === 'number' && value > 0)
      return Math.floor(value > 1e11 ? value / 1000 : value);
    const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    if (parsed > 0) return Math.floor(parsed / 1000);
  }
  return undefined;
}

type Kind = NonNullable<CatalogModel['kind']>;

/** Words of a model's type or task, as providers say them. */
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/embed|feature.?extraction/, 'embedding'],
  [/transcri|speech|audio|voice|tts/, 'audio'],
  [/image|flumina|diffusion/, 'image'],
  [/chat|language|llm|vlm|text.?generation|completion/, 'chat'],
  [/rerank|moderation|classif|detection|video|translat|summari/, 'other'],
];

function kindOf(entry: Entry): Kind | undefined {
  const outputs = firstList(entry, [
    'output_modalities',
    'architecture.output_modalities',
    'modalities.output',
    'supported_output_modalities',
  ]);
  if (outputs) {
    if (outputs.includes('text')) return 'chat';
    return kindByWord(outputs.join(' ')) ?? 'other';
  }
  const methods = firstList(entry, ['supportedGenerationMethods', 'endpoints']);
  if (methods) {
    if (methods.some((method) => method === 'generateContent' || method === 'chat')) return 'chat';
    return kindByWord(methods.join(' ').toLowerCase()) ?? 'other';
  }
  if (at(entry, 'capabilities.completion_chat') === true || entry.supports_chat === true)
    return 'chat';
  const word = firstText(entry, ['task.name', 'type', 'task', 'kind', 'capabilities.type']);
  const known = word === undefined ? undefined : kindByWord(word.toLowerCase());
  if (known === 'chat' && entry.supports_chat === false) return 'other';
  if (known !== undefined) return known;
  return at(entry, 'capabilities.completion_chat') === false || entry.supports_chat === false
    ? 'other'
    : undefined;
}

function kindByWord(word: string): Kind | undefined {
  return KINDS.find(([pattern]) => pattern.test(word))?.[1];
}
