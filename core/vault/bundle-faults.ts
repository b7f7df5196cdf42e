/** Leaves out of a bundle what does not fit, so that the rest can be taken. Pure. */
import { faulty, type Fault } from './bundle-schema.ts';
import { idOfProvider } from './provider-names.ts';

/** What is left of a bundle, and where each of its entries stood in the file. */
export interface Draft {
  readonly input: unknown;
  readonly places: ReadonlyMap<string, readonly number[]>;
}

const ENTRY = /^(providers|keys|models|profiles|sites|chats)\[(\d+)\](.*)$/s;
const SETTING = /^settings\.([^.[]+)/;
/** A field that is no section: keys without the section of their providers might go elsewhere. */
const FIELD = /^(?!(format|version|providers|keys|models|profiles|sites|settings|chats)$)[^.[\]]+$/;

export const toDraft = (input: unknown): Draft => ({ input, places: new Map() });

/**
 * The bundle without what these faults are in, and the faults as the file has them. A key goes with
 * its provider: elsewhere than where it was meant for it must not be sent. A site goes with its
 * profile: another one of that id may allow more. Throws where a fault is of the whole bundle.
 */
export function leaveOut(
  { input, places }: Draft,
  faults: readonly Fault[],
): { draft: Draft; leftOut: Fault[] } {
  const sections = input as Record<string, unknown>;
  const gone = new Map<string, Set<number>>();
  const without = new Set<string>();
  const settings = new Set<string>();
  const leftOut: Fault[] = [];
  const placeOf = (section: string, index: number) => places.get(section)?.[index] ?? index;
  const drop = (section: string, index: number, rest: string, message: string) => {
    gone.set(section, (gone.get(section) ?? new Set()).add(index));
    leftOut.push({ path: `${section}[${placeOf(section, index)}]${rest}`, message });
  };
  for (const fault of faults) {
    const [, section, index, rest = ''] = ENTRY.exec(fault.path) ?? [];
    const setting = SETTING.exec(fault.path)?.[1];
    if (section !== undefined) drop(section, Number(index), rest, fault.message);
    else if (setting !== undefined) {
      settings.add(setting);
      leftOut.push(fault);
    } else if (FIELD.test(fault.path) && Object.hasOwn(sections, fault.path)) {
      without.add(fault.path);
      leftOut.push(fault);
    } else throw faulty(faults);
  }
  const droppedOf = (section: string) =>
    new Set([...(gone.get(section) ?? [])].map((index) => idOf(entryOf(sections[section], index))));
  const droppedProviders = droppedOf('providers');
  if (Array.isArray(sections.keys))
    sections.keys.forEach((key: unknown, index) => {
      const provider = (key as { provider?: unknown } | null)?.provider;
      if (typeof provider !== 'string' || gone.get('keys')?.has(index)) return;
      if (droppedProviders.has(idOfProvider(provider)))
        drop('keys', index, '', 'its provider is left out');
    });
  const droppedProfiles = droppedOf('profiles');
  if (Array.isArray(sections.sites))
    sections.sites.forEach((site: unknown, index) => {
      const profile = (site as { profile?: unknown } | null)?.profile;
      if (typeof profile !== 'string' || gone.get('sites')?.has(index)) return;
      if (droppedProfiles.has(profile)) drop('sites', index, '', 'its profile is left out');
    });

  const next: Record<string, unknown> = {};
  const nextPlaces = new Map(places);
  for (const [name, value] of Object.entries(sections)) {
    if (without.has(name)) continue;
    const dropped = gone.get(name);
    if (dropped && Array.isArray(value)) {
      const kept = value.flatMap((_entry, index) => (dropped.has(index) ? [] : [index]));
      next[name] = kept.map((index) => value[index] as unknown);
      nextPlaces.set(
        name,
        kept.map((index) => placeOf(name, index)),
      );
    } else if (name === 'settings' && settings.size > 0)
      next[name] = Object.fromEntries(
        Object.entries(value as object).filter(([field]) => !settings.has(field)),
      );
    else next[name] = value;
  }
  return { draft: { input: next, places: nextPlaces }, leftOut };
}

const entryOf = (section: unknown, index: number): unknown =>
  Array.isArray(section) ? section[index] : undefined;
const idOf = (entry: unknown): unknown => (entry as { id?: unknown } | null | undefined)?.id;
