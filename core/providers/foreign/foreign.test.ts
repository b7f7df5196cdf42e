import fc from 'fast-check';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { findFaults } from '../../vault/bundle-schema.ts';
import { CATALOG } from '../catalog.ts';
import { detectKeys } from '../key-detection.ts';
import { readForeign } from './read-foreign.ts';

const NOW = Date.UTC(2026, 10, 21);
const groq = 'gsk_AbCdEfGh1234567890abcdefghijklmnop';
const openrouter = 'sk-or-v1-0123456789abcdef';
const anyone = 'sk-0123456789abcdef0123456789abcdef';

const read = (text: unknown) =>
  readForeign(typeof text === 'string' ? text : JSON.stringify(text), {
    own: ['my-box'],
    now: NOW,
    parseYaml: async (yaml) => parse(yaml) as unknown,
    detectKeys: (pasted) => Promise.resolve(detectKeys(pasted, CATALOG)),
  });

/** What stands in the bundle, without its envelope. It must be one that the import takes. */
async function sectionsOf(text: unknown): Promise<Record<string, unknown>> {
  const found = await read(text);
  if (!found || found.ours) throw new Error('nothing foreign was found');
  const checked = findFaults(found.bundle);
  if (Array.isArray(checked)) throw new Error(JSON.stringify(checked));
  const sections = Object.entries(found.bundle).filter(
    ([name]) => name !== 'format' && name !== 'version',
  );
  return { ...Object.fromEntries(sections), notes: found.notes.length };
}

describe('keys come out of', () => {
  test.each<[string, unknown, object[]]>([
    [
      'a .env file',
      `export GROQ_API_KEY="${groq}" # work\nFOO=bar\n`,
      [{ provider: 'groq', secret: groq, label: 'work' }],
    ],
    ['chomp’s file by router', { groq }, [{ provider: 'groq', secret: groq }]],
    [
      'chomp’s file by field',
      { openrouter_key: openrouter, default: 'auto' },
      [{ provider: 'openrouter', secret: openrouter }],
    ],
    [
      'a list by commas',
      `${groq},${openrouter}`,
      [
        { provider: 'groq', secret: groq },
        { provider: 'openrouter', secret: openrouter },
      ],
    ],
    [
      'a JSON array',
      [groq, openrouter],
      [
        { provider: 'groq', secret: groq },
        { provider: 'openrouter', secret: openrouter },
      ],
    ],
  ])('%s', async (_what, text, keys) => {
    expect(await sectionsOf(text)).toEqual({ keys, notes: 0 });
  });

  test('a file where it is not certain whose they are, but are not taken', async () => {
    expect(await sectionsOf(`${anyone}\n${groq}`)).toEqual({
      keys: [{ provider: 'groq', secret: groq }],
      notes: 1,
    });
    expect(await read(anyone)).toMatchObject({ notes: [expect.stringContaining('One key could')] });
  });
});

const MODEL_PROXY_GROQ = {
  name: 'groq',
  display_name: 'Groq',
  enabled: true,
  api_keys: { env_var_patterns: ['GROQ_API_KEY'] },
  endpoints: {
    base_url: 'https://api.groq.com/openai/v1',
    completions: '/chat/completions',
    compatible_format: 'openai',
  },
  authentication: { type: 'bearer', header_name: 'Authorization' },
};
const MODEL_PROXY_OWN = {
  name: 'Llama Box',
  display_name: 'My llama',
  endpoints: { base_url: 'https://llama.example/v1', compatible_format: 'anthropic' },
  authentication: {
    type: 'x-api-key',
    header_name: 'x-api-key',
    additional_headers: { 'x-title': 'y' },
  },
};
const OWN = {
  id: 'llama-box',
  name: 'My llama',
  format: 'anthropic-messages',
  baseUrl: 'https://llama.example/v1',
  auth: { scheme: 'header', name: 'x-api-key' },
  headers: { 'x-title': 'y' },
};
const MODEL_PROXY_MODEL = {
  logical_name: 'turbo',
  timeout_seconds: 60,
  model_routings: [
    {
      id: 'primary',
      wire_protocol: 'openai',
      provider: 'gemini',
      model: 'gemini-3-flash',
      api_key_env: ['A', 'B'],
    },
    { provider: 'Llama Box', model: 'big', timeout_seconds: 20, cooldown_seconds: 9 },
    { provider: 'groq', model: 'old', ignore: true },
  ],
  fallback_model_routings: ['slow'],
  default_cooldown_seconds: 180,
};
const TURBO = (own: string) => ({
  id: 'turbo',
  routes: [
    {
      provider: 'google-ai-studio',
      model: 'gemini-3-flash',
      timeoutMs: 60_000,
      wire: 'openai-chat',
    },
    { provider: own, model: 'big', timeoutMs: 20_000 },
  ],
  fallbacks: ['slow'],
});

describe('model-proxy', () => {
  test.each<[string, unknown, object]>([
    [
      'a provider that is known, at its own address: nothing to take',
      MODEL_PROXY_GROQ,
      { notes: 0 },
    ],
    [
      'one that is switched off',
      { ...MODEL_PROXY_GROQ, enabled: false },
      { providers: [{ id: 'groq', enabled: false }], notes: 0 },
    ],
    [
      'a known one at another address',
      {
        ...MODEL_PROXY_GROQ,
        display_name: undefined,
        proxy_support: { enabled: true, base_url_override: 'https://relay.example/v1' },
      },
      {
        providers: [
          {
            id: 'groq',
            format: 'openai-chat',
            baseUrl: 'https://relay.example/v1',
            auth: { scheme: 'bearer' },
          },
        ],
        notes: 0,
      },
    ],
    ['one of the person’s own', MODEL_PROXY_OWN, { providers: [OWN], notes: 0 }],
    [
      'a model with routes, also of the old form',
      MODEL_PROXY_MODEL,
      { models: [TURBO('llama-box')], notes: 3 },
    ],
    [
      'files of both in one list',
      [MODEL_PROXY_OWN, MODEL_PROXY_MODEL],
      { providers: [OWN], models: [TURBO('llama-box')], notes: 3 },
    ],
    [
      'a whole bundle',
      {
        version: '1.0.0',
        exported_at: 'x',
        metadata: {},
        setup: {
          providers: [MODEL_PROXY_GROQ, MODEL_PROXY_OWN],
          models: [MODEL_PROXY_MODEL],
          environment: { PORT: '1' },
          api_keys: {
            groq: [
              { env_var: 'GROQ_API_KEY_1', value: groq },
              { env_var: 'EMPTY', value: '' },
            ],
            'Llama Box': [{ env_var: 'BOX_KEY', value: anyone }],
          },
        },
      },
      {
        providers: [OWN],
        models: [TURBO('llama-box')],
        keys: [
          { provider: 'groq', secret: groq, label: 'GROQ_API_KEY_1' },
          { provider: 'llama-box', secret: anyone, label: 'BOX_KEY' },
        ],
        notes: 4,
      },
    ],
  ])('%s', async (_what, file, sections) => {
    expect(await sectionsOf(file)).toEqual(sections);
  });
});

const LITELLM = `
model_list:
  - model_name: fast
    litellm_params:
      model: groq/llama-3.3-70b
      api_key: os.environ/GROQ_API_KEY
      timeout: 30
    model_info:
      max_input_tokens: 131072
  - model_name: fast
    litellm_params: { model: gpt-4o-mini, api_key: ${anyone} }
  - model_name: awan
    litellm_params:
      model: openai/Meta-Llama-3-8B
      api_base: https://api.awan.example/v1
      api_key: os.environ/AWAN_KEY
  - model_name: at-home
    litellm_params: { model: ollama/solar }
  - model_name: same-server
    litellm_params: { model: openai/mixtral, api_base: "https://api.groq.com/openai/v1" }
  - model_name: "openai/*"
    litellm_params: { model: "openai/*" }
  - model_name: who
    litellm_params: { model: sagemaker/x }
environment_variables:
  GROQ_API_KEY: ${groq}
router_settings:
  fallbacks: [{ fast: [awan, at-home] }, { nobody: [x] }]
general_settings:
  master_key: sk-1234
`;

test('LiteLLM: models with routes, keys, own servers, fallbacks', async () => {
  expect(await sectionsOf(LITELLM)).toEqual({
    providers: [
      { id: 'api-awan-example', format: 'openai-chat', baseUrl: 'https://api.awan.example/v1' },
    ],
    keys: [
      { provider: 'groq', secret: groq, label: 'GROQ_API_KEY' },
      { provider: 'openai', secret: anyone },
    ],
    models: [
      {
        id: 'fast',
        routes: [
          { provider: 'groq', model: 'llama-3.3-70b', timeoutMs: 30_000, contextWindow: 131_072 },
          { provider: 'openai', model: 'gpt-4o-mini' },
        ],
        fallbacks: ['awan', 'at-home'],
      },
      { id: 'awan', routes: [{ provider: 'api-awan-example', model: 'Meta-Llama-3-8B' }] },
      { id: 'at-home', routes: [{ provider: 'ollama', model: 'solar' }] },
      { id: 'same-server', routes: [{ provider: 'groq', model: 'mixtral' }] },
    ],
    notes: 5,
  });
});

test('LiteLLM: a key for a server of one’s own is never one for the known provider', async () => {
  const text = `model_list:
  - model_name: a
    litellm_params: { model: openai/x, api_base: "https://evil.example", api_key: ${anyone} }`;
  expect(await sectionsOf(text)).toMatchObject({
    keys: [{ provider: 'evil-example', secret: anyone }],
  });
});

const node = (
  id: string,
  parent: string | null,
  role: string | null,
  parts: unknown[],
  more = {},
) => ({
  id,
  parent,
  children: [],
  message: role && {
    author: { role },
    create_time: 1_700_000_000.5,
    content: { content_type: 'text', parts },
    metadata: role === 'assistant' ? { model_slug: 'gpt-4o' } : {},
    ...more,
  },
});
const CHATGPT = [
  {
    title: 'Boats',
    create_time: 1_700_000_000,
    update_time: 1_700_000_100.25,
    conversation_id: 'c1',
    current_node: 'n5',
    mapping: {
      root: node('root', null, null, []),
      n1: node('n1', 'root', 'system', ['']),
      n2: node('n2', 'n1', 'user', ['What floats?', { content_type: 'image_asset_pointer' }]),
      n3: node('n3', 'n2', 'tool', ['searching']),
      n4: node('n4', 'n3', 'assistant', ['Boats.']),
      n4b: node('n4b', 'n2', 'assistant', ['Ducks.']),
      n5: node('n5', 'n4', 'assistant', ['hidden'], {
        metadata: { is_visually_hidden_from_conversation: true },
      }),
    },
  },
  { title: 'Empty', conversation_id: 'c2', mapping: { root: node('root', null, null, []) } },
];

test('ChatGPT: a conversation with its branches, in order, by the same ids each time', async () => {
  const sections = await sectionsOf(CHATGPT);
  expect(sections).toEqual({
    chats: [
      {
        id: 'chatgpt-c1',
        title: 'Boats',
        createdAt: 1_700_000_000_000,
        updatedAt: 1_700_000_100_250,
        model: 'auto',
        leafId: 'chatgpt-n4',
        messages: [
          {
            id: 'chatgpt-n2',
            role: 'user',
            content: 'What floats?',
            state: 'done',
            createdAt: 1_700_000_000_500,
          },
          {
            id: 'chatgpt-n4b',
            parentId: 'chatgpt-n2',
            role: 'assistant',
            content: 'Ducks.',
            model: 'gpt-4o',
            state: 'done',
            createdAt: 1_700_000_000_501,
          },
          {
            id: 'chatgpt-n4',
            parentId: 'chatgpt-n2',
            role: 'assistant',
            content: 'Boats.',
            model: 'gpt-4o',
            state: 'done',
            createdAt: 1_700_000_000_501,
          },
        ],
      },
    ],
    notes: 1,
  });
  expect(await sectionsOf(CHATGPT)).toEqual(sections);
});

test('ChatGPT: a tree that goes in a circle comes to nothing', async () => {
  const circle = [
    {
      conversation_id: 'c',
      mapping: { a: node('a', 'b', 'user', ['x']), b: node('b', 'a', 'user', ['y']) },
    },
  ];
  expect(await sectionsOf(circle)).toEqual({ notes: 0 });
});

test('a bundle of ours is taken as it is', async () => {
  const bundle = { format: 'gatehouse-bundle', version: 1, models: [] };
  expect(await read(bundle)).toEqual({ ours: true, bundle });
});

test.each([
  '',
  '{}',
  '[]',
  'hello',
  'null',
  '{"model_list":7}',
  '[{"mapping":1}]',
  'model_list: [',
  '{"setup":[]}',
])('nothing is found in %j', async (text) => expect(await read(text)).toBeUndefined());

test('no file makes it throw, or comes to a bundle with a field that is not known', async () => {
  const word = fc.constantFrom(
    'model_list',
    'mapping',
    'setup',
    'providers',
    'models',
    'api_keys',
    'name',
    'endpoints',
    'base_url',
    'logical_name',
    'model_routings',
    'provider',
    'model',
    'litellm_params',
    'model_name',
    'api_base',
    'conversation_id',
    'message',
    'author',
    'role',
    'content',
    'parts',
    'parent',
    '__proto__',
    'constructor',
    groq,
    'https://x.example',
    'openai/x',
  );
  const json = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      word,
      fc.integer(),
      fc.constant(null),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(word, tie('value'), { maxKeys: 6 }),
    ),
  })).value;
  await fc.assert(
    fc.asyncProperty(json, async (value) => {
      const found = await read(value);
      if (!found || found.ours) return;
      expect(
        Object.keys(found.bundle).every((key) =>
          ['format', 'version', 'providers', 'keys', 'models', 'chats'].includes(key),
        ),
      ).toBe(true);
    }),
    { numRuns: 500 },
  );
});

/** Every place in a value, as a function that gives the value with something else there. */
function placesOf(value: unknown): ((other: unknown) => unknown)[] {
  if (typeof value !== 'object' || value === null) return [(other) => other];
  const inner = Object.entries(value).flatMap(([name, each]) =>
    placesOf(each).map((put) => (other: unknown) => {
      if (!Array.isArray(value)) return { ...value, [name]: put(other) };
      const list: unknown[] = [...(value as unknown[])];
      list[Number(name)] = put(other);
      return list;
    }),
  );
  return [(other) => other, ...inner];
}

test.each<[string, unknown]>([
  ['LiteLLM', parse(LITELLM)],
  ['model-proxy', [MODEL_PROXY_OWN, MODEL_PROXY_MODEL]],
  ['ChatGPT', CHATGPT],
])('a file of %s with anything at all in any one place is read', async (_whose, file) => {
  const others = [null, 7, -1, 'x', '', [], {}, [null], { a: null }, 'x'.repeat(3_000), true];
  for (const put of placesOf(file))
    for (const other of others) await expect(read(put(other))).resolves.not.toThrow();
});
