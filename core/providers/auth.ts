import { RouterError } from '../errors.ts';
import type { AuthScheme } from './provider.ts';

type SetAuth = (headers: Headers, auth: AuthScheme, secret: string) => void;

const SET_AUTH: Readonly<Record<AuthScheme['scheme'], SetAuth>> = Object.freeze({
  bearer: (headers, _auth, secret) => headers.set('authorization', `Bearer ${secret}`),
  header: (headers, auth, secret) => {
    if (auth.scheme === 'header') headers.set(auth.name, secret);
  },
  none: () => {},
  'aws-sigv4': unsupported,
  'google-service-account': unsupported,
} satisfies Record<AuthScheme['scheme'], SetAuth>);

/**
 * Puts a secret where the provider looks for it. Call it last, so that nothing set before it stays.
 * Throws `key_refused`; the error never holds the secret.
 */
export function setAuth(headers: Headers, auth: AuthScheme, secret: string): void {
  try {
    SET_AUTH[auth.scheme](headers, auth, secret);
  } catch (error) {
    if (error instanceof RouterError) throw error;
    // The engine's own error quotes the value: it must not travel.
    throw new RouterError('key_refused', 'The saved key has characters that no header can hold.');
  }
}

function unsupported(_headers: Headers, auth: AuthScheme): never {
  throw new RouterError('internal_error', `The auth scheme ${auth.scheme} is not supported yet.`);
}
