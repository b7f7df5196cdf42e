import { idOfProvider, SECTIONS, type Section } from '../../../core/index.ts';

type Bundle = Readonly<Record<string, unknown>>;

/** The sections that a bundle has, in our order; empty ones where it replaces what is here. */
export function sectionsOf(bundle: unknown, withEmpty = false): Section[] {
  return SECTIONS.filter(
    (section) =>
      typeof bundle === 'object' &&
      bundle !== null &&
      Object.hasOwn(bundle, section) &&
      (withEmpty ||
        !Array.isArray((bundle as Bundle)[section]) ||
        ((bundle as Bundle)[section] as unknown[]).length > 0),
  );
}

/**
 * The bundle with the chosen sections only. A key whose provider the file puts at an address of its own
 * goes with the providers: without them it would be sent to another server than it was meant for.
 */
export function withSections(
  bundle: unknown,
  sections: readonly Section[],
): { bundle: Bundle; keysLeftOut: number } {
  const whole = bundle as Bundle;
  const kept = Object.fromEntries(
    Object.entries(whole).filter(
      ([name]) =>
        !(SECTIONS as readonly string[]).includes(name) || sections.includes(name as Section),
    ),
  );
  if (!Array.isArray(whole.keys) || !sections.includes('keys') || sections.includes('providers'))
    return { bundle: kept, keysLeftOut: 0 };
  const moved = new Set(
    (Array.isArray(whole.providers) ? (whole.providers as unknown[]) : []).flatMap((entry) => {
      const { id, baseUrl, auth, format } = (entry ?? {}) as Record<string, unknown>;
      return baseUrl !== undefined || auth !== undefined || format !== undefined ? [id] : [];
    }),
  );
  const keys = (whole.keys as unknown[]).filter((key) => {
    const provider = (key as { provider?: unknown } | null)?.provider;
    return typeof provider !== 'string' || !moved.has(idOfProvider(provider));
  });
  return { bundle: { ...kept, keys }, keysLeftOut: whole.keys.length - keys.length };
}
