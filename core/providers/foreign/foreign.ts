import type {
  BundleChat,
  BundleKey,
  BundleModel,
  BundleProvider,
} from '../../vault/bundle-schema.ts';

/** What somebody else's file comes to: parts of a bundle, unchecked, for the same import as any. */
export interface Foreign {
  /** What the file is: `a LiteLLM configuration`. */
  readonly from: string;
  readonly bundle: {
    readonly format: 'gatehouse-bundle';
    readonly version: 1;
    providers?: BundleProvider[];
    keys?: BundleKey[];
    models?: BundleModel[];
    chats?: BundleChat[];
  };
  /** What has no place here, in plain words. */
  readonly notes: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of its own, never one that every object has. */
export function fieldOf(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export function textOf(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === 'string' && field.trim() !== '' ? field.trim() : undefined;
}

export function numberOf(value: unknown, name: string): number | undefined {
  const field = fieldOf(value, name);
  const number = typeof field === 'string' ? Number(field) : field;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** Notes, each told once with how often it came up. */
export function createNotes(): { add(note: string): void; list(): string[] } {
  const notes = new Map<string, number>();
  return {
    add: (note) => notes.set(note, (notes.get(note) ?? 0) + 1),
    list: () =>
      [...notes].map(([note, times]) => (times === 1 ? note : `${note} (${times} times)`)),
  };
}

/** Without the sections that came out empty. */
export function toForeign(
  from: string,
  sections: Omit<Foreign['bundle'], 'format' | 'version'>,
  notes: readonly string[],
): Foreign {
  const filled = Object.entries(sections).filter(([, list]) => list && list.length > 0);
  return {
    from,
    bundle: { format: 'gatehouse-bundle', version: 1, ...Object.fromEntries(filled) },
    notes,
  };
}
