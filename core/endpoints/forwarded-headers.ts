/**
 * What a caller may tell a provider by headers (features.md, E14). All else stays here: credentials,
 * cookies, `origin`, `x-stainless-*`.
 */
const FORWARDED = ['anthropic-beta', 'anthropic-version', 'openai-beta', 'x-title'] as const;

export function toForwarded(headers: Headers): Record<string, string> {
  const forwarded: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = headers.get(name);
    if (value) forwarded[name] = value;
  }
  return forwarded;
}
