import { RECOVERY_CODE_BYTES } from '../algorithms.ts';
import { deriveSlotKey, type Bytes } from '../crypto.ts';
import type { SlotKind } from './kind.ts';

/** A code that is shown once and written down. */
export const recovery: SlotKind<Bytes> = {
  async create(code) {
    const salt = crypto.getRandomValues(new Uint8Array(16));
    return {
      slotKey: await deriveSlotKey(toCode(code), salt, 'recovery'),
      fields: { parameters: { kdf: 'hkdf' }, salt },
    };
  },
  async open({ parameters, salt }, code) {
    if (parameters.kdf !== 'hkdf' || salt?.length !== 16)
      throw new Error('The parameters of this slot are out of bounds.');
    return deriveSlotKey(toCode(code), salt as Bytes, 'recovery');
  },
};

function toCode(code: Bytes): Bytes {
  if (code.length !== RECOVERY_CODE_BYTES) throw new Error('A recovery code has 128 bits.');
  return code;
}

/** Without I, L, O and U, which are read for others. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHECK_LETTERS = 2;

export function createRecoveryCode(): Bytes {
  return crypto.getRandomValues(new Uint8Array(RECOVERY_CODE_BYTES));
}

/** `7K2M-…`: 26 letters of 5 bits, and 2 that tell a slip of the pen. */
export async function encodeRecoveryCode(code: Bytes): Promise<string> {
  let bits = 0n;
  for (const byte of toCode(code)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let at = 25n; at >= 0n; at--) text += LETTERS[Number((bits >> (at * 5n)) & 31n)];
  return (text + (await toCheck(code))).match(/.{4}/g)!.join('-');
}

/** The code as it was written, or undefined where it can't be one. Case and hyphens do not matter. */
export async function decodeRecoveryCode(text: string): Promise<Bytes | undefined> {
  const letters = text.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  if (!/^[0-9A-HJKMNP-TV-Z]{28}$/.test(letters)) return undefined;
  let bits = 0n;
  for (const letter of letters.slice(0, -CHECK_LETTERS))
    bits = (bits << 5n) | BigInt(LETTERS.indexOf(letter));
  if (bits >> 128n !== 0n) return undefined;
  const code = new Uint8Array(RECOVERY_CODE_BYTES);
  for (let at = code.length - 1; at >= 0; at--, bits >>= 8n) code[at] = Number(bits & 255n);
  return (await toCheck(code)) === letters.slice(-CHECK_LETTERS) ? code : undefined;
}

async function toCheck(code: Bytes): Promise<string> {
  const [first = 0, second = 0] = new Uint8Array(await crypto.subtle.digest('SHA-256', code));
  return LETTERS[first & 31]! + LETTERS[second & 31]!;
}
