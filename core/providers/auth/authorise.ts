import { RouterError } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import type { AuthScheme } from '../provider.ts';
import { signAws } from './aws.ts';
import { accessTokenOf } from './service-account.ts';

/** A request that is about to leave; its headers are changed. */
export interface Unsigned {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string | Uint8Array | Blob | FormData | null;
}

type Asking = Pick<Ports, 'fetch' | 'now'>;
type Authorise = (
  request: Unsigned,
  auth: AuthScheme,
  secret: string,
  ports: Asking,
) => void | Promise<void>;

const AUTHORISE: Readonly<Record<AuthScheme['scheme'], Authorise>> = Object.freeze({
  bearer: ({ headers }, _auth, secret) => setHeader(headers, 'authorization', `Bearer ${secret}`),
  header: ({ headers }, auth, secret) => {
    if (auth.scheme === 'header') setHeader(headers, auth.name, (auth.prefix ?? '') + secret);
  },
  none: () => {},
  'aws-sigv4': async (request, _auth, secret, ports) => {
    for (const [name, value] of await signAws(request, secret, ports.now()))
      setHeader(request.headers, name, value);
  },
  'google-service-account': async ({ headers, url }, _auth, secret, ports) =>
    setHeader(headers, 'authorization', `Bearer ${await accessTokenOf(ports, secret, url)}`),
} satisfies Record<AuthScheme['scheme'], Authorise>);

/**
 * Puts a secret, or what it stands for, where the provider looks for it. Call it last, so that
 * nothing set before it stays and a signature covers all. A promise only where there is something to
 * wait for. Throws `key_refused`; the error never holds the secret.
 */
export function authorise(
  request: Unsigned,
  auth: AuthScheme,
  secret: string,
  ports: Asking,
): void | Promise<void> {
  return AUTHORISE[auth.scheme](request, auth, secret, ports);
}

function setHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value);
  } catch {
    // The engine's own error quotes the value: it must not travel.
    throw new RouterError('key_refused', 'The saved key has characters that no header can hold.');
  }
}
