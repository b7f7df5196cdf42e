/**
 * Opening the vault is the work of a page: a password takes half a second and 64 MiB. Import this where
 * it is wanted only; it brings Argon2 along.
 */
import {
  CHANGE_CHANNEL,
  createLocks,
  decodeRecoveryCode,
  importVaultKey,
  openDatabase,
  type Control,
  type Proof,
} from '../../../core/index.ts';

const channel = new BroadcastChannel(CHANGE_CHANNEL);

export const locks = createLocks({
  openDatabase: () => openDatabase(),
  now: () => Date.now(),
  randomId: () => crypto.randomUUID(),
  publish: (change) => channel.postMessage(change),
});

/** What was typed into a field that takes the password or the recovery code. */
export async function toProof(text: string): Promise<Proof> {
  const code = await decodeRecoveryCode(text);
  return code ? { kind: 'recovery', value: code } : { kind: 'password', value: text };
}

/** Opens the vault and hands its key to the worker. Throws `vault_locked` where the proof is wrong. */
export async function unlockWith(control: Control, proof: Proof): Promise<void> {
  const vaultKey = await locks.open(proof);
  try {
    const { host } = await control.status();
    // The extension keeps it in a store of JSON; the PWA never sees it again.
    await control.unlockVault(host === 'pwa' ? await importVaultKey(vaultKey) : vaultKey);
  } finally {
    vaultKey.fill(0);
  }
}

const slotIds = async (...kinds: Proof['kind'][]) =>
  (await locks.list()).filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id);

/** From "no password" to a password; the vault is unlocked afterwards. */
export async function setPassword(control: Control, text: string): Promise<void> {
  const proof: Proof = { kind: 'password', value: text };
  const remove = await slotIds('device');
  if (remove.length === 0) await locks.create(proof);
  else {
    await locks.change({ kind: 'device', value: undefined }, { add: [{ proof }], remove });
    // What lay beside the old device key on the disk must not open what is saved from now on.
    await locks.rotate([proof]);
  }
  await unlockWith(control, proof);
}

export async function changePassword(current: Proof, text: string): Promise<void> {
  const remove = await slotIds('password');
  await locks.change(current, { add: [{ proof: { kind: 'password', value: text } }], remove });
}

export async function removePassword(current: Proof): Promise<void> {
  const remove = (await locks.list()).map(({ id }) => id);
  await locks.change(current, { add: [{ proof: { kind: 'device', value: undefined } }], remove });
}

/** Puts this code in the place of the one before. */
export async function setRecoveryCode(
  current: Proof,
  code: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const remove = await slotIds('recovery');
  await locks.change(current, { add: [{ proof: { kind: 'recovery', value: code } }], remove });
}
