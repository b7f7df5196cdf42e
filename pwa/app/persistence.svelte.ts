/** What the browser promises about what is stored here. */
export interface Persistence {
  /** Undefined until it was asked; false: it may clear the storage when the disk is full. */
  readonly kept: boolean | undefined;
  /** Bytes, as the browser estimates them. */
  readonly used: number | undefined;
  readonly available: number | undefined;
}

let current = $state.raw<Persistence>({ kept: undefined, used: undefined, available: undefined });

export function persistence(): Persistence {
  return current;
}

/** Reads what is promised, without asking for more. */
export async function readPersistence(): Promise<Persistence> {
  const [kept, { usage, quota }] = await Promise.all([
    navigator.storage.persisted(),
    navigator.storage.estimate(),
  ]);
  current = { kept, used: usage, available: quota };
  return current;
}

/** Asks the browser to keep it. Some ask the person: so only when there is something worth keeping. */
export async function keepStorage(): Promise<void> {
  if (!(await navigator.storage.persisted())) await navigator.storage.persist();
  await readPersistence();
}
