/**
 * Writes core/providers/models.json, our own table of what models can do and cost, from the facts in
 * ../shared/catalog. Run it by hand when the facts are newer: `node scripts/models-table.mjs`.
 * Only what the product needs is taken: models that answer with text, of providers that we know and
 * that do not say as much in their own lists.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const facts = new URL('../../shared/catalog/', import.meta.url);
/** @param {string} name */
const read = (name) => JSON.parse(readFileSync(new URL(name, facts), 'utf8'));

/** models.dev's id -> ours. OpenRouter is not here: its own list tells windows and prices. */
const PROVIDERS = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'google-ai-studio',
  groq: 'groq',
  cerebras: 'cerebras',
  'fireworks-ai': 'fireworks',
  opencode: 'zen',
  mistral: 'mistral',
  deepseek: 'deepseek',
  xai: 'xai',
  perplexity: 'perplexity',
  togetherai: 'together',
  nvidia: 'nvidia',
  moonshotai: 'moonshot',
  zai: 'zai',
  'github-models': 'github-models',
  huggingface: 'huggingface',
  'cloudflare-workers-ai': 'workers-ai',
  cohere: 'cohere',
  crof: 'nahcrof',
  'amazon-bedrock': 'aws-bedrock',
  'google-vertex': 'google-vertex-ai',
};

/** One letter a thing that a model can do; model-facts.ts reads them. */
/** @type {Record<string, string>} */
const INPUTS = { image: 'i', pdf: 'p', audio: 'a', video: 'v' };

const modelsDev = read('models-dev.json');
/** @type {Record<string, Record<string, unknown[]>>} */
const table = {};
for (const [theirs, ours] of Object.entries(PROVIDERS)) {
  /** @type {Record<string, unknown[]>} */
  const models = {};
  for (const [id, model] of Object.entries(modelsDev[theirs].models)) {
    if (model.status === 'deprecated' || !model.modalities?.output?.includes('text')) continue;
    if (!(model.context > 0)) continue;
    // Bedrock has each model once more by region; model-facts.ts takes that off.
    if (theirs === 'amazon-bedrock' && /^(?:apac|au|eu|global|jp|us)\./.test(id)) continue;
    const can =
      (model.tool_call ? 't' : '') +
      (model.reasoning ? 'r' : '') +
      (model.structured_output ? 's' : '') +
      model.modalities.input.map((/** @type {string} */ input) => INPUTS[input] ?? '').join('');
    const { input, output, cache_read, cache_write } = model.cost ?? {};
    const embeds = /embed/.test(id); // its `output` is the length of a vector
    models[id] = trim([
      model.context,
      embeds ? 0 : model.output || 0,
      can,
      input,
      output,
      // A cached token of a paid model is never free: 0 stands for unknown there.
      ...[cache_read, cache_write].map((price) => (price === 0 && input > 0 ? undefined : price)),
    ]);
  }
  table[ours] = sorted(models);
}

// Of SambaNova only litellm knows.
const litellm = read('litellm-prices.json');
/** @type {Record<string, unknown[]>} */
const sambanova = {};
/** @param {number | undefined} cost */
const million = (cost) => (cost === undefined ? undefined : Number((cost * 1e6).toPrecision(6)));
for (const [key, model] of Object.entries(litellm.models)) {
  if (model.litellm_provider !== 'sambanova' || model.mode !== 'chat' || model.deprecation_date)
    continue;
  const can =
    (model.supports_function_calling ? 't' : '') +
    (model.supports_reasoning ? 'r' : '') +
    (model.supports_response_schema ? 's' : '') +
    (model.supports_vision ? 'i' : '');
  sambanova[key.replace(/^sambanova\//, '')] = trim([
    model.max_input_tokens,
    model.max_output_tokens ?? 0,
    can,
    million(model.input_cost_per_token),
    million(model.output_cost_per_token),
  ]);
}
table.sambanova = sorted(sambanova);

const date = modelsDev._meta.commit_date.slice(0, 10);
const text = JSON.stringify({ date, providers: table })
  // One model a line: a change of the facts is a change of lines.
  .replace(/("[^"]+":\[)/g, '\n$1')
  .replace(/("[^"]+":\{)/g, '\n$1');
writeFileSync(new URL('../core/providers/models.json', import.meta.url), `${text}\n`);

/** @param {unknown[]} row */
function trim(row) {
  while (row.length > 3 && row.at(-1) === undefined) row.pop();
  return row.map((value) => value ?? null);
}

/** @param {Record<string, unknown[]>} models */
function sorted(models) {
  return Object.fromEntries(Object.entries(models).sort(([a], [b]) => (a < b ? -1 : 1)));
}
