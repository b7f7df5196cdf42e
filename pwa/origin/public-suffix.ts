import { registrableDomain as ownedDomain } from '../../core/index.ts';

/**
 * The registrable part of a host (`a.notes.co.uk` -> `notes.co.uk`), or the whole host where it has
 * none (an address, `localhost`). It only chooses which part is bold; who may call is always decided
 * by the whole origin.
 */
export function registrableDomain(host: string): string {
  return ownedDomain(host) ?? host;
}

/**
 * Whether one owner has all names below a host, by the whole Public Suffix List: never for `co.uk` or
 * `github.io`. The list comes with the first question.
 */
export async function hasOneOwner(host: string): Promise<boolean> {
  // @ts-expect-error The package's `exports` do not say where its types are.
  const { get } = (await import('psl')) as { get(host: string): string | null };
  return ownedDomain(host) !== undefined && get(host) !== null;
}
