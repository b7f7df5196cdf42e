/**
 * Opening the vault is the work of a page: a password takes half a second and 64 MiB, and a passkey
 * exists in pages only. Import this where it is wanted only; it brings Argon2 along.
 */
import {
  CHANGE_CHANNEL,
  createLocks,
  createRecoveryCode,
  decodeRecoveryCode,
  encodeRecoveryCode,
  importVaultKey,
  openDatabase,
  type Control,
  type Proof,
  type SlotView,
} from '../../../core/index.ts';
import { forgetPasskey } from './passkeys.ts';

const channel = new BroadcastChannel(CHANGE_CHANNEL);

export const locks = createLocks({
  openDatabase: () => openDatabase(),
  now: () => Date.now(),
  randomId: () => crypto.randomUUID(),
  publish: (change) => channel.postMessage(change),
});

const DEVICE: Proof = { kind: 'device', value: undefined };

/** What was typed into a field that takes the password or the recovery code. */
export async function toProof(text: string): Promise<Proof> {
  const code = await decodeRecoveryCode(text);
  return code ? { kind: 'recovery', value: code } : { kind: 'password', value: text };
}

/** Throws `vault_locked` where the proof is wrong. */
export async function checkProof(proof: Proof): Promise<void> {
  (await locks.open(proof)).fill(0);
}

/** Opens the vault and hands its key to the worker. Throws `vault_locked` where the proof is wrong. */
export async function unlockWith(control: Control, proof: Proof): Promise<void> {
  const vaultKey = await locks.open(proof);
  await handOver(control, vaultKey).finally(() => vaultKey.fill(0));
}

async function handOver(control: Control, vaultKey: Uint8Array<ArrayBuffer>): Promise<void> {
  const { host } = await control.status();
  // The extension keeps it in a store of JSON; the PWA never sees it again.
  await control.unlockVault(host === 'pwa' ? await importVaultKey(vaultKey) : vaultKey);
}

const idsOf = async (...kinds: Proof['kind'][]) =>
  (await locks.list()).filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id);

/**
 * From "no password" to this first way of opening; the vault is unlocked afterwards. It gets another
 * key: what lay beside the old device key on the disk must not open what is saved from now on.
 */
export async function protect(control: Control, proof: Proof, label?: string): Promise<void> {
  if ((await locks.list()).length === 0) await locks.create(DEVICE);
  await locks.rotate({
    open: DEVICE,
    add: [toAdded(proof, label)],
    onKey: (vaultKey) => handOver(control, vaultKey),
  });
}

/** One more way of opening; a password takes the place of the one before. */
export async function addWay(current: Proof, proof: Proof, label?: string): Promise<void> {
  const remove = proof.kind === 'password' ? await idsOf('password') : [];
  await locks.change(current, { add: [toAdded(proof, label)], remove });
}

export async function removeWay(current: Proof, { id, passkey }: SlotView): Promise<void> {
  await locks.change(current, { remove: [id] });
  if (passkey) await forgetPasskey(passkey.credentialId);
}

/** Back to "no password": every other way goes. */
export async function unprotect(current: Proof): Promise<void> {
  const slots = await locks.list();
  await locks.change(current, { add: [{ proof: DEVICE }], remove: slots.map(({ id }) => id) });
  await forgetPasskeysOf(slots);
}

/** Puts a new code in the place of the one before. Resolves to it as it is written down. */
export async function makeRecoveryCode(current: Proof): Promise<string> {
  const value = createRecoveryCode();
  try {
    const remove = await idsOf('recovery');
    await locks.change(current, { add: [{ proof: { kind: 'recovery', value } }], remove });
    return await encodeRecoveryCode(value);
  } finally {
    value.fill(0);
  }
}

/** A new vault key. Ways that were not proved go with the old one. */
export async function rotate(
  control: Control,
  keep: readonly Proof[],
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const dropped = await locks.rotate({
    keep,
    onProgress,
    onKey: (vaultKey) => handOver(control, vaultKey),
  });
  await forgetPasskeysOf(dropped);
}

async function forgetPasskeysOf(slots: readonly SlotView[]): Promise<void> {
  for (const { passkey } of slots) if (passkey) await forgetPasskey(passkey.credentialId);
}

const toAdded = (proof: Proof, label?: string) => ({ proof, ...(label && { label }) });
