import type { BundleDiff, Section, SectionDiff } from '../../../core/index.ts';

export const SECTION_NAMES: Readonly<Record<Section, string>> = Object.freeze({
  providers: 'Providers',
  keys: 'Keys',
  models: 'My models',
  profiles: 'Profiles of sites',
  sites: 'Site permissions',
  settings: 'Settings',
  chats: 'Chats',
});

/** What each kind of change is called, and the sign before it. In the order in which they are shown. */
export const CHANGES: readonly {
  readonly kind: 'add' | 'overwrite' | 'remove' | 'skip' | 'unchanged';
  readonly sign: string;
  readonly name: string;
}[] = Object.freeze([
  { kind: 'add', sign: '+', name: 'new' },
  { kind: 'overwrite', sign: '~', name: 'changed' },
  { kind: 'remove', sign: '−', name: 'removed' },
  { kind: 'skip', sign: '·', name: 'kept as it is here' },
  { kind: 'unchanged', sign: '=', name: 'same' },
]);

/** `3 new, 2 changed, 41 same`; `nothing` where there is nothing. */
export function diffWords(diff: SectionDiff): string {
  const parts = CHANGES.flatMap(({ kind, name }) =>
    diff[kind].length > 0 ? [`${diff[kind].length.toLocaleString('en')} ${name}`] : [],
  );
  return parts.join(', ') || 'nothing';
}

/** How many records would be written. */
export function changesOf(diff: BundleDiff, sections: readonly Section[]): number {
  return sections.reduce((sum, section) => {
    const part = diff[section];
    return sum + (part ? part.add.length + part.overwrite.length + part.remove.length : 0);
  }, 0);
}
