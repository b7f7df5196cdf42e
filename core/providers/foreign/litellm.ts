/** LiteLLM's `config.yaml`: `model_list`, and the fallbacks of its router. */
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
import { toProviderId, type KnownNames } from './known-names.ts';

/** What a model without a prefix is of, where LiteLLM needs none. */
const BARE: readonly (readonly [beginning: RegExp, provider: string])[] = [
  [/^(gpt-|chatgpt-|o\d|text-embedding-|dall-e|whisper|tts-)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^gemini-/, 'google-ai-studio'],
  [/^command-/, 'cohere'],
];
const SPEAKS_OPENAI =
  /^(openai|custom_openai|openai_like|hosted_vllm|litellm_proxy|text-completion-openai)$/;

/** Takes the parsed YAML. Undefined where it is something else. */
export function fromLitellm(input: unknown, known: KnownNames): Foreign | undefined {
  const list = fieldOf(input, 'model_list');
  if (!Array.isArray(list)) return undefined;
  const notes = createNotes();
  const providers = new Map<string, BundleProvider>();
  const keys = new Map<string, BundleKey>();
  const models = new Map<string, BundleModel>();
  const variables = fieldOf(input, 'environment_variables');

  for (const entry of listOf(list)) {
    const id = textOf(entry, 'model_name');
    const parameters = fieldOf(entry, 'litellm_params');
    const full = textOf(parameters, 'model');
    if (!id || !full) {
      notes.add('An entry of model_list without model_name or model is left out');
      continue;
    }
    if (id.includes('*')) {
      notes.add(`${id} stands for many models, which are here under their own names`);
    }
    const address = resolve(
      textOf(parameters, 'api_base') ?? textOf(parameters, 'base_url'),
      variables,
    );
    const target = toTarget(full, address, known);
    if (!target) {
      notes.add(`Who is meant by ${full} is not known here`);
      continue;
    }
    if (target.provider) providers.set(target.provider.id, target.provider);
    const secret = resolve(textOf(parameters, 'api_key'), variables);
    const variable = /^os\.environ\/(.+)$/.exec(textOf(parameters, 'api_key') ?? '')?.[1];
    if (secret)
      keys.set(`${target.id} ${secret}`, {
        provider: target.id,
        secret,
        ...(variable && { label: variable }),
      });
    else if (variable)
      notes.add(`The key in the variable ${variable} is not in the file: paste it under Keys`);
    if (id.includes('*') || target.model === '*') continue;
    const timeout = numberOf(parameters, 'timeout');
    const contextWindow = numberOf(fieldOf(entry, 'model_info'), 'max_input_tokens');
    const model = models.get(id) ?? { id, routes: [] };
    // One name with several entries is LiteLLM's way to say: any of these.
    model.routes.push({
      provider: target.id,
      model: target.model,
      ...(timeout !== undefined && timeout > 0 && { timeoutMs: Math.round(timeout * 1000) }),
      ...(contextWindow !== undefined &&
        contextWindow > 0 && { contextWindow: Math.round(contextWindow) }),
    });
    models.set(id, model);
  }
  addFallbacks(input, models, notes.add);
  if (fieldOf(input, 'general_settings') !== undefined)
    notes.add('general_settings are of a server, and have no place here');
  return toForeign(
    'a LiteLLM configuration',
    { providers: [...providers.values()], keys: [...keys.values()], models: [...models.values()] },
    notes.list(),
  );
}

function toTarget(
  full: string,
  address: string | undefined,
  known: KnownNames,
): { id: string; model: string; provider?: BundleProvider } | undefined {
  const slash = full.indexOf('/');
  const prefix = slash < 0 ? undefined : full.slice(0, slash);
  const model = prefix === undefined ? full : full.slice(slash + 1);
  const named =
    prefix === undefined
      ? BARE.find(([beginning]) => beginning.test(full))?.[1]
      : known.find(prefix);
  if (address === undefined) return named === undefined ? undefined : { id: named, model };
  const owner = known.findByAddress(address);
  if (
    owner !== undefined &&
    (named === undefined || owner === named || SPEAKS_OPENAI.test(prefix ?? ''))
  )
    return { id: owner, model };
  // A server of somebody's own: a provider by itself, and never another address for a known one.
  const speaksOpenai = prefix === undefined || SPEAKS_OPENAI.test(prefix) || named === undefined;
  const isAnthropic = prefix === 'anthropic';
  const id = toProviderId(address);
  const format = isAnthropic ? 'anthropic-messages' : 'openai-chat';
  if (
    !speaksOpenai &&
    !isAnthropic &&
    !/^(ollama|ollama_chat|vllm|lm_studio|llamafile)$/.test(prefix ?? '')
  )
    return undefined;
  return { id, model, provider: { id, format, baseUrl: address } };
}

/** `os.environ/NAME` as the file itself says it, where it does. */
function resolve(value: string | undefined, variables: unknown): string | undefined {
  const name = /^os\.environ\/(.+)$/.exec(value ?? '')?.[1];
  return name === undefined ? value : textOf(variables, name);
}

/** `fallbacks: [{ "gpt-4": ["gpt-3.5"] }]`, of the router or of all. */
function addFallbacks(
  input: unknown,
  models: ReadonlyMap<string, BundleModel>,
  note: (text: string) => void,
): void {
  const lists = ['router_settings', 'litellm_settings'].flatMap((section) =>
    listOf(fieldOf(fieldOf(input, section), 'fallbacks')),
  );
  for (const entry of lists.filter(isFields))
    for (const [id, names] of Object.entries(entry)) {
      const model = models.get(id);
      const fallbacks = listOf(names).filter((name): name is string => typeof name === 'string');
      if (model && fallbacks.length > 0) model.fallbacks = fallbacks;
      else note(`The fallbacks of ${id} have no model to belong to`);
    }
}
