/**
 * What a model takes beside the fields that all have in common, by the family in its id: Bedrock
 * passes `additionalModelRequestFields` on as they are. Ids are `anthropic.claude-…`, those of an
 * inference profile `us.anthropic.claude-…`, and ARNs that hold either.
 */
export type Family = 'claude' | 'nova' | 'gpt-oss' | 'other';

const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [/claude/i, 'claude'],
  [/nova/i, 'nova'],
  [/gpt-oss/i, 'gpt-oss'],
];

export function familyOf(model: string): Family {
  return FAMILIES.find(([pattern]) => pattern.test(model))?.[1] ?? 'other';
}
