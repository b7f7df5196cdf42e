import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

const names = ['openai/gpt-5-mini', 'groq/llama-3.3-70b-versatile', 'mock/echo', 'turbo'];

describe('nearestName', () => {
  it.each([
    ['gpt-5-mni', 'openai/gpt-5-mini'],
    ['gpt-5-imni', 'openai/gpt-5-mini'],
    ['openai/gpt-5-min', 'openai/gpt-5-mini'],
    ['LLAMA-3.3-70b-versatlie', 'groq/llama-3.3-70b-versatile'],
    ['trubo', 'turbo'],
    ['echoo', 'mock/echo'],
  ])('takes %s for %s', (typed, name) => expect(nearestName(typed, names)).toBe(name));

  it.each(['claude-opus', 'x', '', 'completely-different-model'])('has none for %j', (typed) =>
    expect(nearestName(typed, names)).toBeUndefined(),
  );
});
