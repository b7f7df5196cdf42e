import { idOfProvider, SECTIONS, type Section } from '../../../core/index.ts';

type Bundle = Readonly<Record<string, unknown>>;

/** What lets sites do more: a permission is given by the person, not by a file, unless they say so. */
export const PERMITS: readonly Section[] = ['profiles', 'sites'];

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
 * goes with the providers: without them it would be sent to another server than it was meant for. A
 * site whose profile the file brings goes with the profiles: one of that name here may allow more.
 */
export function withSections(
  bundle: unknown,
  sections: readonly Section[],
): { bundle: Bundle; keysLeftOut: number; sitesLeftOut: number } {
  const whole = bundle as Bundle;
  const kept = Object.fromEntries(
    Object.entries(whole).filter(
      ([name]) =>
        !(SECTIONS as readonly string[]).includes(name) || sections.includes(name as Section),
    ),
  );
  const [keys, keysLeftOut] = keysOf(whole, sections);
  const [sites, sitesLeftOut] = sitesOf(whole, sections);
  return {
    bundle: { ...kept, ...(keys && { keys }), ...(sites && { sites }) },
    keysLeftOut,
    sitesLeftOut,
  };
}

type Left = readonly [kept: unknown[] | undefined, leftOut: number];

function keysOf(whole: Bundle, sections: readonly Section[]): Left {
  if (!Array.isArray(whole.keys) || !sections.includes('keys') || sections.includes('providers'))
    return [undefined, 0];
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
  return [keys, whole.keys.length - keys.length];
}

function sitesOf({ profiles, sites }: Bundle, sections: readonly Section[]): Left {
  if (!Array.isArray(sites) || !sections.includes('sites') || sections.includes('profiles'))
    return [undefined, 0];
  const brought = new Set(
    (Array.isArray(profiles) ? (profiles as unknown[]) : []).map(
      (entry) => ((entry ?? {}) as Record<string, unknown>).id,
    ),
  );
  const kept = (sites as unknown[]).filter((site) => {
    const { profile } = (site ?? {}) as Record<string, unknown>;
    return profile === undefined || !brought.has(profile);
  });
  return [kept, sites.length - kept.length];
}
