import { importPKCS8, SignJWT } from 'jose';
import { RouterError } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import { checkBaseUrl } from '../base-url.ts';
import { askTokenServer } from './token-server.ts';

/** What is read of the JSON file that Google gives out for a service account. */
export interface ServiceAccount {
  readonly clientEmail: string;
  /** PKCS #8 in PEM. */
  readonly privateKey: string;
  readonly keyId?: string;
  readonly tokenUri: string;
  readonly projectId?: string;
}

type Asking = Pick<Ports, 'fetch' | 'now'>;

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const TOKEN_URI = 'https://oauth2.googleapis.com/token';
/** Where Google gives out tokens, as its files have named it over the years. */
const TOKEN_URIS: ReadonlySet<string> = new Set([
  TOKEN_URI,
  'https://accounts.google.com/o/oauth2/token',
  'https://www.googleapis.com/oauth2/v4/token',
]);
const LIFE_S = 3600;
/** A token that ends sooner than this is not used any more, in milliseconds. */
const MARGIN_MS = 120_000;

interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** By the digest of the secret and its token endpoint. In memory only; gone with the worker and on lock. */
const tokens = new Map<string, Promise<Token>>();

/** Call it when the vault locks: a token is as good as its key for an hour. */
export function forgetAccessTokens(): void {
  tokens.clear();
}

/**
 * A token for the account whose file the secret is: the one that is held while it lasts, else a new
 * one; callers that come meanwhile wait for the same. `url` is where the token will go: the file of
 * an account may name a token server on this computer only for a provider on this computer, so that
 * no file moves a signed request elsewhere. Throws `key_refused`, `bad_upstream`.
 */
export async function accessTokenOf(ports: Asking, secret: string, url: string): Promise<string> {
  const account = readServiceAccount(secret);
  if (account === undefined) {
    if (/^ya29\.[\x21-\x7e]+$/.test(secret)) return secret; // a token that someone else asked for
    throw new RouterError(
      'key_refused',
      'The saved key is not the JSON file of a Google service account.',
    );
  }
  assertTokenUri(account.tokenUri, url);
  const name = await digest(`${account.tokenUri}\n${secret}`);
  const held = tokens.get(name);
  if (held !== undefined) {
    const token = await held;
    if (token.expiresAt - MARGIN_MS > ports.now()) return token.value;
    // Only the first to see that it is old asks anew.
    if (tokens.get(name) === held) tokens.delete(name);
  }
  let asking = tokens.get(name);
  if (asking === undefined) {
    asking = askToken(ports, account);
    tokens.set(name, asking);
    const current = asking;
    asking.catch(() => {
      if (tokens.get(name) === current) tokens.delete(name);
    });
  }
  return (await asking).value;
}

/** Undefined where it is no such file. */
export function readServiceAccount(secret: string): ServiceAccount | undefined {
  let file: Record<string, unknown>;
  try {
    file = JSON.parse(secret) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const text = (name: string) => {
    const value = file?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const clientEmail = text('client_email');
  const privateKey = text('private_key');
  if (clientEmail === undefined || privateKey === undefined) return undefined;
  const keyId = text('private_key_id');
  const projectId = text('project_id');
  return {
    clientEmail,
    // Files that went through a variable of the environment have `\n` for each line break.
    privateKey: privateKey.replaceAll('\\n', '\n'),
    tokenUri: text('token_uri') ?? TOKEN_URI,
    ...(keyId !== undefined && { keyId }),
    ...(projectId !== undefined && { projectId }),
  };
}

function assertTokenUri(tokenUri: string, destination: string): void {
  if (TOKEN_URIS.has(tokenUri)) return;
  if (isLocal(tokenUri) && isLocal(destination)) return;
  throw new RouterError(
    'key_refused',
    'The service account’s file names a token server that is not Google’s. Nothing was sent to it.',
  );
}

function isLocal(url: string): boolean {
  try {
    const check = checkBaseUrl(new URL(url).origin);
    return check.ok && check.local;
  } catch {
    return false;
  }
}

async function askToken(ports: Asking, account: ServiceAccount): Promise<Token> {
  const askedAt = ports.now();
  const assertion = await signAssertion(account, Math.floor(askedAt / 1000));
  const form = { grant_type: GRANT, assertion };
  const { status, body } = await askTokenServer(ports, account.tokenUri, form).catch(
    (error: unknown) => {
      throw new RouterError('bad_upstream', 'Google’s token server could not be reached.', {
        cause: error,
      });
    },
  );
  const { access_token: value, expires_in: life } = body;
  if (status === 200 && typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)) {
    const seconds = typeof life === 'number' && life > 0 ? life : LIFE_S;
    return { value, expiresAt: askedAt + seconds * 1000 };
  }
  const words = [body.error, body.error_description].filter((word) => typeof word === 'string');
  const reason = words.length > 0 ? words.join(': ').slice(0, 300) : `HTTP ${status}`;
  throw status >= 400 && status < 500
    ? new RouterError('key_refused', `Google refused the service account: ${reason}`)
    : new RouterError('bad_upstream', `Google’s token server gave no token: ${reason}`);
}

async function signAssertion(account: ServiceAccount, nowSeconds: number): Promise<string> {
  try {
    const key = await importPKCS8(account.privateKey, 'RS256');
    const { keyId: kid } = account;
    return await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(kid !== undefined && { kid }) })
      .setIssuer(account.clientEmail)
      .setSubject(account.clientEmail)
      .setAudience(account.tokenUri)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + LIFE_S)
      .sign(key);
  } catch {
    // The library's own error may quote the key.
    throw new RouterError(
      'key_refused',
      'The private key in the service account’s file can’t be read.',
    );
  }
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
