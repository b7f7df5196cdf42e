import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOG } from './catalog.ts';
import { contextWindowOf, factsOf, tableFacts } from './model-facts.ts';
import table from './models.json';
import { parseModels } from './models-list.ts';

describe('the facts of models', () => {
  it('come from the table, with the day of their price', () => {
    expect(tableFacts('openai', 'gpt-4.1')).toMatchObject({
      contextWindow: 1047576,
      maxOutput: 32768,
      takes: ['image', 'file'],
      tools: true,
      price: { input: 2, output: 8, cacheRead: 0.5 },
      priceDate: table.date,
    });
  });

  it('of a dated id are those of its family', () => {
    expect(tableFacts('openai', 'gpt-4.1-2025-04-14')).toEqual(tableFacts('openai', 'gpt-4.1'));
    expect(tableFacts('openai', 'gpt-4.1-20250414')).toEqual(tableFacts('openai', 'gpt-4.1'));
  });

  it('are none for what the table lacks, whatever it is called', () => {
    for (const [provider, model] of [
      ['openai', 'gpt-99'],
      ['nobody', 'gpt-4.1'],
      ['openai', 'constructor'],
      ['__proto__', 'toString'],
    ])
      expect(tableFacts(provider!, model!)).toBeUndefined();
    expect(factsOf('my-box', { id: 'gpt-4.1' })).toEqual({});
  });

  it('give way to what the provider says', () => {
    const facts = factsOf('openai', {
      id: 'gpt-4.1',
      contextWindow: 5,
      tools: false,
      price: { input: 1, output: 1 },
    });
    expect(facts).toMatchObject({
      contextWindow: 5,
      maxOutput: 32768,
      tools: false,
      price: { input: 1, output: 1 },
    });
    expect(facts.priceDate).toBeUndefined();
  });

  it('can not be changed', () => {
    const rows = (table as unknown as { providers: { openai: object } }).providers.openai;
    expect(Object.isFrozen(rows)).toBe(true);
  });
});

describe('the context window (E5)', () => {
  it.each([
    [{ upstream: 1, row: 2, route: 3, logical: 4, setting: 5 }, 1],
    [{ row: 2, route: 3, logical: 4, setting: 5 }, 2],
    [{ route: 3, logical: 4, setting: 5 }, 3],
    [{ logical: 4, setting: 5 }, 4],
    [{ setting: 5 }, 5],
    [{}, 128_000],
  ])('of %j is %i', (sources, window) => expect(contextWindowOf(sources)).toBe(window));
});

describe('what lists say', () => {
  const read = (entry: object) => {
    const { takes, tools, reasoning, price } = parseModels([{ id: 'x', ...entry }])![0]!;
    return { takes, tools, reasoning, price };
  };

  it.each([
    [
      'OpenRouter',
      {
        architecture: { input_modalities: ['text', 'image', 'file'] },
        supported_parameters: ['tools', 'reasoning', 'seed'],
        pricing: {
          prompt: '0.000003',
          completion: '0.000015',
          input_cache_read: '0.0000003',
          input_cache_write: '0.00000375',
        },
      },
      {
        takes: ['image', 'file'],
        tools: true,
        reasoning: true,
        price: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
      },
    ],
    [
      'OpenRouter, free',
      { pricing: { prompt: '0', completion: '0' } },
      { price: { input: 0, output: 0 } },
    ],
    [
      'OpenRouter, pictures dearer than words',
      {
        architecture: { output_modalities: ['image', 'text'] },
        pricing: { prompt: '0.0000003', completion: '0.0000025', image_output: '0.00003' },
      },
      { price: { input: 0.3, output: 30 } },
    ],
    [
      'OpenRouter, songs by the piece',
      {
        id: 'google/lyria-3-pro-preview',
        architecture: { output_modalities: ['text', 'audio'] },
        pricing: { prompt: '0', completion: '0' },
      },
      {},
    ],
    [
      'OpenRouter, pictures for nothing',
      {
        id: 'maker/pictures:free',
        architecture: { output_modalities: ['image'] },
        pricing: { prompt: '0', completion: '0' },
      },
      { price: { input: 0, output: 0 } },
    ],
    [
      'Together, pictures by the piece',
      { id: 'flux', type: 'image', pricing: { hourly: 0, input: 0, output: 0 } },
      {},
    ],
    ['OpenRouter, auto', { pricing: { prompt: '-1', completion: '-1' } }, {}],
    [
      'Together',
      { pricing: { hourly: 0, input: 0.88, output: 0.88 } },
      { price: { input: 0.88, output: 0.88 } },
    ],
    [
      'Hugging Face',
      {
        providers: [
          { supports_tools: false, pricing: { input: 0.3, output: 1.2 } },
          { supports_tools: true, pricing: { input: 0.6, output: 2.2 } },
          {},
        ],
      },
      { tools: true, price: { input: 0.6, output: 2.2 } },
    ],
    [
      'Mistral',
      { capabilities: { function_calling: true, vision: false } },
      { takes: [], tools: true },
    ],
    [
      'GitHub',
      {
        supported_input_modalities: ['text', 'image', 'audio'],
        capabilities: ['streaming', 'tool-calling'],
      },
      { takes: ['image', 'audio'], tools: true, reasoning: false },
    ],
    [
      'Groq',
      { input_modalities: ['text'], supported_features: ['tools', 'json_mode', 'reasoning'] },
      { takes: [], tools: true, reasoning: true },
    ],
    [
      'Fireworks',
      { supports_image_input: true, supports_tools: false },
      { takes: ['image'], tools: false },
    ],
    ['nothing', {}, {}],
  ])('of %s', (_who, entry, abilities) => {
    expect(read(entry)).toEqual({
      takes: undefined,
      tools: undefined,
      reasoning: undefined,
      price: undefined,
      ...abilities,
    });
  });
});

const facts = new URL('../../../shared/catalog/', import.meta.url);
describe.skipIf(!existsSync(facts))('the table against the shared facts', () => {
  type Model = {
    context: number;
    output: number;
    tool_call?: boolean;
    reasoning?: boolean;
    modalities: { input: string[] };
    cost?: { input: number; output: number };
    status?: string;
  };
  const read = <T>(name: string) => JSON.parse(readFileSync(new URL(name, facts), 'utf8')) as T;
  const modelsDev = read<Record<string, { models: Record<string, Model> }>>('models-dev.json');
  const litellm = read<{
    models: Record<
      string,
      {
        litellm_provider: string;
        max_input_tokens?: number;
        input_cost_per_token?: number;
        output_cost_per_token?: number;
      }
    >;
  }>('litellm-prices.json');
  const MODELS_DEV: Record<string, string> = {
    'google-ai-studio': 'google',
    fireworks: 'fireworks-ai',
    zen: 'opencode',
    together: 'togetherai',
    moonshot: 'moonshotai',
    'workers-ai': 'cloudflare-workers-ai',
    nahcrof: 'crof',
  };
  const providers = table.providers as unknown as Record<string, Record<string, unknown[]>>;

  it('says of every model what models.dev says', () => {
    let compared = 0;
    for (const [provider, rows] of Object.entries(providers)) {
      const theirs = modelsDev[MODELS_DEV[provider] ?? provider]?.models;
      if (!theirs) continue;
      for (const id of Object.keys(rows)) {
        const model = theirs[id];
        expect(model, `${provider}/${id}`).toBeDefined();
        const ours = tableFacts(provider, id)!;
        expect(
          [
            ours.contextWindow,
            ours.tools,
            ours.reasoning,
            ours.price?.input,
            ours.price?.output,
            ours.takes?.includes('image'),
          ],
          `${provider}/${id}`,
        ).toEqual([
          model!.context,
          model!.tool_call === true,
          model!.reasoning === true,
          model!.cost?.input,
          model!.cost?.output,
          model!.modalities.input.includes('image'),
        ]);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(400);
  });

  it('lacks no provider that we know, but those that are local, have a list with prices, or no facts', () => {
    const without = CATALOG.filter((row) => !row.local && !row.builtIn && !providers[row.id]).map(
      ({ id }) => id,
    );
    expect(without.sort()).toEqual([
      'azure-openai',
      'cloudflare-ai-gateway',
      'openrouter',
      'replicate',
    ]);
  });

  it('agrees with the second source of prices, but for those that are listed', () => {
    const LITELLM: Record<string, string> = {
      anthropic: 'anthropic',
      openai: 'openai',
      groq: 'groq',
      deepseek: 'deepseek',
      cerebras: 'cerebras',
      xai: 'xai',
      mistral: 'mistral',
    };
    let compared = 0;
    const differing: string[] = [];
    for (const [provider, theirs] of Object.entries(LITELLM))
      for (const id of Object.keys(providers[provider] ?? {})) {
        const model = litellm.models[`${theirs}/${id}`] ?? litellm.models[id];
        const price = tableFacts(provider, id)?.price;
        if (model?.litellm_provider !== theirs || !price || !model.input_cost_per_token) continue;
        compared += 1;
        const [input, output] = [
          model.input_cost_per_token * 1e6,
          (model.output_cost_per_token ?? 0) * 1e6,
        ];
        if (
          Math.abs(input - price.input) > 0.01 * input ||
          Math.abs(output - price.output) > 0.01 * output
        )
          differing.push(
            `${provider}/${id}: ours ${price.input}/${price.output}, theirs ${+input.toPrecision(4)}/${+output.toPrecision(4)}`,
          );
      }
    console.info(
      `prices: ${compared} compared with a second source, ${differing.length} differ\n${differing.join('\n')}`,
    );
    expect(compared).toBeGreaterThan(60);
    expect(differing.length / compared).toBeLessThan(0.15);
  });

  it('reads OpenRouter’s own list with its prices', () => {
    const list = read<unknown>('openrouter-models.json');
    const models = parseModels(
      Array.isArray(list)
        ? list
        : ((list as { data?: unknown; models?: unknown }).data ??
            (list as { models: unknown }).models),
    )!;
    expect(models.length).toBeGreaterThan(250);
    expect(models.filter((model) => model.price).length / models.length).toBeGreaterThan(0.9);
    expect(models.filter((model) => model.contextWindow).length / models.length).toBeGreaterThan(
      0.98,
    );
    for (const { id, price } of models)
      if (id.endsWith(':free')) expect(price).toMatchObject({ input: 0, output: 0 });
  });
});
