import { RouterError } from '../errors.ts';
import type { EncodedRequest } from '../formats/format.ts';
import type { AuthScheme, Provider } from '../providers/provider.ts';

/**
 * What is sent to a provider. Built from nothing: no header of the caller is in it. Redirects are
 * refused because `x-api-key` and its like would follow them (platform-facts.md, Secrets).
 */
export function toUpstreamRequest(
  provider: Provider,
  encoded: EncodedRequest,
  stream: boolean,
  secret: string | undefined,
  signal: AbortSignal,
): Request {
  const headers = new Headers({
    'content-type': 'application/json',
    accept: stream ? 'text/event-stream' : 'application/json',
    ...encoded.headers,
    ...provider.headers,
  });
  if (secret !== undefined) setAuth(headers, provider.auth, secret);
  return new Request(provider.baseUrl + encoded.path, {
    method: 'POST',
    headers,
    body: JSON.stringify(encoded.body),
    signal,
    redirect: 'error',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  });
}

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

/** Last, so that nothing set before it stays. */
function setAuth(headers: Headers, auth: AuthScheme, secret: string): void {
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
