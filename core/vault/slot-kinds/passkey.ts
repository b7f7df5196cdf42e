import { deriveSlotKey, type Bytes } from '../crypto.ts';
import type { SlotKind } from './kind.ts';

/** What `navigator.credentials` gives for the slot's own salt. WebAuthn exists in pages only. */
export interface PasskeyProof {
  /** base64url */
  readonly credentialId: string;
  /** The salt that the PRF was asked with: 32 bytes. Made anew with each passkey. */
  readonly salt: Bytes;
  /** The PRF's answer: 32 bytes. */
  readonly output: Bytes;
}

export const passkey: SlotKind<PasskeyProof> = {
  async create({ credentialId, salt, output }) {
    return {
      slotKey: await deriveSlotKey(toOutput(output), salt, 'passkey'),
      fields: { parameters: { kdf: 'webauthn-prf', credentialId }, salt },
    };
  },
  async open({ parameters, salt }, { credentialId, output }) {
    if (parameters.kdf !== 'webauthn-prf' || parameters.credentialId !== credentialId || !salt)
      throw new Error('This slot is of another passkey.');
    return deriveSlotKey(toOutput(output), salt as Bytes, 'passkey');
  },
};

function toOutput(output: Bytes): Bytes {
  if (output.length !== 32) throw new Error('This passkey gave no key.');
  return output;
}
