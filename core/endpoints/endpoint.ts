import type { KeyCheck, KeyView } from '../control.ts';
import type { FormatName } from '../formats/chat.ts';
import type { Formats } from '../formats/format.ts';
import type { Attempts, OpenAttempt } from '../middleware/attempts.ts';
import type { LiveRequests } from '../middleware/live.ts';
import type { Credentials } from '../middleware/credentials.ts';
import type { Reserve } from '../middleware/reserve.ts';
import type { WaitForUnlock } from '../middleware/unlock-wait.ts';
import type { Resolve } from '../middleware/resolve.ts';
import type { Permissions } from '../permissions/grants.ts';
import type { Offers } from '../permissions/offers.ts';
import type { Caller, Ports } from '../ports.ts';
import type { Catalogue } from '../providers/catalogue.ts';
import type { Registry } from '../providers/registry.ts';
import type { LogicalModels } from '../storage/logical-models.ts';
import type { Settings } from '../storage/records.ts';
import type { RequestLog } from '../usage/request-log.ts';
import type { AttemptUsage, UsageCounter } from '../usage/counter.ts';
import type { Bundles } from '../vault/bundle.ts';

/** One call on its way through the router. */
export interface Call {
  readonly id: string;
  readonly request: Request;
  readonly url: URL;
  /** Whose words the caller expects, for errors too. */
  readonly dialect: FormatName;
  readonly caller: Caller;
  /** `performance.now()` when it came. */
  readonly startedAt: number;
  /** What stands for `*` in the endpoint's path, decoded. */
  readonly tail: string;
  /** Where the answer came from, as far as it is known. */
  readonly trace: Trace;
  /** What was asked for it, in order; for the count of what was used. Its caller does not read it. */
  readonly asked: Asked[];
  /** What `dispatched` waits for beside the host. */
  readonly beforeSend: (() => Promise<void>)[];
  /** Awaited before each upstream fetch; see HostCall. */
  readonly dispatched: () => Promise<void>;
}

export type Asked = { -readonly [Field in keyof AttemptUsage]: AttemptUsage[Field] };

export interface Trace {
  provider?: string;
  model?: string;
  attempts: number;
  /** The try whose answer the caller gets, until its end. */
  open?: OpenAttempt;
}

/** What the router is made of. `createRouter` makes the real ones; a test may pass its own. */
export interface Parts {
  readonly ports: Ports;
  readonly formats: Formats;
  readonly permissions: Permissions;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly resolve: Resolve;
  readonly credentials: Credentials;
  readonly reserve: Reserve;
  readonly usage: UsageCounter;
  readonly log: RequestLog;
  readonly live: LiveRequests;
  readonly attempts: Attempts;
  readonly bundles: Bundles;
  readonly offers: Offers;
  readonly waitForUnlock: WaitForUnlock;
  readonly isLocked: () => Promise<boolean>;
  readonly settings: () => Promise<Settings>;
  readonly logicalModels: LogicalModels;
  /** Asks the providers of all keys, now. */
  readonly checkKeys: () => Promise<(KeyView & { check: KeyCheck })[]>;
}

/** One inbound route. The table of them is routes.ts. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The exact path; one that ends in `*` takes every path that begins so. */
  readonly path: string;
  /** Only for our own pages: a site gets 403. */
  readonly firstParty?: boolean;
  readonly answer: (call: Call, parts: Parts) => Promise<Response>;
}
