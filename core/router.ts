import { createChanges } from './changes.ts';
import type { Control } from './control.ts';
import { createCooldownsControl } from './control/cooldowns.ts';
import { createCopiesControl } from './control/copies.ts';
import { createKeyChecks } from './control/key-checks.ts';
import { createKeysControl } from './control/keys.ts';
import { createModelsControl } from './control/models.ts';
import { createProvidersControl } from './control/providers.ts';
import { createRequestsControl } from './control/requests.ts';
import { createSetAsideControl } from './control/set-aside.ts';
import { createSettingsControl } from './control/settings.ts';
import { createSitesControl } from './control/sites.ts';
import { createLockControl } from './control/lock.ts';
import { createStatusControl } from './control/status.ts';
import type { Parts } from './endpoints/endpoint.ts';
import { FORMATS } from './formats/index.ts';
import { createHandle, type Handle } from './handle.ts';
import { createAttempts } from './middleware/attempts.ts';
import { createCredentials } from './middleware/credentials.ts';
import { createHealth, createStateStore } from './middleware/health.ts';
import { createLiveRequests } from './middleware/live.ts';
import { createResolve } from './middleware/resolve.ts';
import { createUnlockWait } from './middleware/unlock-wait.ts';
import { createReserve } from './middleware/reserve.ts';
import { createBudgets } from './permissions/budget.ts';
import { createOffers } from './permissions/offers.ts';
import { createPermissions } from './permissions/grants.ts';
import type { Ports } from './ports.ts';
import { forgetAccessTokens } from './providers/auth/service-account.ts';
import { createCatalogue } from './providers/catalogue.ts';
import { createGateways } from './providers/gateway.ts';
import { createRegistry } from './providers/registry.ts';
import { createLogicalModels } from './storage/logical-models.ts';
import { createSettingsReader } from './storage/settings-reader.ts';
import { chargeSites } from './usage/charged.ts';
import { createUsageCounter } from './usage/counter.ts';
import { createRequestLog, toLogged } from './usage/request-log.ts';
import { createPrices } from './usage/prices.ts';
import { createBundles } from './vault/bundle.ts';
import { createKeys } from './vault/keys.ts';
import { createTokens } from './vault/tokens.ts';
import { createVault } from './vault/vault.ts';

export { VIRTUAL_ORIGIN, type Handle } from './handle.ts';
export type { HostCall as Call } from './ports.ts';

export interface Router {
  readonly handle: Handle;
  /** What our own screens ask for. */
  readonly control: Control;
}

/** The composition root: which parts there are is decided here, and nothing below knows. */
export function createRouter(host: Ports): Router {
  const changes = createChanges(host);
  changes.listen((topic) => {
    if (topic === 'lock') forgetAccessTokens();
  });
  const ports: Ports = { ...bound(host), publish: (change) => changes.publish(change) };
  const registry = createRegistry(ports, changes);
  const vault = createVault(ports, changes);
  const keys = createKeys(ports, vault);
  const tokens = createTokens(ports, vault);
  const gateways = createGateways({ registry, keys, tokens });
  const catalogue = createCatalogue({ ports, changes, registry, keys, tokens, gateways });
  const permissions = createPermissions(ports, changes);
  const store = createStateStore(ports);
  const health = createHealth({ ports, changes, store });
  const settings = createSettingsReader(ports, changes);
  const logicalModels = createLogicalModels(ports);
  const budgets = createBudgets(ports);
  const priceOf = createPrices(registry, catalogue);
  const attempts = createAttempts(ports);
  const log = createRequestLog(ports, settings);
  attempts.listen((attempt) => log.attempt(attempt.callId, toLogged(attempt)));
  const resetKey = async (keyId: string) => {
    if ((await health.table()).reset({ keyId })) health.changed();
  };
  const checks = createKeyChecks({ ports, registry, keys, tokens, gateways, resetKey });
  const parts: Parts = {
    ports,
    formats: FORMATS,
    permissions,
    registry,
    catalogue,
    resolve: createResolve({ ports, changes, registry, catalogue }),
    credentials: createCredentials({
      ports,
      changes,
      keys,
      vault,
      health,
      store,
      settings,
      gateways,
      tokens,
    }),
    reserve: createReserve(budgets, priceOf),
    usage: chargeSites({
      counter: createUsageCounter(ports, priceOf),
      budgets,
      permissions,
      priceOf,
    }),
    log,
    live: createLiveRequests(ports),
    attempts,
    bundles: createBundles({ ports, vault, permissions }),
    offers: createOffers(ports, permissions),
    waitForUnlock: createUnlockWait({ ports, changes, vault }),
    isLocked: () => vault.isLocked(),
    settings,
    logicalModels,
    checkKeys: () => checks.checkKeys(),
  };
  const control: Control = {
    ...createStatusControl(keys, vault),
    ...createProvidersControl({ ports, registry, catalogue, keys }),
    checkKey: (id) => checks.checkKey(id),
    ...createModelsControl({ logicalModels, registry, catalogue, keys }),
    ...createKeysControl({ ports, registry, keys, resetKey }),
    ...createCooldownsControl(ports, health),
    ...createSitesControl({ ports, permissions, budgets }),
    ...createSetAsideControl(ports),
    ...createCopiesControl({ ports, bundles: parts.bundles }),
    ...createSettingsControl(ports),
    ...createLockControl({ changes, vault, settings }),
    ...createRequestsControl(parts.live, parts.usage, parts.log),
  };
  return { handle: createHandle(parts), control };
}

/** A host may pass methods that need their own `this`. */
function bound(host: Ports): Ports {
  return {
    fetch: (request) => host.fetch(request),
    now: () => host.now(),
    randomId: () => host.randomId(),
    openDatabase: () => host.openDatabase(),
    askUser: (question, signal, extend) => host.askUser(question, signal, extend),
    askUnlock: (caller, signal) => host.askUnlock(caller, signal),
    wakeAt: (time) => host.wakeAt(time),
    session: host.session,
    keepAlive: () => host.keepAlive(),
    publish: (change) => host.publish(change),
    ...(host.onDeviceModel && { onDeviceModel: host.onDeviceModel }),
    ...(host.showOffer && {
      showOffer: (origin: string, id: string) => host.showOffer!(origin, id),
    }),
  };
}
