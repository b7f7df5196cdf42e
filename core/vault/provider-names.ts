import { CATALOG } from '../providers/catalog.ts';

/** The id of the provider that a bundle means by a name: aliases and capitals are taken too. */
export function idOfProvider(name: string): string {
  const plain = name.toLowerCase();
  const row = CATALOG.find(({ id, aliases }) => id === plain || aliases?.includes(plain));
  return row?.id ?? plain;
}
