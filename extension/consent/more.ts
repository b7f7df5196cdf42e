/** What stands behind the fold of the window: a person who opens it never sees a choice made for another site. */
import type { Scope } from '../../core/index.ts';
import type { Answer } from './protocol.ts';

/** As the form has it; an empty text is no limit. */
export interface More {
  open: boolean;
  onlyAsked: boolean;
  requests: string;
  atOnce: string;
  tokens: string;
  scopes: readonly Scope[];
}

export const noMore = (): More => ({
  open: false,
  onlyAsked: false,
  requests: '',
  atOnce: '',
  tokens: '',
  scopes: [],
});

export function toAnswer(more: More): Partial<Answer> {
  return {
    ...(more.requests !== '' && { requestsPerMinute: Number(more.requests) }),
    ...(more.atOnce !== '' && { concurrentRequests: Number(more.atOnce) }),
    ...(more.tokens !== '' && { tokensPerDay: Number(more.tokens) }),
    ...(more.onlyAsked && { onlyAsked: true }),
    ...(more.scopes.length > 0 && { moreScopes: [...more.scopes] }),
  };
}
