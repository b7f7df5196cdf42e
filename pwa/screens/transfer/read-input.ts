import { readForeign, type Control, type ReadFile } from '../../../core/index.ts';
import { isAge } from './age-header.ts';

/** The router takes 48 MiB at once, so a larger file can not be one of ours. */
const LARGEST_FILE = 50_000_000;

export type Input =
  | { readonly encrypted: true; readonly file: Uint8Array }
  | { readonly encrypted: false; readonly text: string };

/** A file as it was chosen, or text as it was pasted. Throws, in plain words, where it is too large. */
export async function readInput(source: File | string): Promise<Input> {
  if (typeof source !== 'string' && source.size > LARGEST_FILE)
    throw new Error('The file is larger than 50 MB. Export fewer sections, or fewer chats.');
  const bytes =
    typeof source === 'string'
      ? new TextEncoder().encode(source)
      : new Uint8Array(await source.arrayBuffer());
  if (isAge(bytes)) return { encrypted: true, file: bytes };
  try {
    return { encrypted: false, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    throw new Error('This is not a file that Gatehouse can read.');
  }
}

export async function readText(text: string, control: Control): Promise<ReadFile> {
  const found = await readForeign(text, {
    own: (await control.listProviders()).filter(({ custom }) => custom).map(({ id }) => id),
    now: Date.now(),
    parseYaml: async (yaml) =>
      (await import('yaml')).parse(yaml, { maxAliasCount: 100 }) as unknown,
    detectKeys: (pasted) => control.detectKeys(pasted),
  });
  if (found) return found;
  throw new Error(
    'Nothing was found in it that can be imported. Gatehouse reads its own files, .env files and keys in any form, files of model-proxy and LiteLLM, and the conversations.json of ChatGPT.',
  );
}
