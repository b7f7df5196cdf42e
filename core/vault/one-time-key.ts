/**
 * Secrets on their way from the router to a page that asked for them: encrypted to a key pair that the
 * page made for this one answer, so that no answer of ours ever holds one in the clear. X25519,
 * HKDF-SHA-256 and AES-256-GCM of WebCrypto, put together as in HPKE (RFC 9180).
 */
import { RouterError } from '../errors.ts';
import { encodeFields, type Bytes } from './crypto.ts';

export interface Receiver {
  /** What the sender is told; 32 bytes in base64url. */
  readonly publicKey: string;
  /** The text that `encryptTo` was given. Rejects where it was meant for another, or was changed. */
  open(encrypted: string): Promise<string>;
}

const KEY_BYTES = 32;
const IV_BYTES = 12;
const X25519 = { name: 'X25519' } as const;
const INFO = new TextEncoder().encode('gatehouse one-time key 1');

export async function createReceiver(): Promise<Receiver> {
  const { privateKey, publicKey } = await createPair();
  const own = await exportPublic(publicKey);
  return {
    publicKey: encode(own),
    async open(encrypted) {
      const bytes = decode(encrypted);
      const sender = bytes.slice(0, KEY_BYTES);
      const iv = bytes.slice(KEY_BYTES, KEY_BYTES + IV_BYTES);
      const key = await deriveKey(privateKey, await importPublic(sender), sender, own, 'decrypt');
      const algorithm = { name: 'AES-GCM', iv };
      const plain = await crypto.subtle.decrypt(algorithm, key, bytes.slice(KEY_BYTES + IV_BYTES));
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
    },
  };
}

/** Throws `invalid_request` where the public key is none. */
export async function encryptTo(publicKey: string, text: string): Promise<string> {
  let receiver: Bytes;
  let theirs: CryptoKey;
  try {
    receiver = decode(publicKey);
    theirs = await importPublic(receiver);
  } catch (cause) {
    throw noPublicKey(cause);
  }
  const pair = await createPair();
  const own = await exportPublic(pair.publicKey);
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const key = await deriveKey(pair.privateKey, theirs, own, receiver, 'encrypt').catch(
    // A point that makes every secret the same is refused by the browser.
    (cause: unknown) => Promise.reject(noPublicKey(cause)),
  );
  const plain = new TextEncoder().encode(text);
  try {
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain);
    const whole = new Uint8Array(KEY_BYTES + IV_BYTES + sealed.byteLength);
    whole.set(own);
    whole.set(iv, KEY_BYTES);
    whole.set(new Uint8Array(sealed), KEY_BYTES + IV_BYTES);
    return encode(whole);
  } finally {
    plain.fill(0);
  }
}

async function createPair(): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey(X25519, false, ['deriveBits'])) as CryptoKeyPair;
}

async function exportPublic(key: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey('raw', key));
}

function importPublic(bytes: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, X25519, true, []);
}

/** Bound to both public keys, sender's first. */
async function deriveKey(
  own: CryptoKey,
  theirs: CryptoKey,
  sender: Bytes,
  receiver: Bytes,
  usage: 'encrypt' | 'decrypt',
): Promise<CryptoKey> {
  const bits = await crypto.subtle.deriveBits({ ...X25519, public: theirs }, own, 256);
  const material = await crypto.subtle.importKey('raw', bits, 'HKDF', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: encodeFields([sender, receiver]), info: INFO },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    [usage],
  );
}

const encode = (bytes: Bytes) => bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
const decode = (text: string): Bytes => Uint8Array.fromBase64(text, { alphabet: 'base64url' });

const noPublicKey = (cause: unknown) =>
  new RouterError('invalid_request', '`keys` is the public key of the page that asks.', {
    param: 'keys',
    cause,
  });
