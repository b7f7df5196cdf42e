import { expect, test } from 'vitest';
import { profileWords } from './profile-words.ts';

const WORK = { id: 'work', name: 'Work' };

test.each([
  [{}, 'Any model; all your keys; no limit'],
  [{ models: ['groq/*', '*'], keys: [] }, 'Any model; none of your keys; no limit'],
  [
    { models: ['a', 'b', 'c', 'd', 'e'], keys: ['openai/main'] },
    'a, b, c and 2 more; only key openai/main; no limit',
  ],
  [{ models: [], keys: ['x/1', 'x/2'] }, 'no model; only keys x/1, x/2; no limit'],
  [
    { defaultModel: 'groq/a', limits: { requestsPerMinute: 1, usdPerDay: 0, maxTokens: 2_000 } },
    'Any model; all your keys; groq/a where it names none; up to $0.00 a day, 1 request a minute, 2k tokens an answer',
  ],
])('%j', (fields, words) => expect(profileWords({ ...WORK, ...fields })).toBe(words));
