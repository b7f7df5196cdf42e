/** What an `age` file says of itself before anything is computed. Source: age-encryption.org/v1. */

/** Ours: 128 MiB, a few seconds. */
export const WORK_FACTOR = 17;
/** The stock command's own is 18, 256 MiB; each step more doubles memory and time. */
const HIGHEST_WORK_FACTOR = 18;
const LONGEST_HEADER = 16_384;
const ARMOR = '-----BEGIN AGE ENCRYPTED FILE-----';

const startOf = (file: Uint8Array, length: number) =>
  new TextDecoder('latin1').decode(file.subarray(0, length));

export const isArmored = (file: Uint8Array) => startOf(file, 200).trimStart().startsWith(ARMOR);

export const isAge = (file: Uint8Array) =>
  isArmored(file) || startOf(file, 30).startsWith('age-encryption.org/v1\n');

/** Why the file can not be opened with a passphrase here; undefined where it can be tried. */
export function findAgeFault(file: Uint8Array): string | undefined {
  const header = isArmored(file) ? readArmored(file) : startOf(file, LONGEST_HEADER);
  const stanzas = header
    ?.slice(0, header.indexOf('\n---'))
    .split('\n')
    .filter((line) => line.startsWith('-> '))
    .map((line) => line.slice(3).split(' '));
  const [first, ...others] = stanzas ?? [];
  if (!first) return 'This age file is damaged.';
  if (first[0] !== 'scrypt' || others.length > 0)
    return 'This file is encrypted to a key, not with words. Decrypt it with the age command first.';
  const factor = Number(first[2]);
  if (!/^[1-9]\d?$/.test(first[2] ?? '')) return 'This age file is damaged.';
  if (factor > HIGHEST_WORK_FACTOR)
    return 'Opening this file would take more memory than a page should: it was made so on purpose, or by another setting of age. Decrypt it with the age command first.';
  return undefined;
}

function readArmored(file: Uint8Array): string | undefined {
  const body = startOf(file, LONGEST_HEADER * 2)
    .trimStart()
    .slice(ARMOR.length);
  const base64 = body.split('-----END')[0]?.replace(/\s+/g, '') ?? '';
  try {
    return atob(base64.slice(0, base64.length - (base64.length % 4)));
  } catch {
    return undefined;
  }
}
