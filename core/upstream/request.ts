import type { EncodedRequest } from '../formats/format.ts';
import { setAuth } from '../providers/auth.ts';
import type { Provider } from '../providers/provider.ts';

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
