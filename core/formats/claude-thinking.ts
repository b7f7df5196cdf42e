import type { ChatRequest, ReasoningOptions } from './chat.ts';
import type { JsonObject } from './json.ts';
import { traitsOf } from './claude-version.ts';

/** Budgets that stand for efforts, in tokens; the least that Anthropic takes is 1024. */
const BUDGETS: Readonly<Record<NonNullable<ReasoningOptions['effort']>, number>> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_000,
};
const LEAST = 1024;

/** What callers call their wish for reasoning. */
const NAMES: Readonly<Record<string, string>> = {
  'openai-responses': 'reasoning',
  'google-generate-content': 'generationConfig.thinkingConfig',
};

/**
 * Turns thinking on where the caller asked for reasoning. With thinking, Anthropic refuses other
 * temperatures, `top_k`, a `top_p` below 0.95 and forced tools: the first three are dropped, and
 * before a forced tool thinking is.
 */
export function encodeThinking(
  chat: ChatRequest,
  model: string,
  body: JsonObject,
  dropped: string[],
): void {
  const reasoning = chat.reasoning;
  if (reasoning === undefined) return;
  const { effort, budgetTokens, enabled } = reasoning;
  if (effort === 'none' || enabled === false) {
    body.thinking = { type: 'disabled' };
    return;
  }
  const isForced = chat.toolChoice === 'required' || typeof chat.toolChoice === 'object';
  const traits = traitsOf(model);
  const limit = chat.maxOutputTokens ?? traits.maxTokens;
  const wanted = budgetTokens ?? BUDGETS[effort ?? 'medium'];
  const budget = Math.max(LEAST, wanted < limit ? wanted : Math.floor(limit * 0.8));
  if (isForced || (!traits.adaptive && budget >= limit)) {
    dropped.push(NAMES[chat.raw.format] ?? 'reasoning_effort');
    return;
  }
  if (traits.adaptive && budgetTokens === undefined) {
    body.thinking = { type: 'adaptive', display: 'summarized' };
    if (effort !== undefined)
      body.output_config = {
        ...(body.output_config as JsonObject | undefined),
        effort: effort === 'minimal' ? 'low' : effort,
      };
  } else {
    body.thinking = { type: 'enabled', budget_tokens: budget };
  }
  for (const field of ['temperature', 'top_k', 'top_p'] as const) {
    const value = body[field] as number | undefined;
    if (value === undefined || (field === 'top_p' ? value >= 0.95 : value === 1)) continue;
    delete body[field];
    dropped.push(field);
  }
}
