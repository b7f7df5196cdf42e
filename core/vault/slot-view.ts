import type { SlotRecord } from '../storage/records.ts';
import type { Bytes } from './crypto.ts';
import type { PasskeyProof } from './slot-kinds/passkey.ts';

/** What a screen knows of a way to open the vault. */
export interface SlotView extends Pick<SlotRecord, 'id' | 'kind' | 'createdAt' | 'label'> {
  /** What a passkey is asked with. */
  readonly passkey?: Pick<PasskeyProof, 'credentialId' | 'salt'>;
}

export function toView({ id, kind, createdAt, label, parameters, salt }: SlotRecord): SlotView {
  const { credentialId } = parameters;
  const isPasskey = kind === 'passkey' && typeof credentialId === 'string' && salt;
  return {
    id,
    kind,
    createdAt,
    ...(label !== undefined && { label }),
    ...(isPasskey && { passkey: { credentialId, salt: salt as Bytes } }),
  };
}
