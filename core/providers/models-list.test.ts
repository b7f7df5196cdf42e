import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModels } from './models-list.ts';

describe('parseModels', () => {
  it.each([
    [
      'OpenAI',
      { object: 'list', data: [{ id: 'gpt', object: 'model', created: 7 }] },
      { id: 'gpt', created: 7 },
    ],
    [
      'Groq',
      { data: [{ id: 'g', context_window: 131072, max_completion_tokens: 8192 }] },
      { id: 'g', contextWindow: 131072, maxOutput: 8192 },
    ],
    [
      'Together',
      [{ id: 't', type: 'chat', display_name: 'T', context_length: 9 }],
      { id: 't', name: 'T', contextWindow: 9, kind: 'chat' },
    ],
    [
      'GitHub',
      [
        {
          id: 'openai/gpt-4.1',
          name: 'GPT-4.1',
          limits: { max_input_tokens: 1048576, max_output_tokens: 32768 },
          supported_output_modalities: ['text'],
        },
      ],
      {
        id: 'openai/gpt-4.1',
        name: 'GPT-4.1',
        contextWindow: 1048576,
        maxOutput: 32768,
        kind: 'chat',
      },
    ],
    [
      'Cohere',
      { models: [{ name: 'command-a', endpoints: ['chat'], context_length: 256000 }] },
      { id: 'command-a', contextWindow: 256000, kind: 'chat' },
    ],
    [
      'Workers AI',
      {
        success: true,
        result: [
          {
            id: '429b9e8b-d99e-44de-91ad-706cf8183658',
            name: '@cf/meta/llama',
            task: { name: 'Text Generation' },
            properties: [{ property_id: 'context_window', value: '8192' }],
          },
        ],
      },
      { id: '@cf/meta/llama', contextWindow: 8192, kind: 'chat' },
    ],
    [
      'vLLM',
      { object: 'list', data: [{ id: 'Qwen/Q', max_model_len: 40960 }] },
      { id: 'Qwen/Q', contextWindow: 40960 },
    ],
    ['Ollama', { models: [{ name: 'qwen3:4b', model: 'qwen3:4b' }] }, { id: 'qwen3:4b' }],
    [
      'models.dev',
      { models: { m1: { name: 'M one', limit: { context: 5, output: 4 } } } },
      { id: 'm1', name: 'M one', contextWindow: 5, maxOutput: 4 },
    ],
    [
      'Google',
      {
        models: [
          {
            name: 'models/gemini',
            displayName: 'Gemini',
            inputTokenLimit: 10,
            outputTokenLimit: 5,
            supportedGenerationMethods: ['generateContent'],
          },
        ],
      },
      { id: 'gemini', name: 'Gemini', contextWindow: 10, maxOutput: 5, kind: 'chat' },
    ],
    [
      'Anthropic',
      {
        data: [
          {
            type: 'model',
            id: 'claude',
            display_name: 'Claude',
            created_at: '2025-02-19T00:00:00Z',
          },
        ],
        has_more: false,
      },
      { id: 'claude', name: 'Claude', created: 1739923200 },
    ],
    ['bare names', { data: ['a'] }, { id: 'a' }],
  ])('reads the shape of %s', (_who, body, model) => {
    expect(parseModels(body)).toEqual([model]);
  });

  it('tells models for chat from others where the list says', () => {
    const kind = (entry: object) => parseModels([{ id: 'x', ...entry }])?.[0]?.kind;
    expect(kind({ type: 'embedding' })).toBe('embedding');
    expect(kind({ output_modalities: ['transcription'] })).toBe('audio');
    expect(kind({ architecture: { output_modalities: ['text', 'image'] } })).toBe('chat');
    expect(kind({ kind: 'FLUMINA_BASE_MODEL', supports_chat: false })).toBe('image');
    expect(kind({ kind: 'HF_BASE_MODEL', supports_chat: true })).toBe('chat');
    expect(kind({ capabilities: { completion_chat: false } })).toBe('other');
    expect(kind({ type: 'rerank' })).toBe('other');
    expect(kind({})).toBeUndefined();
  });

  it.each([
    [undefined],
    [null],
    [''],
    ['<html>'],
    [7],
    [{}],
    [{ data: {} }],
    [{ error: { message: 'no' } }],
    [{ data: [{ object: 'model' }, 5, null] }],
  ])('says that %j is no list of models', (body) => {
    expect(parseModels(body)).toBeUndefined();
  });

  it('takes an empty list for a list', () => {
    expect(parseModels({ object: 'list', data: [] })).toEqual([]);
  });

  it('leaves out what can’t be a model, and doubles', () => {
    const body = {
      data: [
        { id: 'a' },
        { id: 'a', context_length: 5 },
        { id: '' },
        { id: 'b\u0000' },
        { id: 'x'.repeat(301) },
        null,
        { id: 'c' },
      ],
    };
    expect(parseModels(body)?.map((model) => model.id)).toEqual(['a', 'c']);
  });

  it('ignores sizes that are no counts', () => {
    const body = {
      data: [
        {
          id: 'a',
          context_length: 0,
          max_model_len: -1,
          context_window: 'big',
          limit: { context: 12.5 },
        },
      ],
    };
    expect(parseModels(body)).toEqual([{ id: 'a' }]);
  });

  it('stops at 5,000 models', () => {
    expect(parseModels(Array.from({ length: 6000 }, (_, index) => `m${index}`))).toHaveLength(5000);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => void parseModels(body)),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.dictionary(
            fc.constantFrom(
              'id',
              'name',
              'kind',
              'providers',
              'properties',
              'created',
              'limits',
              'endpoints',
              'capabilities',
            ),
            fc.anything(),
          ),
        ),
        (data) => void parseModels({ data }),
      ),
      { numRuns: 500 },
    );
  });

  const wire = new URL('../../../shared/wire/', import.meta.url);
  it.skipIf(!existsSync(wire))('reads every recorded list, with the windows that it names', () => {
    let lists = 0;
    for (const provider of readdirSync(wire)) {
      if (provider.endsWith('.md')) continue;
      const folder = new URL(`${provider}/`, wire);
      for (const file of readdirSync(folder)) {
        if (!/^models-.*\.meta\.json$/.test(file)) continue;
        const meta = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as {
          api: string;
          status: number;
          endpoint?: string;
        };
        const endpoint = (meta.endpoint ?? '').split('?')[0] ?? '';
        if (meta.api !== 'models' || meta.status !== 200 || !/\/(models|tags)$/.test(endpoint))
          continue;
        const text = readFileSync(new URL(file.replace('.meta.', '.response.'), folder), 'utf8');
        const models = parseModels(JSON.parse(text));
        expect(models?.length, `${provider}/${file}`).toBeGreaterThan(0);
        if (/context|inputTokenLimit|n_ctx|max_model_len/.test(text))
          expect(
            models?.some((model) => model.contextWindow),
            `${provider}/${file}`,
          ).toBe(true);
        lists += 1;
      }
    }
    expect(lists).toBeGreaterThanOrEqual(14);
  });
});
