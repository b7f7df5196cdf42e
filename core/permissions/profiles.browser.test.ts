/** Row SP1: a profile decides for the sites that name it, and a site whose profile is gone gets nothing. */
import { describe, expect, test } from 'vitest';
import { createSitesControl } from '../control/sites.ts';
import { keysOf } from '../endpoints/dispatch.ts';
import type { Call } from '../endpoints/endpoint.ts';
import type { PermissionAnswer } from '../ports.ts';
import { findSetAside } from '../storage/read.ts';
import { deleteSetAside } from '../storage/set-aside.ts';
import type { ProfileRecord, SiteRecord } from '../storage/records.ts';
import { createMemorySession, createTestPorts, withChanges } from '../testing/ports.ts';
import { createBundles } from '../vault/bundle.ts';
import { createKeys } from '../vault/keys.ts';
import { createVault } from '../vault/vault.ts';
import { createBudgets } from './budget.ts';
import { createPermissions, type Grant } from './grants.ts';

const A = 'https://notes.example.com';
const B = 'https://mail.example.com';
const OWN: SiteRecord = {
  origin: A,
  decision: 'allow',
  scopes: ['chat'],
  models: ['groq/*'],
  keys: ['groq/main'],
  defaultModel: 'groq/a',
  limits: { usdPerDay: 9, requestsPerMinute: 3 },
};
const WORK = { id: 'work', name: 'Work', models: ['openai/*'], limits: { usdPerDay: 1 } };

function setUp(answer: PermissionAnswer = { decision: 'deny', remember: 'once' }) {
  const { ports, changes } = withChanges(createTestPorts({ askUser: async () => answer }));
  const permissions = createPermissions(ports, changes);
  const vault = createVault(ports, changes);
  return {
    ports,
    permissions,
    keys: createKeys(ports, vault),
    budgets: createBudgets(ports),
    bundles: createBundles({ ports, vault, permissions }),
    /** After the worker was started anew: nothing is known, and only what is stored is there. */
    restarted: () => createPermissions({ ...ports, session: createMemorySession() }, changes),
  };
}

const check = (permissions: ReturnType<typeof createPermissions>, origin = A) =>
  permissions.check({
    caller: { kind: 'site', origin, topOrigin: origin },
    scope: 'chat',
    signal: new AbortController().signal,
  });

const usableKeys = (grant: Grant) =>
  keysOf({ request: new Request('https://gatehouse.invalid/v1/models') } as Call, grant).only;

describe('a site with a profile', () => {
  test('has what that says in the place of its own, also where that says nothing', async () => {
    const { permissions } = setUp();
    await permissions.saveProfile(WORK);
    await permissions.save({ ...OWN, profile: 'work' });
    const grant = await check(permissions);
    expect(grant.models).toEqual(['openai/*']);
    expect(grant.site?.limits).toEqual({ usdPerDay: 1 });
    expect(grant.site?.defaultModel).toBeUndefined();
    expect(usableKeys(grant)).toBeUndefined();
    // Without it the site is as it was.
    await permissions.save(OWN);
    expect(usableKeys(await check(permissions))).toEqual(['groq/main']);
  });

  test('follows each change of it at once, and so does every other that has it', async () => {
    const { permissions, ports } = setUp();
    await permissions.saveProfile(WORK);
    await permissions.save({ ...OWN, profile: 'work' });
    await permissions.save({ ...OWN, origin: B, profile: 'work' });
    const before = await check(permissions);
    await permissions.saveProfile({ ...WORK, models: ['mistral/*'], keys: [] });
    for (const origin of [A, B]) {
      const grant = await check(permissions, origin);
      expect(grant.models).toEqual(['mistral/*']);
      expect(usableKeys(grant)).toEqual([]);
    }
    // What runs goes on as it began, as where a site is changed.
    expect(before.revoked?.aborted).toBe(false);
    expect(ports.changes).toContainEqual({ topic: 'profiles' });
  });

  test('counts its limits by itself', async () => {
    const { permissions, budgets } = setUp();
    await permissions.saveProfile({
      ...WORK,
      limits: { tokensPerDay: 1_000, requestsPerMinute: 1 },
    });
    for (const origin of [A, B]) await permissions.save({ ...OWN, origin, profile: 'work' });
    const one = await check(permissions, A);
    await expect(check(permissions, A)).rejects.toMatchObject({ code: 'site_budget_exceeded' });
    const other = await check(permissions, B);
    await budgets.add(one.key!, one.site, { tokens: 1_000, usd: 0 });
    const need = { input: 10, output: { named: 10, answers: 1 } };
    await expect(budgets.reserve(one.key!, one.site!, need)).rejects.toMatchObject({
      code: 'site_budget_exceeded',
    });
    (await budgets.reserve(other.key!, other.site!, need)).release();
  });

  test('is told of once little of its profile’s limit is left', async () => {
    const { permissions, budgets, ports } = setUp();
    await permissions.saveProfile({ ...WORK, limits: { tokensPerDay: 1_000 } });
    await permissions.save({ ...OWN, profile: 'work' });
    const { key } = await check(permissions);
    const spend = async (tokens: number) =>
      budgets.add(key!, await permissions.find(A, A), { tokens, usd: 0 });
    await spend(700);
    expect(ports.changes).not.toContainEqual({ topic: 'budgets' });
    await spend(150);
    expect(ports.changes).toContainEqual({ topic: 'budgets' });
  });

  test('that is refused stays refused, whatever its profile says', async () => {
    const { permissions, ports } = setUp();
    await permissions.saveProfile(WORK);
    await permissions.save({ ...OWN, decision: 'deny', profile: 'work' });
    for (const withProfile of [true, false]) {
      if (!withProfile) await (await ports.openDatabase()).delete('profiles', 'work');
      ports.publish({ topic: 'profiles' });
      await expect(check(permissions)).rejects.toMatchObject({
        code: 'origin_not_authorized',
        message: expect.stringContaining('has no permission') as string,
      });
    }
  });

  test('is not chosen by an answer to a question that names its models', async () => {
    const { permissions, ports } = setUp({
      decision: 'allow',
      remember: 'always',
      profile: 'work',
    });
    await permissions.saveProfile({ ...WORK, models: ['*'] });
    const grant = await permissions.check({
      caller: { kind: 'site', origin: A, topOrigin: A },
      scope: 'raw',
      models: ['openai/*'],
      signal: new AbortController().signal,
    });
    expect(grant.models).toEqual(['openai/*']);
    expect(await (await ports.openDatabase()).get('sites', A)).not.toHaveProperty('profile');
  });

  test('may be a pattern, a grant of the session, and one of a single call', async () => {
    for (const remember of ['always', 'session', 'once'] as const) {
      const { permissions } = setUp({ decision: 'allow', remember, profile: 'work' });
      await permissions.saveProfile(WORK);
      expect((await check(permissions)).models).toEqual(['openai/*']);
    }
    const { permissions } = setUp();
    await permissions.saveProfile(WORK);
    await permissions.save({ ...OWN, origin: 'https://*.example.com', profile: 'work' });
    expect((await check(permissions)).models).toEqual(['openai/*']);
  });

  test('is listed with its own record, what its profile says, and the budgets of that', async () => {
    const { permissions, budgets, ports } = setUp();
    const control = createSitesControl({ ports, permissions, budgets });
    await permissions.saveProfile(WORK);
    await control.saveSite({ ...OWN, profile: 'work' });
    const [view] = await control.listSites();
    expect(view).toMatchObject({ limits: OWN.limits, held: WORK, budgets: [{ limit: 1 }] });
    // A view that is saved again makes nothing of the profile the site's own.
    await control.saveSite({ ...view!, scopes: ['chat', 'images'] });
    expect((await permissions.list())[0]).toEqual({
      ...OWN,
      scopes: ['chat', 'images'],
      profile: 'work',
      createdAt: ports.clock.now,
    });
  });

  test('keeps the key that gets another name', async () => {
    const { permissions, keys } = setUp();
    const destination = {
      providerId: 'groq',
      origin: 'https://api.groq.com',
      pathPrefix: '/openai/v1',
      authScheme: 'bearer',
    };
    const [key] = await keys.add(destination, [{ secret: 'gsk_0123456789abcdef', label: 'main' }]);
    await permissions.saveProfile({ ...WORK, keys: ['groq/main', 'openai/main'] });
    await permissions.save({ ...OWN, profile: 'work' });
    await check(permissions);
    await keys.update(key!.id, { label: 'home' });
    expect(usableKeys(await check(permissions))).toEqual(['groq/home', 'openai/main']);
    expect((await permissions.list())[0]?.keys).toEqual(['groq/home']);
  });
});

describe('a site whose profile is not there', () => {
  const spoiled = { id: 'work', name: 'Work', limits: { usdPerDay: -1 } } as ProfileRecord;

  test.each<[string, (database: Awaited<ReturnType<typeof openOf>>) => Promise<unknown>]>([
    ['was taken away', (database) => database.delete('profiles', 'work')],
    ['can not be read', (database) => database.put('profiles', spoiled)],
  ])(
    'because it %s gets nothing, what runs is aborted, and the error says so',
    async (_what, act) => {
      const { permissions, ports, restarted, budgets } = setUp({
        decision: 'allow',
        remember: 'always',
      });
      await permissions.saveProfile(WORK);
      await permissions.save({ ...OWN, profile: 'work' });
      await permissions.save({ ...OWN, origin: B });
      const running = await check(permissions);
      await act(await openOf(ports));
      ports.publish({ topic: 'profiles' });
      await permissions.recheck();
      expect(running.revoked?.aborted).toBe(true);
      for (const each of [permissions, restarted()]) {
        const refused = await check(each).catch((error: unknown) => error);
        expect(refused).toMatchObject({
          code: 'origin_not_authorized',
          message: expect.stringMatching(/profile.*not there.*or can not be read/) as string,
        });
        expect(await each.find(A, A)).toMatchObject({ decision: 'deny', models: [], keys: [] });
        expect((await each.find(A, A))?.limits).toBeUndefined();
        expect((await check(each, B)).models).toEqual(OWN.models);
      }
      const control = createSitesControl({ ports, permissions, budgets });
      expect(await control.getSite(A)).toMatchObject({ lacksProfile: true, origin: A });
    },
  );

  test('can be set right again, by the profile or by another choice', async () => {
    const { permissions, ports } = setUp();
    await permissions.saveProfile(WORK);
    await permissions.save({ ...OWN, profile: 'work' });
    const database = await openOf(ports);
    await database.put('profiles', spoiled);
    ports.publish({ topic: 'profiles' });
    expect(await findSetAside(database)).toMatchObject([{ store: 'profiles', key: 'work' }]);
    await deleteSetAside(ports, 'profiles', 'work');
    await expect(check(permissions)).rejects.toMatchObject({ code: 'origin_not_authorized' });
    await permissions.saveProfile({ ...WORK, models: ['mistral/*'] });
    expect((await check(permissions)).models).toEqual(['mistral/*']);
    await database.delete('profiles', 'work');
    ports.publish({ topic: 'profiles' });
    await permissions.save(OWN);
    expect((await check(permissions)).models).toEqual(OWN.models);
  });

  test('can not be made', async () => {
    const { permissions } = setUp({ decision: 'allow', remember: 'once', profile: 'nobody' });
    for (const session of [false, true])
      await expect(permissions.save({ ...OWN, profile: 'work', session })).rejects.toMatchObject({
        code: 'invalid_request',
        param: 'profile',
      });
    // Chosen in the window, and gone before the answer came.
    await expect(check(permissions)).rejects.toMatchObject({ code: 'origin_not_authorized' });
  });

  const openOf = ({ openDatabase }: ReturnType<typeof setUp>['ports']) => openDatabase();
});

describe('a profile', () => {
  test('gets an id of its name, and another one keeps its own', async () => {
    const { permissions } = setUp();
    expect(await permissions.saveProfile({ name: ' Cheap models ' })).toEqual({
      id: 'cheap-models',
      name: 'Cheap models',
    });
    expect(await permissions.saveProfile({ name: 'Cheap, models!' })).toMatchObject({
      id: 'cheap-models-2',
    });
    expect(await permissions.saveProfile({ name: '作業' })).toMatchObject({ id: 'profile' });
    expect((await permissions.listProfiles()).map(({ name }) => name)).toEqual([
      'Cheap models',
      'Cheap, models!',
      '作業',
    ]);
  });

  test.each([
    ['name', { name: '' }],
    ['name', { name: 'work' }],
    ['name', { name: 'safe\u202emodels' }],
    ['name', { name: 'x'.repeat(61) }],
    ['id', { name: 'Other', id: '../x' }],
    ['limits.usdPerDay', { name: 'Other', limits: { usdPerDay: -1 } }],
    ['models[0]', { name: 'Other', models: [''] }],
  ])('with a wrong %s is refused: %j', async (param, profile) => {
    const { permissions } = setUp();
    await permissions.saveProfile(WORK);
    await expect(permissions.saveProfile(profile)).rejects.toMatchObject({
      code: 'invalid_request',
      param,
    });
    expect(await permissions.listProfiles()).toEqual([WORK]);
  });

  test('is not deleted while a site has it, of any kind', async () => {
    const { permissions, ports } = setUp();
    await permissions.saveProfile(WORK);
    await permissions.save({ ...OWN, profile: 'work', session: true });
    const refused = { code: 'invalid_request', message: expect.stringContaining(A) as string };
    await expect(permissions.deleteProfile('work')).rejects.toMatchObject(refused);
    await permissions.save({ ...OWN, profile: 'work' });
    await permissions.save({ ...OWN, origin: B, profile: 'work' });
    await expect(permissions.deleteProfile('work')).rejects.toMatchObject({
      message: expect.stringContaining('and 1 more use it') as string,
    });
    await permissions.revoke(B);
    // Set aside, because a newer version wrote it: put right, it must not be without its profile.
    const database = await ports.openDatabase();
    await database.put('sites', { ...OWN, profile: 'work', later: 1 } as SiteRecord, A);
    await expect(permissions.deleteProfile('work')).rejects.toMatchObject(refused);
    await permissions.save(OWN);
    await permissions.deleteProfile('work');
    expect(await permissions.listProfiles()).toEqual([]);
  });
});

describe('profiles in a bundle', () => {
  const HEAD = { format: 'gatehouse-bundle', version: 1 } as const;
  const SITE = { origin: A, decision: 'allow', profile: 'work' } as const;
  const BUNDLE = { ...HEAD, profiles: [WORK], sites: [SITE] };

  test('travel with their sites, and mean the same there', async () => {
    const [one, other] = [setUp(), setUp()];
    expect(await one.bundles.importBundle(BUNDLE)).toMatchObject({
      profiles: { add: ['work'] },
      sites: { add: [A] },
    });
    const exported = await one.bundles.exportBundle();
    expect(exported.profiles).toEqual([WORK]);
    await other.bundles.importBundle(exported, { mode: 'replace' });
    expect((await check(other.permissions)).models).toEqual(['openai/*']);
    expect(await other.bundles.importBundle(BUNDLE)).toMatchObject({
      profiles: { unchanged: ['work'] },
      sites: { unchanged: [A] },
    });
    expect(Object.keys(await one.bundles.exportBundle({ sections: ['profiles'] }))).toContain(
      'profiles',
    );
  });

  test('are refused with the path where a site names one that there is not', async () => {
    const { bundles, permissions } = setUp();
    for (const bundle of [
      { ...HEAD, sites: [SITE] },
      { ...HEAD, profiles: [{ ...WORK, id: 'other' }], sites: [SITE] },
    ])
      for (const mode of ['merge', 'replace'] as const)
        await expect(bundles.importBundle(bundle, { mode })).rejects.toMatchObject({
          code: 'invalid_request',
          param: 'sites[0].profile',
        });
    expect(await permissions.list()).toEqual([]);
    // It is here already.
    await permissions.saveProfile(WORK);
    await bundles.importBundle({ ...HEAD, sites: [SITE] });
    expect((await check(permissions)).models).toEqual(['openai/*']);
  });

  test.each([
    ['profiles[0].id', [{ ...WORK, id: 'No Id' }]],
    ['profiles[1].id', [WORK, { ...WORK, name: 'Again' }]],
    ['profiles[0].name', [WORK, { id: 'again', name: 'WORK' }]],
    ['profiles[0].name', [{ ...WORK, name: 'a\u202eb' }]],
    ['profiles[0].limits.usdPerDay', [{ ...WORK, limits: { usdPerDay: '1' } }]],
    ['profiles[0].scopes', [{ ...WORK, scopes: ['raw'] }]],
    ['profiles', { work: WORK }],
  ])('with a fault at %s are refused, or left out with their sites', async (path, profiles) => {
    const { bundles, permissions } = setUp();
    await permissions.saveProfile({ ...WORK, name: 'Mine', models: ['*'] });
    const bundle = { ...HEAD, profiles, sites: [SITE] };
    await expect(bundles.importBundle(bundle)).rejects.toMatchObject({ param: path });
    const left = await bundles
      .importBundle(bundle, { faults: 'leave-out' })
      .catch((error: unknown) => error);
    // Never the profile of that id that is here in the place of the file's: that one may allow more.
    if (left instanceof Error) expect(left).toMatchObject({ code: 'invalid_request' });
    else if (path.startsWith('profiles[0]') && path !== 'profiles[0].id')
      expect(await permissions.list()).toEqual([]);
    expect((await permissions.listProfiles())[0]?.id).toBe('work');
  });

  test('that are here and differ: overwritten, kept without the sites of the file, or both', async () => {
    const mine = { ...WORK, models: ['*'] };
    const other = { ...SITE, origin: B };
    const bundle = { ...HEAD, profiles: [WORK], sites: [other] };
    const outcome = async (onConflict: 'overwrite' | 'skip' | 'rename') => {
      const { bundles, permissions } = setUp();
      await permissions.saveProfile(mine);
      await permissions.save({ ...OWN, profile: 'work' });
      const diff = await bundles.importBundle(bundle, { onConflict });
      const models = async (origin: string) =>
        (await permissions.find(origin, origin))?.models.join();
      return {
        diff,
        profiles: await permissions.listProfiles(),
        a: await models(A),
        b: await models(B),
      };
    };
    expect(await outcome('overwrite')).toMatchObject({
      diff: { profiles: { overwrite: ['work'] } },
      a: 'openai/*',
      b: 'openai/*',
    });
    expect(await outcome('skip')).toMatchObject({
      diff: { profiles: { skip: ['Work'] }, sites: { skip: [B] } },
      a: '*',
      b: undefined,
    });
    expect(await outcome('rename')).toMatchObject({
      diff: { profiles: { add: ['work-2'] } },
      profiles: [mine, { ...WORK, id: 'work-2', name: 'Work 2' }],
      a: '*',
      b: 'openai/*',
    });
  });

  test('and their sites mean the keys and models of the file, where those get another name', async () => {
    const { bundles, permissions } = setUp();
    const box = (host: string) => ({ id: 'my-box', baseUrl: `https://${host}.example/v1` });
    const key = (secret: string) => ({ provider: 'my-box', label: 'main', secret });
    const groq = (secret: string) => ({ provider: 'groq', label: 'main', secret });
    const turbo = (model: string) => ({ id: 'turbo', routes: [{ provider: 'groq', model }] });
    await bundles.importBundle({
      ...HEAD,
      providers: [box('mine')],
      keys: [key('sk-mine-0123456789'), groq('gsk_mine0123456789')],
      models: [turbo('mine')],
    });
    const permits = {
      keys: ['my-box/main', 'groq/main', 'openai/main'],
      models: ['my-box/*', 'turbo', 'groq/a'],
      defaultModel: 'turbo',
    };
    const { renamed, profile } = await bundles
      .importBundle(
        {
          ...HEAD,
          providers: [box('theirs')],
          keys: [key('sk-theirs-0123456789'), groq('gsk_theirs0123456789')],
          models: [turbo('theirs')],
          profiles: [{ id: 'work', name: 'Work', ...permits }],
          sites: [SITE, { origin: B, decision: 'allow', ...permits }],
        },
        { onConflict: 'rename' },
      )
      .then(async () => ({
        renamed: await permissions.find(B, B),
        profile: (await permissions.listProfiles())[0],
      }));
    for (const each of [renamed, profile])
      expect(each).toMatchObject({
        keys: ['my-box-2/main', 'groq/main 2', 'openai/main'],
        models: ['my-box-2/*', 'turbo-2', 'groq/a'],
        defaultModel: 'turbo-2',
      });
  });

  test('that replace take none away that a site here has', async () => {
    const { bundles, permissions } = setUp();
    await bundles.importBundle(BUNDLE);
    const none = { ...HEAD, profiles: [] };
    await expect(bundles.importBundle(none, { mode: 'replace' })).rejects.toMatchObject({
      param: 'profiles',
      message: expect.stringContaining(A) as string,
    });
    expect((await check(permissions)).models).toEqual(['openai/*']);
    await bundles.importBundle({ ...none, sites: [] }, { mode: 'replace' });
    expect(await permissions.listProfiles()).toEqual([]);
    // A copy from before there were profiles.
    await bundles.importBundle(BUNDLE);
    await bundles.importBundle(
      { ...HEAD, sites: [{ ...SITE, profile: undefined }] },
      { mode: 'replace' },
    );
    expect((await permissions.list())[0]?.profile).toBeUndefined();
  });

  test('narrow what runs from the next call on, also where the import is all that changed it', async () => {
    const { bundles, permissions } = setUp();
    await bundles.importBundle(BUNDLE);
    await check(permissions);
    await bundles.importBundle({ ...HEAD, profiles: [{ ...WORK, models: ['mistral/*'] }] });
    expect((await check(permissions)).models).toEqual(['mistral/*']);
  });
});
