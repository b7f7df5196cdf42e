import type { Ports } from '../../ports.ts';
import { isTokenUrl, secondsOf, type OAuthCredential } from '../../vault/oauth.ts';
import { askTokenServer } from './token-server.ts';

/** What a token server answered. `why` quotes none of its words. */
export type Refreshed =
  | { readonly kind: 'token'; readonly credential: OAuthCredential }
  /** The credential will renew nothing any more. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The server's fault or the network's: it may do better later. */
  | { readonly kind: 'trouble'; readonly why: string };

/** RFC 6749 5.2, and what others say for `invalid_grant`. */
const REFUSALS =
  /^(?:invalid_[a-z]{4,9}|unauthorized_client|unsupported_grant_type|access_denied|bad_refresh_token)$/;
/** Where a server answers a refusal; some do with a 200. */
const REFUSING: ReadonlySet<number> = new Set([200, 400, 401, 403]);

/**
 * Asks for another access token (RFC 6749 section 6). Never throws, and follows no redirect: the
 * refresh token goes to the address that it was sealed with.
 */
export async function refreshToken(
  ports: Pick<Ports, 'fetch' | 'now'>,
  credential: OAuthCredential,
): Promise<Refreshed> {
  const { token_url, refresh_token, client_id, client_secret, scope } = credential;
  if (token_url === undefined || refresh_token === undefined || !isTokenUrl(token_url))
    return { kind: 'refused', why: 'no refresh token' };
  const form = { grant_type: 'refresh_token', refresh_token, client_id, client_secret, scope };
  const askedAt = ports.now();
  let answer;
  try {
    answer = await askTokenServer(ports, token_url, form);
  } catch {
    // The cause may quote what was sent.
    return { kind: 'trouble', why: 'no answer, or a redirect' };
  }
  const { status, body } = answer;
  const { access_token, expires_in, refresh_token: rotated, error } = body;
  if (status === 200 && isToken(access_token)) {
    const life = secondsOf(expires_in);
    return {
      kind: 'token',
      credential: {
        ...credential,
        access_token,
        ...(isToken(rotated) && { refresh_token: rotated }),
        expires_in: life,
        expires_at: life && Math.floor(askedAt / 1000) + life,
      },
    };
  }
  const word = typeof error === 'string' && REFUSALS.test(error) ? error : undefined;
  if (word !== undefined && REFUSING.has(status)) return { kind: 'refused', why: word };
  return { kind: 'trouble', why: status === 200 ? 'no token' : `HTTP ${status}` };
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,6000}$/.test(value);
}
