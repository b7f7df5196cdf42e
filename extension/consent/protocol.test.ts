import { expect, it } from 'vitest';
import { isFromPage } from './protocol.ts';

const answer = (fields: object) => ({
  type: 'answer',
  id: 'q1',
  answer: { decision: 'allow', remember: 'once', ...fields },
});

it.each([
  {},
  { usdPerDay: 0, tokensPerDay: 1, requestsPerMinute: 1, concurrentRequests: 1, days: 30 },
  { onlyAsked: true, profile: 'work', moreScopes: ['chat', 'embeddings', 'images', 'audio'] },
])('takes an answer with %j', (fields) => expect(isFromPage(answer(fields))).toBe(true));

it.each([
  { decision: 'maybe' },
  { remember: 'ever' },
  { usdPerDay: -1 },
  { usdPerDay: Infinity },
  { requestsPerMinute: 0 },
  { requestsPerMinute: 0.5 },
  { concurrentRequests: '2' },
  { tokensPerDay: NaN },
  { onlyAsked: 'yes' },
  { profile: 7 },
  // What reaches a provider's own interface is asked for alone.
  { moreScopes: ['raw'] },
  { moreScopes: ['chat', 'everything'] },
  { moreScopes: 'chat' },
])('takes none with %j', (fields) => expect(isFromPage(answer(fields))).toBe(false));
