import { describe, expect, it } from 'vitest';
import { RouterError } from '../errors.ts';
import { CATALOG } from '../providers/catalog.ts';
import type { ProviderEntry } from '../providers/merge.ts';
import type { Provider } from '../providers/provider.ts';
import { assertSomeHas, forEndpoint, onlyWithEndpoint } from './endpoint-targets.ts';
import type { RoutingIndex } from './routing-index.ts';

const row = (id: string) => CATALOG.find((provider) => provider.id === id)!;

/** The index of someone with keys for these providers, in this order; each lists `shared`. */
function indexOf(...ids: string[]): RoutingIndex {
  const ready = ids.map(row);
  const entries = CATALOG.map((provider): [string, ProviderEntry] => [
    provider.id,
    { provider, enabled: true, row: provider, baseUrlChanged: false },
  ]);
  const owner = { provider: ready[0]!, model: 'shared' };
  return {
    byName: new Map(entries),
    usable: new Set(ids),
    ready,
    unknown: [],
    known: new Set(),
    incomplete: new Set(),
    owners: new Map([['shared', owner]]),
    modelOf: ({ defaultModel }: Provider) => defaultModel,
    candidates: ready,
    autos: [{ provider: ready[0]!, model: 'chat-model' }],
    free: () => [],
    builtIn: row('mock'),
    logical: new Map(),
    settings: { defaultModel: 'groq/a-chat-model' },
    lists: (_provider, id) => id === 'shared',
    names: () => [],
  };
}

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof RouterError) return `${error.status} ${error.code}: ${error.message}`;
  }
  return 'nothing thrown';
};

describe('for an endpoint that not every provider has', () => {
  it('no model means the first provider that has it, with its model for that', () => {
    const index = forEndpoint(indexOf('groq', 'openai', 'mistral'), 'embeddings');
    expect(index.autos[0]).toMatchObject({
      provider: { id: 'openai' },
      model: 'text-embedding-3-small',
    });
    expect(index.candidates.map(({ id }) => id)).toEqual(['openai', 'mistral']);
    expect(index.settings.defaultModel).toBeUndefined();
  });

  it('a model that several list is that of the first with the endpoint', () => {
    const index = forEndpoint(indexOf('groq', 'openai'), 'embeddings');
    expect(index.owners.get('shared')?.provider.id).toBe('openai');
    const chatOnly = forEndpoint(indexOf('groq', 'cerebras'), 'embeddings');
    expect(chatOnly.owners.get('shared')?.provider.id).toBe('groq');
  });

  it('a route without it is left out', () => {
    const index = forEndpoint(indexOf('groq', 'openai'), 'embeddings');
    const resolution = {
      answerModel: 'mine',
      targets: [
        { provider: row('groq'), model: 'a' },
        { provider: row('openai'), model: 'b' },
      ],
    };
    const left = onlyWithEndpoint(index, 'embeddings', resolution);
    expect(left).toMatchObject({ answerModel: 'mine', targets: [{ model: 'b' }] });
  });

  it('what has none is told, with what would do', () => {
    const resolution = { answerModel: 'm', targets: [{ provider: row('groq'), model: 'm' }] };
    const at = (...ids: string[]) =>
      messageOf(() =>
        onlyWithEndpoint(forEndpoint(indexOf(...ids), 'embeddings'), 'embeddings', resolution),
      );
    expect(at('groq', 'openai')).toBe(
      '404 unknown_url: Groq has no embeddings here. Ask for openai/text-embedding-3-small.',
    );
    expect(at('groq')).toBe(
      '404 unknown_url: Groq has no embeddings here. OpenAI, Google AI Studio, SambaNova would have, with a key for it.',
    );
  });

  it('names nothing that the caller may not use', () => {
    const index = forEndpoint(indexOf('groq', 'openai'), 'embeddings');
    const resolution = { answerModel: 'm', targets: [{ provider: row('groq'), model: 'm' }] };
    const message = messageOf(() =>
      onlyWithEndpoint(index, 'embeddings', resolution, (id) => id.startsWith('groq/')),
    );
    expect(message).not.toContain('openai/');
  });

  it('none of the person’s providers may have it', () => {
    expect(
      messageOf(() => assertSomeHas(forEndpoint(indexOf('groq'), 'moderations'), 'moderations')),
    ).toMatch(/^404 unknown_url: None of your providers has moderation here\. OpenAI/);
    expect(messageOf(() => assertSomeHas(forEndpoint(indexOf('openai'), 'speech'), 'speech'))).toBe(
      'nothing thrown',
    );
  });
});

describe('the rows', () => {
  it('say how they differ only where they have the endpoint', () => {
    for (const { id, endpoints = [], ways = {} } of CATALOG)
      expect(
        Object.keys(ways).filter((name) => !endpoints.includes(name as never)),
        id,
      ).toEqual([]);
  });
});
