import type { Changes } from '../changes.ts';
import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { HeldSite, Profiles } from './profiles.ts';
import { checkRecord, readRecords } from '../storage/read.ts';
import type { SiteRecord } from '../storage/records.ts';
import { change } from '../storage/transaction.ts';
import {
  isOriginPattern,
  isUnencrypted,
  isWebOrigin,
  toCandidateKeys,
  toSiteKey,
  type Subject,
} from './match.ts';
import { createSessionValue } from './session-value.ts';

export interface Found {
  readonly key: string;
  readonly site: HeldSite<SiteRecord & { session?: boolean }>;
}

/** The decisions that are remembered: stored ones, and those that end with the browser. */
export interface Sites {
  /**
   * The one that decides on the subject: its own; else, of the patterns that cover it, one that
   * refuses; else the closest. As its profile makes it, where it has one.
   */
  find(subject: Subject): Promise<Found | undefined>;
  /** As they are kept: without what their profiles say. */
  list(): Promise<(SiteRecord & { session?: boolean })[]>;
  /** Stores a decision and answers its key. Throws `invalid_request`, `storage_full`. */
  save(site: SiteRecord): Promise<string>;
  saveForSession(site: SiteRecord): Promise<string>;
  remove(key: string): Promise<void>;
  /** Reads anew: the stored ones were changed by another way. */
  forget(): void;
}

/** Any page may ask, from any number of origins. */
const MOST_KEPT = 1000;

export function createSites(
  { now, openDatabase, session }: Pick<Ports, 'now' | 'openDatabase' | 'session'>,
  changes: Pick<Changes, 'listen'>,
  profiles: Pick<Profiles, 'list' | 'hold'>,
): Sites {
  /** By key. Every key begins with `http`, so none is a name that every object has. */
  const passing = createSessionValue<Record<string, SiteRecord>>(session, 'grants', () => ({}));
  /** What was found for a subject, until a decision changes: each call of a site asks. */
  const found = new Map<string, ReturnType<Sites['find']>>();
  const forget = () => found.clear();
  changes.listen((topic) => {
    if (topic === 'sites') forget();
  });

  const isOver = ({ expiresAt = Infinity }: SiteRecord) => expiresAt <= now();

  async function findStored(keys: readonly string[]): ReturnType<Sites['find']> {
    const store = (await openDatabase()).transaction('sites').store;
    const values = await Promise.all(keys.map((key) => store.get(key)));
    const covering = values.flatMap((value, index) => {
      const checked = checkRecord('sites', value);
      if (!('record' in checked) || isOver(checked.record)) return [];
      return [{ key: keys[index]!, site: checked.record }];
    });
    const [closest] = covering;
    if (closest?.key === keys[0]) return closest;
    return covering.find(({ site }) => site.decision === 'deny') ?? closest;
  }

  async function decide(subject: Subject): ReturnType<Sites['find']> {
    const keys = toCandidateKeys(subject);
    const own = keys[0] ?? '';
    const kept = (await passing.get())[own];
    if (kept && !isOver(kept)) return { key: own, site: { ...kept, session: true } };
    const before = found.get(own);
    if (before) {
      const decided = await before;
      if (!decided || !isOver(decided.site)) return decided;
    }
    const finding = findStored(keys);
    if (found.size >= MOST_KEPT) forget();
    found.set(own, finding);
    finding.catch(() => found.get(own) === finding && found.delete(own));
    return finding;
  }

  async function assertHasProfile({ profile }: SiteRecord): Promise<void> {
    if (profile === undefined || (await profiles.list()).some(({ id }) => id === profile)) return;
    throw new RouterError('invalid_request', 'There is no such profile. Choose another one.', {
      param: 'profile',
    });
  }

  return {
    async find(subject) {
      const decided = await decide(subject);
      return decided && { ...decided, site: await profiles.hold(decided.site) };
    },
    async list() {
      const stored = (await readRecords(await openDatabase(), 'sites')).records;
      const ending = Object.values(await passing.get());
      const replaced = new Set(ending.map(toSiteKey));
      return [
        ...stored.filter((site) => !replaced.has(toSiteKey(site))),
        ...ending.map((site) => ({ ...site, session: true })),
      ];
    },
    async save(site) {
      const record = toSiteRecord(site);
      await assertHasProfile(record);
      const key = toSiteKey(record);
      await change(openDatabase, ['sites'], (transaction) =>
        transaction.objectStore('sites').put(record, key),
      );
      forget();
      await passing.update((all) => void delete all[key]);
      return key;
    },
    async saveForSession(site) {
      const record = toSiteRecord(site, 'session');
      await assertHasProfile(record);
      const key = toSiteKey(record);
      await passing.update((all) => void (all[key] = record));
      return key;
    },
    async remove(key) {
      await change(openDatabase, ['sites'], (transaction) =>
        transaction.objectStore('sites').delete(key),
      );
      forget();
      await passing.update((all) => void delete all[key]);
    },
    forget,
  };
}

/** The record as it is stored. Throws `invalid_request` with the field that is wrong. */
export function toSiteRecord(
  input: SiteRecord,
  lifetime: 'stored' | 'session' = 'stored',
): SiteRecord {
  // What a screen's view adds to the record.
  const fields: Record<string, unknown> = { ...input };
  delete fields.session;
  delete fields.today;
  delete fields.budgets;
  delete fields.held;
  delete fields.lacksProfile;
  const checked = checkRecord('sites', fields);
  if ('reason' in checked) throw new RouterError('invalid_request', `${checked.reason}.`);
  const site = checked.record;
  const fault = findSiteFault(site, lifetime);
  if (fault) throw new RouterError('invalid_request', `${fault.message}.`, { param: fault.field });
  if (site.topOrigin === site.origin) delete site.topOrigin;
  return site;
}

/** Why a decision for these origins can't be stored. */
export function findSiteFault(
  site: Pick<SiteRecord, 'origin' | 'topOrigin' | 'decision'>,
  lifetime: 'stored' | 'session' = 'stored',
): { field: 'origin' | 'topOrigin'; message: string } | undefined {
  const { origin, topOrigin, decision } = site;
  if (!isWebOrigin(origin) && !isOriginPattern(origin))
    return {
      field: 'origin',
      message: 'Write a site as https://example.com, or https://*.example.com for its subdomains',
    };
  if (topOrigin !== undefined && !isWebOrigin(topOrigin))
    return { field: 'topOrigin', message: 'Write a site as https://example.com' };
  if (decision === 'deny' || lifetime === 'session') return undefined;
  for (const field of ['origin', 'topOrigin'] as const)
    if (isUnencrypted(site[field]))
      return {
        field,
        message:
          'A site without https is allowed for a session only: others could read and change it on the way',
      };
  return undefined;
}
