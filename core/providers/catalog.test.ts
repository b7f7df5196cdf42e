import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkBaseUrl } from './base-url.ts';
import { readBaseUrlFields, fillBaseUrl } from './base-url-template.ts';
import { CATALOG } from './catalog.ts';
import { refusedHeader } from './headers.ts';
import type { Provider } from './provider.ts';

/** Our id -> the id in models.dev's catalogue. */
const MODELS_DEV: Record<string, string> = {
  fireworks: 'fireworks-ai',
  zen: 'opencode',
  together: 'togetherai',
  moonshot: 'moonshotai',
  nahcrof: 'crof',
  'google-ai-studio': 'google',
  'azure-openai': 'azure',
  'workers-ai': 'cloudflare-workers-ai',
  'aws-bedrock': 'amazon-bedrock',
  'google-vertex-ai': 'google-vertex',
};
const catalogFolder = new URL('../../../shared/catalog/', import.meta.url);
const hasFacts = existsSync(catalogFolder);

const example = (row: Provider): string => {
  const values = Object.fromEntries((row.baseUrlFields ?? []).map((f) => [f.name, f.example]));
  const filled = fillBaseUrl(row, values);
  return 'url' in filled ? filled.url : filled.reason;
};

describe('the catalogue of providers', () => {
  it('has a row for every provider that row P1 asks of the OpenAI shape', () => {
    const ids = CATALOG.map((row) => row.id);
    for (const id of [
      'openai',
      'groq',
      'cerebras',
      'sambanova',
      'fireworks',
      'openrouter',
      'zen',
      'mistral',
      'deepseek',
      'xai',
      'perplexity',
      'together',
      'nvidia',
      'moonshot',
      'zai',
      'github-models',
      'huggingface',
      'nahcrof',
      'workers-ai',
      'cohere',
      'ollama',
      'lmstudio',
      'llama.cpp',
      'vllm',
      'mock',
      'anthropic',
      'google-ai-studio',
      'azure-openai',
      'aws-bedrock',
      'google-vertex-ai',
      'replicate',
      'cloudflare-ai-gateway',
    ])
      expect(ids).toContain(id);
  });

  it('has no name twice', () => {
    const names = CATALOG.flatMap((row) => [row.id, ...(row.aliases ?? [])]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => name !== name.toLowerCase())).toEqual([]);
  });

  it('shares no key beginning but the bare sk-, and no key variable', () => {
    const prefixes = CATALOG.flatMap((row) => row.keyPrefixes ?? []).filter((p) => p !== 'sk-');
    expect(new Set(prefixes).size).toBe(prefixes.length);
    const variables = CATALOG.flatMap((row) => row.keyVariables ?? []);
    expect(new Set(variables).size).toBe(variables.length);
  });

  it('can not be changed by anyone', () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(CATALOG)).toBe(true);
  });

  it('has two built-in providers, the pretend one first, and they need no key', () => {
    const builtIn = CATALOG.filter((row) => row.builtIn);
    expect(builtIn.map(({ id }) => id)).toEqual(['mock', 'chrome']);
    for (const { auth } of builtIn) expect(auth).toEqual({ scheme: 'none' });
  });

  it('takes no id from another: no alias is an owner in the model ids of its rows', () => {
    if (!hasFacts) return;
    const facts = readFacts();
    const aliases = new Set(CATALOG.flatMap((row) => row.aliases ?? []));
    const owners = new Set(
      CATALOG.flatMap((row) =>
        Object.keys(facts[MODELS_DEV[row.id] ?? row.id]?.models ?? {}).flatMap((id) =>
          id.includes('/') ? [(id.split('/')[0] ?? '').toLowerCase()] : [],
        ),
      ),
    );
    expect([...aliases].filter((alias) => owners.has(alias))).toEqual([]);
  });

  describe.each(CATALOG.map((row) => [row.id, row] as const))('%s', (_id, row) => {
    it('has an address that we would take from a person', () => {
      if (row.builtIn) return;
      const check = checkBaseUrl(example(row));
      expect(check).toEqual({ ok: true, url: example(row), local: row.local ?? false });
    });

    it('reads its fields back out of its address', () => {
      const values = Object.fromEntries((row.baseUrlFields ?? []).map((f) => [f.name, f.example]));
      expect(readBaseUrlFields(row, example(row))).toEqual(values);
      expect(readBaseUrlFields(row, 'https://evil.example/v1')).toBeUndefined();
      const places = (row.baseUrl.match(/\{\w+-?\}/g) ?? []).map((place) =>
        place.replace(/\W/g, ''),
      );
      expect([...new Set(places)].sort()).toEqual(
        (row.baseUrlFields ?? []).map(({ name }) => name).sort(),
      );
    });

    it('lists its models on its own origin', () => {
      const path = row.quirks?.modelsPath ?? '/models';
      if (path === false) expect(row.models?.length).toBeGreaterThan(0);
      else {
        const base = new URL(`${example(row)}/`);
        expect(new URL(path.replace(/^\//, ''), base).origin).toBe(base.origin);
      }
    });

    it('has headers that we would take from a person', () => {
      for (const [name, value] of Object.entries(row.headers ?? {}))
        expect(refusedHeader(name, value)).toBeUndefined();
    });

    it('tells where a key comes from, where it needs one', () => {
      if (row.auth.scheme === 'none' || row.keyOptional) return;
      expect(new URL(row.keyUrl ?? '').protocol).toBe('https:');
      expect(row.keyVariables?.length).toBeGreaterThan(0);
      expect(row.defaultModel).toBeTruthy();
    });

    it.skipIf(!hasFacts)('has a default model that the facts know', () => {
      const models = readFacts()[MODELS_DEV[row.id] ?? row.id]?.models;
      if (!models || !row.defaultModel || row.local) return;
      expect(Object.keys(models)).toContain(row.defaultModel);
      expect(models[row.defaultModel]?.status).not.toBe('deprecated');
    });
  });
});

type Facts = Record<string, { models?: Record<string, { status?: string }> }>;
let facts: Facts | undefined;
function readFacts(): Facts {
  facts ??= JSON.parse(readFileSync(new URL('models-dev.json', catalogFolder), 'utf8')) as Facts;
  return facts;
}
