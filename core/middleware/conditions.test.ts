import { describe, expect, it } from 'vitest';
import type { ChatRequest, ReasoningOptions } from '../formats/chat.ts';
import type { Provider } from '../providers/provider.ts';
import type { RouteCondition } from '../storage/records.ts';
import { asksForReasoning, byCondition, PLAIN, type RequestFacts } from './conditions.ts';

const provider = { id: 'box' } as Provider;
const holds = (when: RouteCondition, facts: Partial<RequestFacts>): boolean => {
  const targets = [
    { provider, model: 'conditional', when },
    { provider, model: 'always' },
  ];
  return byCondition(targets, { ...PLAIN, ...facts }).targets.length === 2;
};

const TOOLS = { hasTools: true };
const LONG = { promptTokens: 5001 };

describe('R18: a route is for the requests that its conditions name', () => {
  // prettier-ignore
  it.each<[RouteCondition, Partial<RequestFacts>, boolean]>([
    // the route's `when`                              what the request is                    holds
    [{},                                               {},                                    true],
    [{ reasoning: true },                              { reasoning: true },                   true],
    [{ reasoning: true },                              {},                                    false],
    [{ reasoning: false },                             {},                                    true],
    [{ reasoning: false },                             { reasoning: true },                   false],
    [{ hasTools: true },                               TOOLS,                                 true],
    [{ hasTools: true },                               {},                                    false],
    [{ hasTools: false },                              TOOLS,                                 false],
    [{ hasTools: false },                              {},                                    true],
    [{ hasImages: true },                              { hasImages: true },                   true],
    [{ hasImages: true },                              { hasFiles: true },                    false],
    [{ hasImages: false },                             { hasImages: true },                   false],
    [{ hasFiles: true },                               { hasFiles: true },                    true],
    [{ hasFiles: true },                               { hasImages: true },                   false],
    [{ hasFiles: false },                              { hasFiles: true },                    false],
    [{ promptTokensOver: 5000 },                       LONG,                                  true],
    [{ promptTokensOver: 5001 },                       LONG,                                  false],
    [{ promptTokensOver: 5000 },                       {},                                    false],
    [{ promptTokensUnder: 5002 },                      LONG,                                  true],
    [{ promptTokensUnder: 5001 },                      LONG,                                  false],
    [{ promptTokensOver: 100, promptTokensUnder: 9000 }, LONG,                                true],
    [{ promptTokensOver: 100, promptTokensUnder: 200 }, LONG,                                 false],
    [{ hasTools: true, promptTokensOver: 5000 },       { ...TOOLS, ...LONG },                 true],
    [{ hasTools: true, promptTokensOver: 5000 },       TOOLS,                                 false],
    [{ hasTools: true, promptTokensOver: 5000 },       LONG,                                  false],
    [{ hasTools: true, hasImages: false },             { ...TOOLS, hasImages: true },         false],
  ])('%o of %o: %s', (when, facts, expected) => {
    expect(holds(when, facts)).toBe(expected);
  });

  it.each<[ReasoningOptions | undefined, boolean]>([
    [undefined, false],
    [{ effort: 'high' }, true],
    [{ effort: 'minimal' }, true],
    [{ effort: 'none' }, false],
    [{ budgetTokens: 2000 }, true],
    [{ budgetTokens: 0 }, false],
    [{ enabled: true }, true],
    [{ enabled: false, budgetTokens: 2000 }, false],
    [{ summary: 'auto' }, true],
  ])('reasoning asked for as %o: %s', (reasoning, expected) => {
    expect(asksForReasoning({ reasoning } as ChatRequest)).toBe(expected);
  });

  it('tells which route was left out, and why', () => {
    const targets = [
      { provider, model: 'deep', when: { reasoning: true } },
      { provider, model: 'plain' },
    ];
    const { targets: left, skipped } = byCondition(targets, PLAIN);
    expect(left.map(({ model }) => model)).toEqual(['plain']);
    expect(skipped).toMatchObject([
      { target: { model: 'deep' }, reason: 'It is only where reasoning is asked for.' },
    ]);
  });

  it('is refused, with what each is for, where no route is left', () => {
    const targets = [
      { provider, model: 'a', when: { hasTools: true } },
      { provider, model: 'b', when: { promptTokensOver: 10 } },
    ];
    expect(() => byCondition(targets, PLAIN)).toThrow(
      'No route of this model is for such a request: box/a only with tools; box/b only for prompts over 10 tokens.',
    );
  });
});
