/**
 * A folder of the person's own choice that gets the daily copies too, as ordinary bundle files without
 * keys: it may lie in a cloud.
 */
import { openDatabase } from '../../../core/index.ts';

const STORED = 'backup folder';
const KEPT = 7;
const NAME = /^gatehouse-\d{4}-\d\d-\d\d\.json$/;

/** What is not in TypeScript's types yet. */
interface Permitted {
  queryPermission(options: { mode: 'readwrite' }): Promise<PermissionState>;
  requestPermission(options: { mode: 'readwrite' }): Promise<PermissionState>;
}
export type Folder = FileSystemDirectoryHandle & Partial<Permitted>;
type Picker = (options: { id: string; mode: 'readwrite' }) => Promise<Folder>;

const picker = () => (globalThis as { showDirectoryPicker?: Picker }).showDirectoryPicker;

export const canChooseFolder = () => picker() !== undefined;

export async function readFolder(): Promise<Folder | undefined> {
  const stored = await (await openDatabase()).get('state', STORED);
  return stored instanceof FileSystemDirectoryHandle ? stored : undefined;
}

/** Undefined where the person thinks better of it. */
export async function chooseFolder(): Promise<Folder | undefined> {
  const folder = await picker()?.({ id: 'gatehouse', mode: 'readwrite' }).catch(
    (error: unknown) => {
      if (error instanceof DOMException && error.name === 'AbortError') return undefined;
      throw error;
    },
  );
  if (folder) await (await openDatabase()).put('state', folder, STORED);
  return folder;
}

export async function forgetFolder(): Promise<void> {
  await (await openDatabase()).delete('state', STORED);
}

/** Browsers take the permission back with the last window, where they were not told otherwise. */
export async function isAllowed(folder: Folder): Promise<boolean> {
  return (await folder.queryPermission?.({ mode: 'readwrite' })) === 'granted';
}

/** For a click of the person. */
export async function allowFolder(folder: Folder): Promise<boolean> {
  return (await folder.requestPermission?.({ mode: 'readwrite' })) === 'granted';
}

const toFileName = (day: string) => `gatehouse-${day}.json`;

export const hasInFolder = (folder: Folder, day: string): Promise<boolean> =>
  folder.getFileHandle(toFileName(day)).then(
    () => true,
    () => false,
  );

/** Keeps the newest seven of our own files, and touches no other. */
export async function saveInFolder(folder: Folder, day: string, text: string): Promise<void> {
  const handle = await folder.getFileHandle(toFileName(day), { create: true });
  const file = await handle.createWritable();
  await file.write(text);
  await file.close();
  const names: string[] = [];
  for await (const name of folder.keys()) if (NAME.test(name)) names.push(name);
  for (const old of names.sort().reverse().slice(KEPT)) await folder.removeEntry(old);
}
