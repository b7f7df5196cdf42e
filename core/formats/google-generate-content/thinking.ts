import type { ChatRequest, ReasoningOptions } from '../chat.ts';
import type { JsonObject } from '../json.ts';

type Effort = NonNullable<ReasoningOptions['effort']>;

/** Budgets that Google's own OpenAI-compatible endpoint uses for efforts, in tokens. */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

/** Gemini 3 and later take a level; `medium` is not known to all of them, and means much. */
const LEVELS: Readonly<Record<Effort, string>> = {
  none: 'low',
  minimal: 'low',
  low: 'low',
  medium: 'high',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

/** `thinkingConfig`, where the caller asked for reasoning. Older models have none, and lose it. */
export function encodeThinking(
  chat: ChatRequest,
  model: string,
  config: JsonObject,
  dropped: string[],
): void {
  const { effort, budgetTokens, enabled, summary } = chat.reasoning ?? {};
  if (effort === undefined && budgetTokens === undefined && enabled === undefined) return;
  if (/gemini-(?:1|2\.0)/.test(model)) {
    dropped.push('reasoning_effort');
    return;
  }
  const isOff = effort === 'none' || enabled === false;
  const thinking: JsonObject = { includeThoughts: !isOff && summary !== 'none' };
  if (budgetTokens !== undefined) thinking.thinkingBudget = budgetTokens;
  else if (/gemini-(?:[3-9]|\d\d)/.test(model))
    thinking.thinkingLevel = LEVELS[isOff ? 'none' : (effort ?? 'high')];
  // Its largest model thinks always: 128 is the least it takes.
  else if (isOff) thinking.thinkingBudget = /2\.5-pro/.test(model) ? 128 : 0;
  else thinking.thinkingBudget = effort === undefined ? -1 : BUDGETS[effort];
  config.thinkingConfig = thinking;
}
