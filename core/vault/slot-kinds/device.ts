import { createDeviceKey } from '../crypto.ts';
import type { SlotKind } from './kind.ts';

/**
 * No password: a key that no script can read out stands beside the vault. It keeps pages and other
 * extensions away, not someone who reads this computer's files.
 */
export const device: SlotKind<void> = {
  async create() {
    const key = await createDeviceKey();
    return { slotKey: key, fields: { parameters: {}, key } };
  },
  async open({ key }) {
    if (!key) throw new Error('This device slot has lost its key.');
    return key;
  },
};
