/**
 * Passkeys as keys: WebAuthn with its PRF extension, in pages only. Nothing is signed in to, so no
 * challenge is checked and no server knows of them; what counts is the secret that the PRF gives for a
 * salt, the same each time, and for nobody without the passkey and its finger, face or PIN.
 * W3C WebAuthn 3, 10.1.4: https://www.w3.org/TR/webauthn-3/#prf-extension
 */
import type { Proof, SlotView } from '../../../core/index.ts';

type Bytes = Uint8Array<ArrayBuffer>;
export type PasskeyProof = Extract<Proof, { kind: 'passkey' }>;

const SALT_BYTES = 32;
/** The two algorithms that all authenticators know. No signature is ever checked. */
const ALGORITHMS = [-7, -257];

/** Why no passkey can be made on this page, in words; undefined where one can. */
export async function findPasskeyObstacle(): Promise<string | undefined> {
  if (typeof PublicKeyCredential === 'undefined') return 'This browser knows no passkeys.';
  // The browser ties a passkey to a name; a number is none (WebAuthn 3, "effective domain").
  if (/^[\d.]+$|^\[/.test(location.hostname))
    return `A passkey needs an address with a name, and this one is a number: ${location.hostname}.`;
  const { getClientCapabilities } = PublicKeyCredential as {
    getClientCapabilities?: () => Promise<Record<string, boolean>>;
  };
  const capabilities = await getClientCapabilities?.call(PublicKeyCredential);
  if (capabilities?.['extension:prf'] === false)
    return 'This browser can’t open a vault by a passkey.';
  return undefined;
}

/** Makes a passkey, or throws an `Error` that says in plain words why there is none. */
export async function createPasskey(
  known: readonly SlotView[],
): Promise<{ proof: PasskeyProof; label: string }> {
  const salt = randomBytes(SALT_BYTES);
  const credential = await ask(() =>
    navigator.credentials.create({
      publicKey: {
        // The id is left out: it is then this page's own host, in the extension its id.
        rp: { name: 'Gatehouse' },
        // A new id each time: with the same one, a second passkey would take the first one's place.
        user: { id: randomBytes(16), name: 'Gatehouse keys', displayName: 'Gatehouse keys' },
        challenge: randomBytes(32),
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
        excludeCredentials: toDescriptors(known),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  const { prf } = credential.getClientExtensionResults();
  if (!prf?.enabled) {
    await forgetPasskey(credential.id);
    throw new Error(
      'This passkey can prove who you are, but can’t lock anything: it lacks what is called PRF. Choose another place to keep the passkey, or take a password.',
    );
  }
  const passkey = { credentialId: credential.id, salt };
  // Some give the secret only when they are next asked.
  const proof = prf.results
    ? toPasskeyProof(passkey, prf.results.first)
    : await askPasskey([{ id: '', kind: 'passkey', createdAt: 0, passkey }]);
  return { proof, label: toLabel(credential) };
}

/** Asks for one of these passkeys. Throws an `Error` with plain words where none was given. */
export async function askPasskey(slots: readonly SlotView[]): Promise<PasskeyProof> {
  const passkeys = slots.flatMap(({ passkey }) => passkey ?? []);
  const credential = await ask(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: randomBytes(32),
        allowCredentials: toDescriptors(slots),
        // With and without it an authenticator gives two different secrets (CTAP 2.1, hmac-secret).
        userVerification: 'required',
        extensions: {
          prf: {
            evalByCredential: Object.fromEntries(
              passkeys.map(({ credentialId, salt }) => [credentialId, { first: salt }]),
            ),
          },
        },
      },
    }),
  );
  const passkey = passkeys.find(({ credentialId }) => credentialId === credential.id);
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (!passkey || !first) throw new Error('This passkey gave no key. Choose another.');
  return toPasskeyProof(passkey, first);
}

/** Lets the browser's own list of passkeys drop one that opens nothing any more, where it can. */
export async function forgetPasskey(credentialId: string): Promise<void> {
  if (typeof PublicKeyCredential === 'undefined') return;
  const { signalUnknownCredential } = PublicKeyCredential as {
    signalUnknownCredential?: (of: { rpId: string; credentialId: string }) => Promise<void>;
  };
  await signalUnknownCredential
    ?.call(PublicKeyCredential, { rpId: location.hostname, credentialId })
    .catch(() => undefined);
}

function toPasskeyProof(
  passkey: { credentialId: string; salt: Bytes },
  output: BufferSource,
): PasskeyProof {
  const bytes = ArrayBuffer.isView(output)
    ? new Uint8Array(output.buffer, output.byteOffset, output.byteLength)
    : new Uint8Array(output);
  return { kind: 'passkey', value: { ...passkey, output: bytes } };
}

async function ask(start: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await start();
    if (credential instanceof PublicKeyCredential) return credential;
    throw new Error('The browser gave no passkey.');
  } catch (reason) {
    const words = reason instanceof DOMException ? WORDS[reason.name] : undefined;
    throw words === undefined ? reason : new Error(words, { cause: reason });
  }
}

const WORDS: Readonly<Record<string, string>> = Object.freeze({
  // The browser tells no one whether it was the person, the time or a missing passkey.
  NotAllowedError:
    'No passkey was given: it was cancelled, took too long, or this device has none for Gatehouse.',
  InvalidStateError: 'There is a passkey of Gatehouse on this device already.',
  NotSupportedError: 'This device can’t keep a passkey.',
  SecurityError: 'The browser allows no passkey at this address.',
  ConstraintError:
    'This device can’t ask for a finger, a face or a PIN. Set up a screen lock first.',
});

function toDescriptors(slots: readonly SlotView[]): PublicKeyCredentialDescriptor[] {
  return slots.flatMap(({ passkey }) =>
    passkey ? [{ type: 'public-key' as const, id: fromBase64Url(passkey.credentialId) }] : [],
  );
}

function toLabel({ authenticatorAttachment, response }: PublicKeyCredential): string {
  if (authenticatorAttachment !== 'cross-platform') return 'This device';
  const transports = (response as AuthenticatorAttestationResponse).getTransports();
  return transports.includes('hybrid') ? 'Phone or tablet' : 'Security key';
}

const randomBytes = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

function fromBase64Url(text: string): Bytes {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}
