import { describe, expect, it } from 'vitest';
import type { ChatRequest, ContentPart } from '../formats/chat.ts';
import type { Provider } from '../providers/provider.ts';
import type { CatalogModel } from '../storage/records.ts';
import type { Target } from './resolve.ts';
import { onlySuitable } from './suitable.ts';

function target(id: string, change: Partial<Target> = {}, quirks: Provider['quirks'] = {}): Target {
  const provider: Provider = {
    id,
    name: id,
    format: 'openai-chat',
    baseUrl: `https://${id}.test/v1`,
    auth: { scheme: 'bearer' },
    quirks,
  };
  return { provider, model: 'm', ...change };
}

function ask(change: Partial<ChatRequest> = {}, ...content: ContentPart[]): ChatRequest {
  return {
    model: 'x',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }, ...content] }],
    stream: false,
    includeUsage: false,
    raw: { format: 'openai-chat', body: {} },
    ...change,
  };
}

const LISTS: Record<string, CatalogModel> = {
  blind: { id: 'm', takes: [], tools: true, contextWindow: 1_000_000 },
  seeing: { id: 'm', takes: ['image'], tools: false, contextWindow: 1_000_000 },
  small: { id: 'm', contextWindow: 3000 },
};
const catalogue = {
  cached: async ({ id }: Provider) => (LISTS[id] ? [LISTS[id]] : []),
};

const left = async (targets: Target[], chat: ChatRequest) =>
  (await onlySuitable(targets, chat, catalogue)).targets.map(({ provider }) => provider.id);

const image: ContentPart = { type: 'image', source: { kind: 'url', url: 'https://x.test/a.png' } };
const tools = [{ name: 'f' }];
const long: ContentPart = { type: 'text', text: 'word '.repeat(4000) };

describe('R20: targets that can not do what a request needs are skipped', () => {
  it.each([
    ['nothing', ask(), ['blind', 'seeing', 'small', 'unknown']],
    ['a picture', ask({}, image), ['seeing', 'small', 'unknown']],
    ['tools', ask({ tools }), ['blind', 'small', 'unknown']],
    [
      'no tools though some are named',
      ask({ tools, toolChoice: 'none' }),
      ['blind', 'seeing', 'small', 'unknown'],
    ],
    ['a long prompt', ask({}, long), ['blind', 'seeing', 'unknown']],
    [
      'a picture in a tool result',
      ask({}, { type: 'tool-result', callId: 'c', content: [image] }),
      ['seeing', 'small', 'unknown'],
    ],
  ])('needing %s', async (_need, chat, expected) => {
    const targets = ['blind', 'seeing', 'small', 'unknown'].map((id) => target(id));
    expect(await left(targets, chat)).toEqual(expected);
  });

  it('by the window that a route states where no one else knows one', async () => {
    const targets = [target('unknown', { contextWindow: 50 }), target('other')];
    expect(await left(targets, ask({}, long))).toEqual(['other']);
  });

  it('by the provider’s quirk', async () => {
    const targets = [target('toolless', {}, { noTools: true }), target('other')];
    expect(await left(targets, ask({ tools }))).toEqual(['other']);
  });

  it('is a 400 that says why where none is left', async () => {
    const two = (a: string, b: string) => [target(a), target(b)];
    await expect(left(two('small', 'small'), ask({}, long))).rejects.toMatchObject({
      code: 'context_length_exceeded',
      status: 400,
    });
    await expect(left(two('blind', 'small'), ask({}, long, image))).rejects.toMatchObject({
      code: 'context_length_exceeded',
    });
    await expect(left(two('seeing', 'seeing'), ask({ tools }))).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'tools',
    });
    await expect(left(two('blind', 'blind'), ask({}, image))).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'messages',
    });
  });

  it('leaves the only target to its provider, unless its route says that it is too long', async () => {
    expect(await left([target('blind')], ask({ tools }, image))).toEqual(['blind']);
    await expect(
      left([target('unknown', { contextWindow: 100 })], ask({}, long)),
    ).rejects.toMatchObject({ code: 'context_length_exceeded' });
  });
});
