import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { refreshToken } from '../providers/auth/oauth-refresh.ts';
import { readRecord } from '../storage/read.ts';
import type { Destination, KeyRecord, Sealed } from '../storage/records.ts';
import { change } from '../storage/transaction.ts';
import { saveBackup, VAULT_STORES } from './backup.ts';
import { shownOf } from './mask.ts';
import { encodeOAuth, hiddenOf, isDue, isGood, readOAuth } from './oauth.ts';
import type { Vault } from './vault.ts';

/** What is sent to a provider for a key. */
export interface Sent {
  readonly secret: string;
  /** What must come back to no caller beside it. */
  readonly hidden: readonly string[];
  /** For another one, where the provider refuses this one. Absent where there is none. */
  readonly renew?: () => Promise<Sent>;
}

/**
 * Row K8: OAuth credentials renew their tokens. A token is nowhere but in its sealed record, and a new
 * one is written down before it is used, with the refresh token that came along.
 */
export interface Tokens {
  /**
   * Opens a key as `Vault.open` does, and renews what needs to be. Throws as that does; `key_refused`
   * where the person must connect again, `provider_error` 502 where the token server is unwell.
   * `again`: asks also the server that has refused before.
   */
  open(record: KeyRecord, destination: Destination, options?: { again?: boolean }): Promise<Sent>;
  /** The same later, of an opened secret. Undefined where that is what is sent. */
  later(
    record: KeyRecord,
    destination: Destination,
    text: string,
  ): (() => Promise<Sent>) | undefined;
}

/** A token server that has just failed is not asked again while there is a token that holds. */
const REST_MS = 15_000;
/** A rotation of the vault key that falls between sealing and saving makes us seal again. */
const ATTEMPTS = 5;

interface Place {
  readonly id: string;
  readonly destination: Destination;
  readonly again?: boolean;
}

export function createTokens(
  ports: Pick<Ports, 'fetch' | 'now' | 'openDatabase' | 'publish' | 'keepAlive'>,
  vault: Pick<Vault, 'open' | 'seal' | 'sealer'>,
): Tokens {
  const renewing = new Map<string, { seen: string | undefined; text: Promise<string> }>();
  const restsUntil = new Map<string, number>();

  async function mustGet(id: string): Promise<KeyRecord> {
    const record = await readRecord(await ports.openDatabase(), 'keys', id);
    if (!record) throw deleted();
    return record;
  }

  function toSent(text: string, place: Place): Sent {
    const credential = readOAuth(text);
    if (credential === undefined) return { secret: text, hidden: [] };
    const { access_token = '', refresh_token } = credential;
    return {
      secret: access_token,
      hidden: hiddenOf(credential),
      ...(refresh_token !== undefined && {
        renew: async () => toSent(await renew(place, access_token), place),
      }),
    };
  }

  async function current(record: KeyRecord, place: Place, text: string): Promise<Sent> {
    const credential = readOAuth(text);
    const good = credential && isGood(credential, ports.now());
    if (credential === undefined || (good && !isDue(credential, ports.now())))
      return toSent(text, place);
    if (credential.refresh_token === undefined) {
      if (good) return toSent(text, place);
      throw mustConnect('has expired, and it has no refresh token');
    }
    const rests = ports.now() < (restsUntil.get(record.id) ?? 0);
    if (good && (rests || record.token?.refused !== undefined)) return toSent(text, place);
    try {
      return toSent(await renew(place, credential.access_token), place);
    } catch (error) {
      const isOfTheToken =
        error instanceof RouterError && ['key_refused', 'provider_error'].includes(error.code);
      if (isOfTheToken && isGood(credential, ports.now())) return toSent(text, place);
      throw error;
    }
  }

  /** A text with another token than the one that was seen. One question at a time a key. */
  async function renew(place: Place, seen: string | undefined): Promise<string> {
    for (;;) {
      let running = renewing.get(place.id);
      if (running === undefined) {
        const release = ports.keepAlive();
        const text = alone(`token of ${place.id}`, () => renewNow(place, seen)).finally(() => {
          renewing.delete(place.id);
          release();
        });
        renewing.set(place.id, (running = { seen, text }));
      }
      const text = await running.text;
      // Another's question may have found the token that was refused here since.
      if (running.seen === seen || readOAuth(text)?.access_token !== seen) return text;
    }
  }

  async function renewNow(place: Place, seen: string | undefined): Promise<string> {
    const { id, destination, again } = place;
    const record = await mustGet(id);
    const text = await vault.open(record, destination);
    const credential = readOAuth(text);
    if (credential === undefined) return text; // replaced by an ordinary key
    // Another worker was faster, or the person.
    if (credential.access_token !== seen && isGood(credential, ports.now())) return text;
    const { refused } = record.token ?? {};
    if (refused !== undefined && !again) throw endedBy(refused);
    // Before the question: a lock must not cost the refresh token that the answer brings.
    const seal = await vault.sealer();
    const answer = await refreshToken(ports, credential);
    if (answer.kind === 'token') {
      restsUntil.delete(id);
      return save(record, text, encodeOAuth(answer.credential), seal);
    }
    if (answer.kind === 'refused') {
      await put(record, { token: { renews: true, ...record.token, refused: answer.why } });
      throw endedBy(answer.why);
    }
    restsUntil.set(id, ports.now() + REST_MS);
    throw unwell(answer.why);
  }

  /**
   * Writes the renewed text, where the record still holds the one that it came from. A record that
   * was deleted stays deleted, and one that was replaced meanwhile is what counts.
   */
  async function save(
    record: KeyRecord,
    before: string,
    text: string,
    seal: Vault['seal'],
  ): Promise<string> {
    const { id, destination } = record;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const sealed = await seal(text, id, destination);
      const fields = { sealed, ...shownOf(text) };
      if (await put(record, fields)) return text;
      // Sealed anew under another vault key, or replaced.
      record = await mustGet(id);
      const stored = await vault.open(record, destination);
      if (stored !== before) return stored;
      seal = vault.seal;
    }
    throw new RouterError('internal_error', 'The vault is being changed. Try again in a moment.');
  }

  /** False where the record is no longer the one that was read. */
  async function put(record: KeyRecord, fields: Partial<KeyRecord>): Promise<boolean> {
    const isDone = await change(ports.openDatabase, [...VAULT_STORES], async (transaction) => {
      const store = transaction.objectStore('keys');
      const [stored, header] = await Promise.all([
        store.get(record.id),
        transaction.objectStore('vault').get('vault'),
      ]);
      if (stored === undefined || !isSameSeal(stored.sealed, record.sealed)) return false;
      if (fields.sealed !== undefined && fields.sealed.epoch !== header?.epoch) return false;
      await store.put({ ...stored, ...fields });
      await saveBackup(transaction, ports.now());
      return true;
    });
    if (isDone) ports.publish({ topic: 'keys' });
    return isDone;
  }

  return {
    async open(record, destination, options) {
      const place = { id: record.id, destination, ...options };
      return current(record, place, await vault.open(record, destination));
    },
    later(record, destination, text) {
      if (readOAuth(text) === undefined) return undefined;
      return () => current(record, { id: record.id, destination }, text);
    },
  };
}

/** Also of other workers and pages, where the host has locks. */
function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  return locks === undefined ? work() : locks.request(name, work);
}

/** No two seals have the same nonce. */
function isSameSeal(a: Sealed, b: Sealed): boolean {
  return a.epoch === b.epoch && a.iv.join() === b.iv.join();
}

function mustConnect(why: string): RouterError {
  return new RouterError(
    'key_refused',
    `The key’s access token ${why}. Connect again where it came from, and replace it under Keys.`,
  );
}

function endedBy(why: string): RouterError {
  return mustConnect(`is renewed no more (${why})`);
}

function unwell(why: string): RouterError {
  return new RouterError('provider_error', `The key’s access token could not be renewed: ${why}.`, {
    status: 502,
    retryAfterMs: REST_MS,
  });
}

function deleted(): RouterError {
  return new RouterError('no_provider_key', 'The key was deleted meanwhile.');
}
