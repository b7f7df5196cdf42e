/** The only door of core. */
export * from './control.ts';
export * from './errors.ts';
export * from './ports.ts';
export * from './router.ts';
export { createModelOfPages, serveOnDevice } from './providers/on-device/over-port.ts';
export {
  createOnDeviceModel,
  downloadModel,
  findPromptApi,
} from './providers/on-device/prompt-api.ts';
export * from './storage/chats.ts';
export { createCopies, readCopyTrouble, type Copy } from './storage/copies.ts';
export * from './storage/database.ts';
export { beginNewLog } from './storage/new-log.ts';
export type * from './storage/records.ts';
export { dropSnapshot, readSnapshot, restoreSnapshot } from './storage/snapshot.ts';
export {
  BLOCKED_WORDS,
  isUpgradeBlocked,
  watchDatabase,
  type DatabaseState,
} from './storage/upgrade-wait.ts';
export * from './transport/fetch-event.ts';
export { NEARLY_USED, type BudgetView } from './permissions/budget.ts';
export {
  coversSubject,
  isLoopbackOrigin,
  isOriginPattern,
  isUseOf,
  nameOfKey,
  registrableDomain,
} from './permissions/match.ts';
export { readForeign, type ReadFile } from './providers/foreign/read-foreign.ts';
export { createClient } from './transport/client.ts';
export { toDay } from './usage/counter.ts';
export { createControlClient, serveControl } from './transport/control.ts';
export { createJournal, JOURNAL_PREFIX } from './transport/journal.ts';
export { createPace } from './transport/pace.ts';
export { fromMessagePort, type Port } from './transport/port.ts';
export { createResponder } from './transport/respond.ts';
export { serve, type Peer, type ServerOptions } from './transport/server.ts';
export type { BundleDiff, BundleExport, DestinationChange, OpenedKeys } from './vault/bundle.ts';
export type { ConflictPolicy } from './vault/bundle-conflicts.ts';
export type { SectionDiff } from './vault/bundle-plan.ts';
export { SECTIONS, type Fault, type Section } from './vault/bundle-schema.ts';
export { importVaultKey } from './vault/crypto.ts';
export { readVaultHealth, type VaultHealth } from './vault/health.ts';
export { readLockEvents, type LockEvent } from './vault/lock-events.ts';
export { createLocks, type Locks, type Proof } from './vault/locks.ts';
export type { SlotView } from './vault/slot-view.ts';
export { createReceiver, type Receiver } from './vault/one-time-key.ts';
export { idOfProvider } from './vault/provider-names.ts';
export {
  createRecoveryCode,
  decodeRecoveryCode,
  encodeRecoveryCode,
} from './vault/slot-kinds/recovery.ts';
