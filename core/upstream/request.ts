import { RouterError } from '../errors.ts';
import type { EncodedRequest } from '../formats/format.ts';
import { setAuth } from '../providers/auth.ts';
import { checkBaseUrl } from '../providers/base-url.ts';
import type { Provider } from '../providers/provider.ts';

/**
 * What is sent to a provider. Built from nothing: no header of the caller is in it. Redirects are
 * never followed, because `x-api-key` and its like would go along (platform-facts.md, Secrets);
 * `manual` and not `error`, so that a redirect can be told from a server that is not there.
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
  return new Request(addressOf(provider) + encoded.path, {
    method: 'POST',
    headers,
    body: JSON.stringify(encoded.body),
    signal,
    redirect: 'manual',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  });
}

/** Base URLs that were found fit; the check is too dear for each call. */
const checked = new Set<string>();

/** Checked here too, where the key is about to leave: records come from a disk that others may write. */
function addressOf(provider: Provider): string {
  const { baseUrl } = provider;
  if (provider.builtIn || checked.has(baseUrl)) return baseUrl;
  const result = checkBaseUrl(baseUrl);
  if (!result.ok) {
    throw new RouterError(
      'bad_upstream',
      `${provider.name} can not be asked at its address. ${result.reason}`,
    );
  }
  if (checked.size >= MOST_CHECKED) checked.clear();
  checked.add(baseUrl);
  return baseUrl;
}
const MOST_CHECKED = 1000;
