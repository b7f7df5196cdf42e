import { RouterError } from '../errors.ts';

/** Longer than any key or service account file that a provider gives out. */
const MAX_LENGTH = 16_384;

const MANY_LINES: ReadonlySet<string> = new Set(['google-service-account', 'aws-sigv4']);

/**
 * The secret as it is sent: without the white space that pasting brings along. Throws
 * `invalid_request` where it could not be a header's value. A service account's file and AWS's pairs
 * of keys are never a header, so they may hold spaces and line breaks.
 */
export function toSecret(text: string, authScheme: string, param?: string): string {
  const secret = text.trim();
  const fault = findFault(secret, authScheme);
  if (fault) throw new RouterError('invalid_request', fault, { param });
  return secret;
}

function findFault(secret: string, authScheme: string): string | undefined {
  if (secret === '') return 'The key is empty. Paste the whole key.';
  if (secret.length > MAX_LENGTH) return 'The key is longer than any key. Paste the key alone.';
  if (MANY_LINES.has(authScheme)) return undefined;
  if (!/^[\x21-\x7e]+$/.test(secret))
    return 'The key holds spaces, line breaks or letters that no key has. Paste the key alone.';
  return undefined;
}
