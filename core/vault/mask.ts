import type { KeyRecord } from '../storage/records.ts';
import { readOAuth, tokenOf } from './oauth.ts';

/**
 * What a screen may show of a secret: `gsk_…9fQ2`. Of a short one less, of a very short one
 * nothing, so that at least three fifths stay hidden and the length is never told.
 */
export function maskSecret(secret: string): string {
  // Of a service account's file its name, which is no secret.
  const account = /"client_email"\s*:\s*"([^"@]{1,40})@/.exec(secret)?.[1];
  if (account !== undefined) return `${account}@…`;
  if (secret.startsWith('{')) {
    const { access_token, refresh_token } = readOAuth(secret) ?? {};
    // It may be a text that was not checked yet.
    return maskSecret(String(access_token ?? refresh_token ?? ''));
  }
  const shown = secret.length >= 20 ? 4 : secret.length >= 12 ? 2 : 0;
  return `${secret.slice(0, shown)}…${secret.slice(secret.length - shown)}`;
}

/** What a record tells of its secret in the open. */
export function shownOf(secret: string): Pick<KeyRecord, 'preview' | 'token'> {
  const token = tokenOf(secret);
  return { preview: maskSecret(secret), ...(token && { token }) };
}
