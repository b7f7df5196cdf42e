import { RouterError } from '../errors.ts';
import { holdRequest } from '../hold-request.ts';
import type { Ports } from '../ports.ts';
import { authorise } from '../providers/auth/authorise.ts';
import { checkBaseUrl } from '../providers/base-url.ts';
import type { Provider } from '../providers/provider.ts';
import type { Attempt } from './send.ts';

/** What a provider is sent, but for its address and its key. */
export interface Outgoing {
  readonly method: string;
  /** Below the provider's base URL, with its leading slash and its query: `/chat/completions`. */
  readonly path: string;
  /** The end of the base URL that `path` stands in place of. */
  readonly replaces?: RegExp;
  /** Without a provider's own ones and without credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Blob | FormData | null;
}

/**
 * What is sent to a provider. Built from nothing: no header of the caller is in it but those that
 * `outgoing` names. Redirects are never followed, because `x-api-key` and its like would go along
 * (platform-facts.md, Secrets); `manual` and not `error`, so that a redirect can be told from a
 * server that is not there.
 */
export async function toUpstreamRequest(
  provider: Provider,
  outgoing: Outgoing,
  { secret, pass }: Pick<Attempt, 'secret' | 'pass'>,
  signal: AbortSignal,
  ports: Pick<Ports, 'fetch' | 'now'>,
): Promise<Request> {
  const { method, body } = outgoing;
  const headers = new Headers({ ...outgoing.headers, ...provider.headers });
  const url = urlOf(provider, outgoing);
  if (secret !== undefined) {
    const waiting = authorise({ method, url, headers, body }, provider.auth, secret, ports);
    if (waiting !== undefined) await waiting;
  }
  if (pass !== undefined)
    for (const [name, value] of Object.entries(pass.headers)) headers.set(name, value);
  const request = new Request(url, {
    method,
    headers,
    body,
    signal,
    redirect: 'manual',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  });
  return holdRequest(request, signal);
}

function urlOf(provider: Provider, { path, replaces }: Outgoing): string {
  const address = addressOf(provider);
  return (replaces === undefined ? address : address.replace(replaces, '')) + path;
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
