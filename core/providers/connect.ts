import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Connect, Provider } from './provider.ts';
import { askProvider, wordsOf } from './question.ts';

const TIMEOUT_MS = 15_000;

/** The page on which a person lets a provider make a key, without its questions. */
export function connectUrl({ baseUrl }: Provider, { page }: Connect): string {
  return new URL(page, baseUrl).href;
}

/**
 * The key for a code (row K8; OAuth's PKCE with S256). It is exchanged here and not in a page, so that
 * no page holds the key. Throws `invalid_request`, `key_refused`, `bad_upstream`.
 */
export async function exchangeCode(
  ports: Pick<Ports, 'fetch' | 'now'>,
  provider: Provider,
  code: string,
  verifier: string,
): Promise<string> {
  if (provider.connect === undefined)
    throw new RouterError('invalid_request', `${provider.name} makes no keys this way.`);
  const reply = await askProvider(ports, {
    url: provider.baseUrl + provider.connect.exchange,
    provider,
    body: { code, code_verifier: verifier, code_challenge_method: 'S256' },
    timeoutMs: TIMEOUT_MS,
  });
  if (reply.kind !== 'answer')
    throw new RouterError('bad_upstream', `${provider.name} did not answer. Try again.`);
  const key = (reply.body as { key?: unknown } | null)?.key;
  if (reply.status === 200 && typeof key === 'string') return key;
  const words = (reply.html ? undefined : wordsOf(reply.body)) ?? `HTTP ${reply.status}`;
  throw new RouterError('key_refused', `${provider.name} gave no key: ${words}`);
}
