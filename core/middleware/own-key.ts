import type { Provider } from '../providers/provider.ts';
import type { Credentials, Turn } from './credentials.ts';
import { verdictOf } from './verdict.ts';

/** Shorter ones are words that an SDK wants to see there: `gatehouse`. */
const SHORTEST = 16;
/** How such a key is called where its own record's id would stand. */
const OWN = 'own';

/** Row SP9: the key that a page brings along, where it is more than a word. */
export function findOwnKey(headers: Headers): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.get('authorization')?.trim() ?? '')?.[1];
  const all = [bearer, headers.get('x-api-key')?.trim(), headers.get('x-goog-api-key')?.trim()];
  return all.find(
    (key) => key !== undefined && key.length >= SHORTEST && /^[\x21-\x7e]+$/.test(key),
  );
}

/**
 * The credentials for one call whose site may bring a key. It is used at the provider that such keys
 * are of, by their beginning, and nowhere else: not at a gateway, not for another call. It is never
 * stored, and what comes of it says nothing of the person's own keys, which do not step in for it.
 */
export function withOwnKey(credentials: Credentials, key: string): Credentials {
  const own = new WeakSet<Turn>();
  return {
    ...credentials,
    async next(provider, ask) {
      if (!isOf(provider, key)) return credentials.next(provider, ask);
      if (ask.tried?.has(OWN)) return { waiting: [] };
      const turn: Turn = {
        ticket: { place: { provider: provider.id, keyId: OWN, model: ask.model }, order: 0 },
        credential: { keyId: OWN, label: '', preview: 'of the site', number: 0, secret: key },
      };
      own.add(turn);
      return turn;
    },
    async answered(turn) {
      if (!own.has(turn)) await credentials.answered(turn);
    },
    async failed(turn, error, verdict) {
      if (!own.has(turn)) return credentials.failed(turn, error, verdict);
      return { ...(verdict ?? verdictOf(error)), cool: undefined };
    },
  };
}

function isOf({ keyPrefixes, gateway }: Provider, key: string): boolean {
  return gateway === undefined && (keyPrefixes?.some((prefix) => key.startsWith(prefix)) ?? false);
}
