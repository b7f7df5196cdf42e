import type { ChatRequest } from './chat.ts';

/** Up to 4.5, and not while it thinks: Anthropic's documentation, "Prefill Claude's response". */
export function takesPrefill({ reasoning }: ChatRequest, model: string): boolean {
  return reasoning === undefined && /claude/i.test(model) && !traitsOf(model).adaptive;
}

/** What a Claude model takes, by the version in its name: there is no other way to tell. */
export interface ModelTraits {
  /** `thinking: {type: "adaptive"}` and `output_config.effort` in place of a budget: from 4.6 on. */
  readonly adaptive: boolean;
  /** `temperature` and `top_p` refuse each other: from 4.1 on. */
  readonly oneSampler: boolean;
  /** `max_tokens` is required; this is what is asked for where the caller names none. */
  readonly maxTokens: number;
}

/** `claude-3-7-sonnet-20250219`, `anthropic/claude-sonnet-4.5`, `claude-opus-4-20250514` -> traits. */
export function traitsOf(model: string): ModelTraits {
  const found = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?(?!\d)/i.exec(model);
  if (found === null) return { adaptive: false, oneSampler: false, maxTokens: 8192 };
  const version = Number(found[1]) + Number(found[2] ?? 0) / 10;
  if (version >= 3.7)
    return { adaptive: version >= 4.6, oneSampler: version >= 4.1, maxTokens: 32_000 };
  return { adaptive: false, oneSampler: false, maxTokens: version >= 3.5 ? 8192 : 4096 };
}
