import { RouterError } from '../errors.ts';
import type { ChatRequest } from '../formats/chat.ts';
import type { RouteCondition } from '../storage/records.ts';
import type { Target } from './resolve.ts';

/** What a request is, as far as conditions of routes go (row R18). */
export interface RequestFacts {
  readonly reasoning: boolean;
  readonly hasTools: boolean;
  readonly hasImages: boolean;
  readonly hasFiles: boolean;
  /** About how many tokens its input is. */
  readonly promptTokens: number;
}

/** What is no chat. */
export const PLAIN: RequestFacts = Object.freeze({
  reasoning: false,
  hasTools: false,
  hasImages: false,
  hasFiles: false,
  promptTokens: 0,
});

/** Whether the caller asks the model to think; one that says nothing of it does not. */
export function asksForReasoning({ reasoning }: ChatRequest): boolean {
  if (reasoning === undefined) return false;
  const { effort, budgetTokens, enabled } = reasoning;
  return enabled !== false && effort !== 'none' && budgetTokens !== 0;
}

/** What keeps a route from a request, in words that go on “only …”; undefined where nothing does. */
export function unmetBy(when: RouteCondition | undefined, facts: RequestFacts): string | undefined {
  if (when === undefined) return undefined;
  for (const [name, [yes, no]] of FLAGS)
    if (when[name] !== undefined && when[name] !== facts[name]) return when[name] ? yes : no;
  const { promptTokensOver: over, promptTokensUnder: under } = when;
  if (over !== undefined && facts.promptTokens <= over) return `for prompts over ${over} tokens`;
  if (under !== undefined && facts.promptTokens >= under)
    return `for prompts under ${under} tokens`;
  return undefined;
}

const FLAGS = Object.entries({
  reasoning: ['where reasoning is asked for', 'where no reasoning is asked for'],
  hasTools: ['with tools', 'without tools'],
  hasImages: ['with pictures', 'without pictures'],
  hasFiles: ['with files', 'without files'],
} as const) as ['reasoning' | 'hasTools' | 'hasImages' | 'hasFiles', readonly [string, string]][];

/** The targets that a request can go to, and why it can't go to the others. */
export interface Sorted {
  readonly targets: readonly Target[];
  readonly skipped: readonly { readonly target: Target; readonly reason: string }[];
}

/** The targets whose conditions hold. Throws `invalid_request` where there is none. */
export function byCondition(all: readonly Target[], facts: RequestFacts): Sorted {
  const targets: Target[] = [];
  const skipped: { target: Target; reason: string }[] = [];
  for (const target of all) {
    const unmet = unmetBy(target.when, facts);
    if (unmet === undefined) targets.push(target);
    else skipped.push({ target, reason: `It is only ${unmet}.` });
  }
  if (targets.length > 0 || all.length === 0) return { targets, skipped };
  const words = skipped.map(
    ({ target: { provider, model }, reason }) =>
      `${provider.id}/${model} ${reason.replace('It is ', '').replace(/\.$/, '')}`,
  );
  throw new RouterError(
    'invalid_request',
    `No route of this model is for such a request: ${words.join('; ')}.`,
    { param: 'model' },
  );
}
