/** Row SP1: what several sites may use, under one name. */
import type { Changes } from '../changes.ts';
import { RouterError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { checkRecord, readRecords } from '../storage/read.ts';
import type { ProfileRecord, SiteRecord } from '../storage/records.ts';
import { change } from '../storage/transaction.ts';

/** Without an id it is a new one, whose id is made of its name. */
export type ProfileInput = Omit<ProfileRecord, 'id'> & { id?: string };

/** A site as its profile makes it. */
export type HeldSite<Site extends SiteRecord = SiteRecord> = Site & {
  /** Its profile is not there, or can not be read: it may do nothing. */
  lacksProfile?: boolean;
};

export interface Profiles {
  /** Those that can be read, by their names. */
  list(): Promise<ProfileRecord[]>;
  /** The site with what its profile says; one without a profile as it is. */
  hold<Site extends SiteRecord>(site: Site): Promise<HeldSite<Site>>;
  /** Throws `invalid_request` with the field that is wrong. */
  save(input: ProfileInput): Promise<ProfileRecord>;
  /** Throws `invalid_request` where a stored site, or one of `others`, uses it. */
  remove(id: string, others: readonly SiteRecord[]): Promise<void>;
}

export function createProfiles(
  { openDatabase }: Pick<Ports, 'openDatabase'>,
  changes: Pick<Changes, 'listen'>,
): Profiles {
  /** Each call of a site that has one asks. */
  let known: Promise<ProfileRecord[]> | undefined;
  changes.listen((topic) => {
    if (topic === 'profiles') known = undefined;
  });

  async function list(): Promise<ProfileRecord[]> {
    if (known) return known;
    const reading = openDatabase().then(async (database) =>
      (await readRecords(database, 'profiles')).records.sort(byName),
    );
    known = reading;
    reading.catch(() => known === reading && (known = undefined));
    return reading;
  }

  return {
    list,
    async hold(site) {
      if (site.profile === undefined || site.decision === 'deny') return site;
      return withProfile(
        site,
        (await list()).find(({ id }) => id === site.profile),
      );
    },
    async save(input) {
      const saved = await change(openDatabase, ['profiles'], async (transaction) => {
        const store = transaction.objectStore('profiles');
        const others = (await store.getAll()).filter(({ id }) => id !== input.id);
        const profile = toProfile(input, new Set(others.map(({ id }) => id)));
        if (others.some((other) => isSameName(other, profile)))
          throw new RouterError(
            'invalid_request',
            `There is a profile “${profile.name}” already.`,
            {
              param: 'name',
            },
          );
        await store.put(profile);
        return profile;
      });
      known = undefined;
      return saved;
    },
    async remove(id, others) {
      await change(openDatabase, ['profiles', 'sites'], async (transaction) => {
        const stored = await transaction.objectStore('sites').getAll();
        // Of the stored ones also what can not be read: put right, it must not be without its profile.
        const users = [...stored, ...others].filter((site) => site.profile === id);
        if (users.length > 0) throw inUse(users);
        await transaction.objectStore('profiles').delete(id);
      });
      known = undefined;
    },
  };
}

/**
 * What the profile says holds in the place of what the site says, also where the profile says nothing.
 * Without the profile nothing holds: to fall back on the site's own fields could give it more.
 */
export function withProfile<Site extends SiteRecord>(
  site: Site,
  profile: ProfileRecord | undefined,
): HeldSite<Site> {
  const held: HeldSite<Site> = { ...site };
  delete held.keys;
  delete held.defaultModel;
  delete held.limits;
  if (profile === undefined)
    return { ...held, decision: 'deny', models: [], keys: [], lacksProfile: true };
  const { keys, models = ['*'], defaultModel, limits } = profile;
  return {
    ...held,
    models,
    ...(keys && { keys }),
    ...(defaultModel !== undefined && { defaultModel }),
    ...(limits && { limits }),
  };
}

/** Two of one name would look the same where a person chooses one. */
export function isSameName(one: Pick<ProfileRecord, 'name'>, other: Pick<ProfileRecord, 'name'>) {
  return String(one.name).toLowerCase() === String(other.name).toLowerCase();
}

function toProfile(input: ProfileInput, taken: ReadonlySet<string>): ProfileRecord {
  const fields: Record<string, unknown> = { ...input, name: input.name.trim() };
  fields.id ??= toFreeId(input.name, taken);
  for (const name of Object.keys(fields)) if (fields[name] === undefined) delete fields[name];
  const checked = checkRecord('profiles', fields);
  if ('record' in checked) return checked.record;
  const reason = checked.path === 'name' ? 'Give it a name of at most 60 letters' : checked.reason;
  throw new RouterError('invalid_request', `${reason}.`, { param: checked.path });
}

/** `cheap-models`, or the first number after it that is free. */
function toFreeId(name: string, taken: ReadonlySet<string>): string {
  const words = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const id = words.replace(/^-|-$/g, '').slice(0, 50) || 'profile';
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? id : `${id}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}

const byName = (one: ProfileRecord, other: ProfileRecord) => (one.name < other.name ? -1 : 1);

function inUse(users: readonly SiteRecord[]): RouterError {
  const more = users.length > 1 ? ` and ${users.length - 1} more` : '';
  return new RouterError(
    'invalid_request',
    `${users[0]?.origin}${more} ${users.length > 1 ? 'use' : 'uses'} it. Choose something else for them first.`,
    { param: 'id' },
  );
}
