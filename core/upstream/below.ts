import { RouterError } from '../errors.ts';

/**
 * A caller's path as one below a provider's base URL, which is all that the key is for. The base
 * URL's own end may stand in it once more: `/v1/models` and `/models` are the same below
 * `https://api.example.com/v1`, because SDKs differ in which they expect.
 *
 * Throws `invalid_request` for a path that would lead out of there, at the provider or on its way.
 */
export function toPathBelow(baseUrl: string, path: string, query: string): string {
  if (path.length > LONGEST || leadsOut(path)) {
    throw new RouterError(
      'invalid_request',
      'The path would lead out of the provider’s interface.',
    );
  }
  const base = new URL(baseUrl).pathname.replace(/\/+$/, '');
  const below = withoutRepeat(base, path);
  const whole = new URL(baseUrl + below);
  if (whole.origin !== new URL(baseUrl).origin || !whole.pathname.startsWith(`${base}/`)) {
    throw new RouterError(
      'invalid_request',
      'The path would lead out of the provider’s interface.',
    );
  }
  return below + withoutCredentials(query);
}

const LONGEST = 8 * 1024;
/** How often a path may be encoded upon itself; nobody needs more than one. */
const DECODINGS = 4;

/** True for `..` in any spelling that some server on the way may read as such. */
function leadsOut(path: string): boolean {
  let decoded = path;
  for (let round = 0; round < DECODINGS; round++) {
    // eslint-disable-next-line no-control-regex -- these are what is looked for
    if (/[\\\x00-\x1f\x7f]/.test(decoded)) return true;
    // `..;` is `..` to some Java servers.
    if (decoded.split('/').some((segment) => /^\.{1,2}(?:;|$)/.test(segment))) return true;
    const next = decoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
    if (next === decoded) return false;
    decoded = next;
  }
  return true;
}

/** Takes off the longest beginning that is also the end of the base path. */
function withoutRepeat(base: string, path: string): string {
  const [ends, begins] = [base.split('/').slice(1), path.split('/').slice(1)];
  for (let count = Math.min(ends.length, begins.length - 1); count > 0; count--) {
    const isRepeat = ends.slice(-count).join('/') === begins.slice(0, count).join('/');
    if (isRepeat && ends[0] !== '') return `/${begins.slice(count).join('/')}`;
  }
  return path;
}

/** Where a page may have put a key of its own; the provider's key goes into a header. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'key',
  'apikey',
  'accesstoken',
  'oauthtoken',
  'authorization',
  'subscriptionkey',
]);

function withoutCredentials(query: string): string {
  const all = [...new URLSearchParams(query)];
  const kept = all.filter(([name]) => !CREDENTIALS.has(name.toLowerCase().replace(/[_-]/g, '')));
  if (kept.length === all.length) return query;
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept).toString()}`;
}
