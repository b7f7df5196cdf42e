import type { UpstreamFormatName } from './chat.ts';

/**
 * Proofs that a provider gives of its own reasoning (signatures, encrypted reasoning) mean something
 * to that provider alone. In canonical form each begins with the format that it is for, and a caller
 * of another format is given it so: it comes back with its mark, and goes to no one else.
 */
const MARK =
  /^(openai-chat|openai-responses|anthropic-messages|google-generate-content|bedrock-converse)#/;

/** A value of this format's wire -> canonical. One that bears a mark already came back from a caller. */
export function mark(format: UpstreamFormatName, value: string): string {
  return MARK.test(value) ? value : `${format}#${value}`;
}

/** Canonical -> what a provider of this format gets; undefined for a proof that is not its own. */
export function unmarkFor(
  format: UpstreamFormatName,
  value: string | undefined,
): string | undefined {
  return value?.startsWith(`${format}#`) ? value.slice(format.length + 1) : undefined;
}

/** Canonical -> what a caller of this format gets: bare where it is its own, else as it is. */
export function unmark(format: UpstreamFormatName, value: string): string {
  return unmarkFor(format, value) ?? value;
}

/** True for a proof that is for another format: a caller brought it along, and its provider is not asked now. */
export function isForeign(format: UpstreamFormatName, value: unknown): boolean {
  return typeof value === 'string' && MARK.test(value) && unmarkFor(format, value) === undefined;
}
