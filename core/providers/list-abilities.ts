import type { CatalogModel, ModelPrice } from '../storage/records.ts';
import { at, firstList, isObject, type Entry } from './list-entry.ts';

/** What an entry of a provider's list says that the model can do, and what it costs. */
export type Abilities = Pick<CatalogModel, 'takes' | 'tools' | 'reasoning' | 'price'>;

type Taken = NonNullable<CatalogModel['takes']>[number];

/** Providers' words for what a model takes. */
const TAKES: Readonly<Record<string, Taken>> = Object.freeze({
  image: 'image',
  images: 'image',
  vision: 'image',
  file: 'file',
  pdf: 'file',
  document: 'file',
  audio: 'audio',
  video: 'video',
});

export function abilitiesOf(entry: Entry): Abilities {
  const abilities: Abilities = {};
  const takes = takesOf(entry);
  if (takes) abilities.takes = takes;
  const tools = toolsOf(entry);
  if (tools !== undefined) abilities.tools = tools;
  const reasoning = reasoningOf(entry);
  if (reasoning !== undefined) abilities.reasoning = reasoning;
  const price = priceOf(entry);
  if (price) abilities.price = price;
  return abilities;
}

function takesOf(entry: Entry): Taken[] | undefined {
  const listed = firstList(entry, [
    'architecture.input_modalities',
    'input_modalities',
    'supported_input_modalities',
    'modalities.input',
  ]);
  if (listed) return [...new Set(listed.flatMap((word) => TAKES[word.toLowerCase()] ?? []))];
  const vision = firstFlag(entry, [
    'capabilities.vision',
    'supports_image_input',
    'supports_vision',
    'model_spec.capabilities.supportsVision',
    'capabilities.supports.vision',
  ]);
  const said = vision ?? words(entry)?.includes('vision');
  return said === undefined ? undefined : said ? ['image'] : [];
}

function toolsOf(entry: Entry): boolean | undefined {
  const parameters = firstList(entry, ['supported_parameters']);
  if (parameters) return parameters.includes('tools');
  const said = words(entry);
  if (said) return said.some((word) => /^tools?$|tool.call|function/.test(word));
  if (Array.isArray(entry.providers)) {
    const flags = entry.providers.flatMap((one) =>
      isObject(one) && typeof one.supports_tools === 'boolean' ? [one.supports_tools] : [],
    );
    if (flags.length > 0) return flags.includes(true);
  }
  return firstFlag(entry, [
    'supports_tools',
    'capabilities.function_calling',
    'capabilities.supports.tool_calls',
    'model_spec.capabilities.supportsFunctionCalling',
  ]);
}

function reasoningOf(entry: Entry): boolean | undefined {
  const parameters = firstList(entry, ['supported_parameters']);
  if (parameters) return parameters.includes('reasoning');
  const said = words(entry)?.some((word) => word === 'reasoning' || word === 'thinking');
  return (
    said ??
    firstFlag(entry, [
      'thinking',
      'capabilities.reasoning',
      'model_spec.capabilities.supportsReasoning',
    ])
  );
}

/** Lists of features as words: GitHub and Ollama say `capabilities`, Groq `supported_features`. */
function words(entry: Entry): string[] | undefined {
  return firstList(entry, ['capabilities', 'supported_features'])?.map((word) =>
    word.toLowerCase(),
  );
}

function firstFlag(entry: Entry, paths: readonly string[]): boolean | undefined {
  for (const path of paths) {
    const value = at(entry, path);
    if (typeof value === 'boolean') return value;
  }
  return undefined;
}

/**
 * In USD per million tokens. What makes pictures, sounds or films and has a price of zero is paid by
 * the piece, unless it says that it is free: no one knows its price.
 */
function priceOf(entry: Entry): ModelPrice | undefined {
  const price = listedPrice(entry);
  if (price === undefined || price.input > 0 || price.output > 0) return price;
  return isMaker(entry) && !String(entry.id).endsWith(':free') ? undefined : price;
}

function isMaker(entry: Entry): boolean {
  const made = firstList(entry, ['architecture.output_modalities', 'output_modalities']) ?? [];
  const kinds = typeof entry.type === 'string' ? [...made, entry.type] : made;
  return kinds.some((kind) => /image|audio|video|speech|transcri/i.test(kind));
}

/** OpenRouter says it per token; the others that say it, per million. */
function listedPrice(entry: Entry): ModelPrice | undefined {
  const { pricing } = entry;
  if (isObject(pricing) && pricing.prompt !== undefined)
    return toPrice(
      [pricing.prompt, dearestOutput(pricing), pricing.input_cache_read, pricing.input_cache_write],
      1_000_000,
    );
  if (isObject(pricing) && pricing.input !== undefined)
    return toPrice([pricing.input, pricing.output, pricing.cache_read, pricing.cache_write], 1);
  const venice = at(entry, 'model_spec.pricing');
  if (isObject(venice))
    return toPrice(
      ['input.usd', 'output.usd', 'cache_input.usd', 'cache_write.usd'].map((path) =>
        at(venice, path),
      ),
      1,
    );
  return dearestOf(entry.providers);
}

/** A picture's token may cost twelve of a word. What is written must have a price, too. */
function dearestOutput({ completion, image_output, audio_output }: Entry): unknown {
  const others = [image_output, audio_output].map((value) => toAmount(value, 1) ?? 0);
  const written = toAmount(completion, 1);
  return written === undefined ? completion : Math.max(written, ...others);
}

/** Hugging Face has a price for each server behind the model; who is asked is its choice. */
function dearestOf(providers: unknown): ModelPrice | undefined {
  if (!Array.isArray(providers)) return undefined;
  const prices = providers.flatMap((one) =>
    isObject(one) && isObject(one.pricing)
      ? (toPrice([one.pricing.input, one.pricing.output], 1) ?? [])
      : [],
  );
  return prices.sort((one, other) => other.input + other.output - one.input - one.output)[0];
}

function toPrice(values: readonly unknown[], factor: number): ModelPrice | undefined {
  const [input, output, cacheRead, cacheWrite] = values.map((value) => toAmount(value, factor));
  if (input === undefined || output === undefined) return undefined;
  const price: ModelPrice = { input, output };
  if (cacheRead !== undefined && (cacheRead > 0 || input === 0)) price.cacheRead = cacheRead;
  if (cacheWrite !== undefined && (cacheWrite > 0 || input === 0)) price.cacheWrite = cacheWrite;
  return price;
}

/** Negative stands for "it depends" (openrouter/auto). */
function toAmount(value: unknown, factor: number): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return undefined;
  return Number((number * factor).toPrecision(6));
}
