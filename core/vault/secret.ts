import { RouterError } from '../errors.ts';
import { toOAuthText } from './oauth.ts';

/** Longer than any key or service account file that a provider gives out. */
const MAX_LENGTH = 16_384;

const MANY_LINES: ReadonlySet<string> = new Set(['google-service-account', 'aws-sigv4']);

/**
 * The secret as it is sent: without the white space that pasting brings along. Throws
 * `invalid_request` where it could not be a header's value. A service account's file and AWS's pairs
 * of keys are never a header, so they may hold spaces and line breaks. A JSON object for any other
 * scheme is an OAuth credential, and is given in its regular form. `now` in milliseconds.
 */
export function toSecret(text: string, authScheme: string, now: number, param?: string): string {
  const trimmed = text.trim();
  const oauth = MANY_LINES.has(authScheme) ? undefined : toOAuthText(trimmed, now);
  const secret = oauth && 'text' in oauth ? oauth.text : trimmed;
  const fault = oauth && 'fault' in oauth ? oauth.fault : findFault(secret, authScheme, oauth);
  if (fault) throw new RouterError('invalid_request', fault, { param });
  return secret;
}

function findFault(secret: string, authScheme: string, oauth?: object): string | undefined {
  if (secret === '') return 'The key is empty. Paste the whole key.';
  if (secret.length > MAX_LENGTH) return 'The key is longer than any key. Paste the key alone.';
  if (oauth !== undefined || MANY_LINES.has(authScheme)) return undefined;
  if (!/^[\x21-\x7e]+$/.test(secret))
    return 'The key holds spaces, line breaks or letters that no key has. Paste the key alone.';
  return undefined;
}
