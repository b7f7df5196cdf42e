import type { Control, SiteView } from '../control.ts';
import type { Permissions } from '../permissions/grants.ts';
import type { Budgets } from '../permissions/budget.ts';
import { isUseOf, toSiteKey } from '../permissions/match.ts';
import { withProfile } from '../permissions/profiles.ts';
import type { Ports } from '../ports.ts';
import { checkRecord } from '../storage/read.ts';
import type { SiteRecord, UsageRecord } from '../storage/records.ts';
import { toDay } from '../usage/counter.ts';

export type SitesControl = Pick<
  Control,
  | 'listSites'
  | 'getSite'
  | 'saveSite'
  | 'deleteSite'
  | 'listProfiles'
  | 'saveProfile'
  | 'deleteProfile'
>;

export interface SitesControlParts {
  ports: Pick<Ports, 'openDatabase' | 'now'>;
  budgets: Pick<Budgets, 'view'>;
  permissions: Pick<
    Permissions,
    'list' | 'find' | 'save' | 'revoke' | 'listProfiles' | 'saveProfile' | 'deleteProfile'
  >;
}

export function createSitesControl({
  ports,
  permissions,
  budgets,
}: SitesControlParts): SitesControl {
  async function listSites(): Promise<SiteView[]> {
    const [sites, rows, profiles] = await Promise.all([
      permissions.list(),
      readToday(ports),
      permissions.listProfiles(),
    ]);
    return Promise.all(
      sites.map((site) => {
        const view = toView(site, rows);
        if (site.profile === undefined || site.decision === 'deny') return withBudgets(view, site);
        const held = profiles.find(({ id }) => id === site.profile);
        return withBudgets(
          { ...view, ...(held ? { held } : { lacksProfile: true }) },
          withProfile(site, held),
        );
      }),
    );
  }

  /** `holds`: the site as its profile makes it. */
  async function withBudgets(view: SiteView, holds: SiteRecord): Promise<SiteView> {
    return { ...view, budgets: await budgets.view(toSiteKey(view), holds) };
  }

  return {
    /** Those used last come first. */
    listSites: async () =>
      (await listSites()).sort(
        (a, b) => (b.lastUsedAt ?? b.createdAt ?? 0) - (a.lastUsedAt ?? a.createdAt ?? 0),
      ),
    async getSite(origin, topOrigin = origin) {
      const decides = await permissions.find(origin, topOrigin);
      const key = decides && toSiteKey(decides);
      // The list has when it was last used, which changes with each call.
      return (await listSites()).find((site) => toSiteKey(site) === key);
    },
    saveSite: (site) => permissions.save({ createdAt: ports.now(), ...site }),
    deleteSite: (origin, topOrigin) => permissions.revoke(origin, topOrigin),
    listProfiles: permissions.listProfiles,
    saveProfile: permissions.saveProfile,
    deleteProfile: permissions.deleteProfile,
  };
}

async function readToday({ openDatabase, now }: Pick<Ports, 'openDatabase' | 'now'>) {
  const rows = await (await openDatabase()).getAllFromIndex('usage', 'day', toDay(now()));
  return rows.flatMap((row) => {
    const checked = checkRecord('usage', row);
    return 'record' in checked ? [checked.record] : [];
  });
}

function toView(site: SiteRecord & { session?: boolean }, rows: readonly UsageRecord[]): SiteView {
  const today: SiteView['today'] = { requests: 0, inputTokens: 0, outputTokens: 0 };
  for (const row of rows) {
    if (!isUseOf(site, row.origin)) continue;
    today.requests += row.requests;
    today.inputTokens += row.inputTokens;
    today.outputTokens += row.outputTokens;
    if (row.usd !== undefined) today.usd = (today.usd ?? 0) + row.usd;
  }
  return { ...site, today };
}
