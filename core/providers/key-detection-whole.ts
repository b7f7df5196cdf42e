import type { DetectedKey } from '../control.ts';
import { maskSecret } from '../vault/mask.ts';
import { looksLikeOAuth, toOAuthText } from '../vault/oauth.ts';
import { readAwsKeys } from './auth/aws.ts';
import { readServiceAccount } from './auth/service-account.ts';
import type { AuthScheme, Provider } from './provider.ts';

type Known = Pick<Provider, 'id' | 'auth'>;

const AWS_LINE =
  /^.*\baws_(?:access_key_id|secret_access_key|session_token|default_region|region)\b.*$/gim;
const AWS_PAIR = /\bA[KS]IA[A-Z0-9]{16}[\s,:]+[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])/;

/**
 * Keys that are more than one word: OAuth credentials, the file of a service account, and AWS's pairs. `rest` is the
 * text without them, where more keys may stand.
 */
export function detectWhole(
  text: string,
  providers: readonly Known[],
): { keys: DetectedKey[]; rest: string } {
  if (looksLikeOAuth(text)) {
    // It says where its tokens come from, not where they go. A fault is told when it is saved.
    const read = toOAuthText(text);
    const secret = read && 'text' in read ? read.text : text;
    return { keys: [{ secret, preview: maskSecret(secret), providers: [] }], rest: '' };
  }
  const keyOf = (secret: string, scheme: AuthScheme['scheme'], label?: string): DetectedKey => ({
    secret,
    preview: maskSecret(secret),
    providers: providers.filter(({ auth }) => auth.scheme === scheme).map(({ id }) => id),
    ...(label !== undefined && { label }),
  });
  const account = readServiceAccount(text);
  if (account !== undefined) {
    return { keys: [keyOf(text, 'google-service-account', account.projectId)], rest: '' };
  }
  const pair = AWS_PAIR.exec(text)?.[0];
  const lines = pair ?? text.match(AWS_LINE)?.join('\n') ?? '';
  const keys = lines === '' ? undefined : readAwsKeys(lines);
  if (keys === undefined || typeof keys === 'string') return { keys: [], rest: text };
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  const secret = [accessKeyId, secretAccessKey, sessionToken].filter(Boolean).join(':');
  const rest = pair === undefined ? text.replace(AWS_LINE, '') : text.replace(pair, '');
  return { keys: [keyOf(secret, 'aws-sigv4')], rest };
}
