import type { Changes } from '../changes.ts';
import { RouterError } from '../errors.ts';
import type { Caller, PermissionAnswer, PermissionQuestion, Ports, Scope } from '../ports.ts';
import type { ProfileRecord, SiteRecord } from '../storage/records.ts';
import { createLimits } from './limits.ts';
import {
  coversScope,
  isUnencrypted,
  mayCoverModel,
  toOwners,
  toSiteKey,
  toSubject,
  type Subject,
} from './match.ts';
import { createProfiles, type HeldSite, type ProfileInput } from './profiles.ts';
import { createQuestions, type QuestionOptions } from './questions.ts';
import { createSites } from './sites.ts';
import { createStormControl } from './storm.ts';

export interface PermissionRequest {
  readonly caller: Caller;
  readonly scope: Scope;
  readonly model?: string;
  /** Display name of the provider that the call would go to. */
  readonly provider?: string;
  /** What the person is asked for, where it is not all models. */
  readonly models?: readonly string[];
  /** Patterns of the models that it asks for and no others. */
  readonly only?: readonly string[];
  /** The call's own signal: aborts the wait. */
  readonly signal: AbortSignal;
}

/** What the call may do. First-party calls may do everything. */
export interface Grant {
  /** Patterns; match.ts says what they cover. To be asked again once the model is resolved. */
  readonly models: readonly string[];
  /** As its profile makes it. */
  readonly site?: SiteRecord;
  /** Under which the site's limits are counted; a site has one. */
  readonly key?: string;
  /** Fires with a RouterError when the grant is revoked; the call must stop. */
  readonly revoked?: AbortSignal;
}

export interface Permissions {
  /**
   * Waits for the person where they must be asked. Throws `origin_not_authorized`, `user_rejected`,
   * `scope_denied`, `consent_pending`, `origin_blocked`, `site_budget_exceeded`.
   */
  check(request: PermissionRequest): Promise<Grant>;
  /** The stored or session grant that decides, without asking, as its profile makes it. */
  find(
    origin: string,
    topOrigin: string,
  ): Promise<HeldSite<SiteRecord & { session?: boolean }> | undefined>;
  list(): Promise<(SiteRecord & { session?: boolean })[]>;
  /**
   * Stores a decision, or keeps one of a session for the session. Throws `invalid_request` where the
   * record or its origin is none.
   */
  save(site: SiteRecord & { session?: boolean }): Promise<void>;
  /** Forgets the grant and aborts what runs under it. */
  revoke(origin: string, topOrigin?: string): Promise<void>;
  /** Aborts what runs and may no longer: after the stored sites were changed as a whole. */
  recheck(): Promise<void>;
  /** By their names. */
  listProfiles(): Promise<ProfileRecord[]>;
  /**
   * From then on the sites that have it may do what it says. What runs goes on as it began, as it does
   * where a site is changed. Throws `invalid_request`.
   */
  saveProfile(profile: ProfileInput): Promise<ProfileRecord>;
  /** Throws `invalid_request` while a site has it: without it that site could do nothing. */
  deleteProfile(id: string): Promise<void>;
}

const FULL_GRANT: Grant = Object.freeze({ models: ['*'] });

export function createPermissions(
  ports: Ports,
  changes: Pick<Changes, 'listen'>,
  options: QuestionOptions = {},
): Permissions {
  const profiles = createProfiles(ports, changes);
  const sites = createSites(ports, changes, profiles);
  const storms = createStormControl(ports);
  const limits = createLimits(ports);
  const questions = createQuestions(ports, { answered, abandoned: countRefusal }, options);
  /** One a subject that something may run for, by its key; `once` where nothing is remembered of it. */
  const live = new Map<string, { subject: Subject; controller: AbortController; once: boolean }>();

  async function countRefusal(subject: Subject): Promise<void> {
    for (const owner of toOwners(subject)) {
      const error = await storms.refused(owner);
      if (error) questions.withdrawOwner(owner, error);
    }
  }

  async function answered(
    subject: Subject,
    question: PermissionQuestion,
    answer: PermissionAnswer,
  ): Promise<void> {
    const site = toSite(subject, question, answer, ports.now());
    if (answer.decision === 'deny') await countRefusal(subject);
    else await Promise.all(toOwners(subject).map((owner) => storms.forget(owner)));
    // What is sent to such a page can be read and changed on the way: not for ever.
    const unencrypted =
      answer.decision === 'allow' && [subject.origin, subject.topOrigin].some(isUnencrypted);
    if (answer.remember === 'session' || (answer.remember === 'always' && unencrypted))
      await sites.saveForSession(site);
    else if (answer.remember === 'always') await sites.save(site);
    if (answer.remember !== 'once') ports.publish({ topic: 'sites' });
  }

  async function ask(
    subject: Subject,
    request: PermissionRequest,
  ): Promise<{ site: SiteRecord; once: boolean }> {
    for (const owner of toOwners(subject)) {
      const error = await storms.blocked(owner);
      if (error) throw error;
    }
    const { scope, model, provider, models, only, signal } = request;
    const question: PermissionQuestion = {
      origin: subject.origin,
      topOrigin: subject.topOrigin ?? subject.origin,
      // An app that lists models is about to chat: one question for both, and it says so.
      scope: scope === 'models' ? 'chat' : scope,
      ...(model !== undefined && { model }),
      ...(provider !== undefined && { provider }),
      ...(models !== undefined && { models }),
      ...(only !== undefined && { only }),
    };
    const given = await questions.ask(subject, question, signal).catch((error: unknown) => {
      if (error instanceof RouterError || signal.aborted) throw error;
      throw notAuthorized(subject.origin, error);
    });
    if (given.answer.decision === 'deny') throw rejected();
    return {
      // What the person read, not what this call wants: it may have joined the question of another.
      site: toSite(subject, given.asked, given.answer, ports.now()),
      once: given.answer.remember === 'once',
    };
  }

  async function admit(
    subject: Subject,
    key: string,
    site: HeldSite,
    { scope, model }: PermissionRequest,
    once: boolean,
  ): Promise<Grant> {
    if (site.lacksProfile) throw lacksProfile(site.origin);
    if (site.decision === 'deny') throw notAuthorized(site.origin);
    if (!coversScope(site.scopes, scope))
      throw new RouterError(
        'scope_denied',
        `This site may use ${site.scopes.join(', ') || 'nothing'}, not ${scope}. Ask for the scope, or change it under Sites.`,
      );
    if (!mayCoverModel(site.models, model)) throw modelDenied(site.models, model ?? '');
    await limits.admit(key, site);
    const own = toSiteKey(subject);
    const running = live.get(own) ?? { subject, controller: new AbortController(), once };
    running.once &&= once;
    live.set(own, running);
    if (site.expiresAt !== undefined) recheckAt(site.expiresAt);
    return {
      models: site.models,
      site,
      key,
      revoked: running.controller.signal,
    };
  }

  function abortLive(key: string): void {
    const running = live.get(key);
    live.delete(key);
    running?.controller.abort(
      new RouterError(
        'origin_not_authorized',
        `The permission of ${running.subject.origin} was taken back. Open the Gatehouse icon to allow the site again.`,
      ),
    );
  }

  /** No call runs for longer than that, and its end is when the worker may sleep. */
  const LONGEST_CALL_MS = 15 * 60_000;
  const ends = new Set<number>();
  function recheckAt(time: number): void {
    const wait = time - ports.now();
    if (wait > LONGEST_CALL_MS || ends.has(time)) return;
    ends.add(time);
    setTimeout(() => {
      ends.delete(time);
      recheck().catch(() => undefined);
    }, wait + 1);
  }

  /** What decides on a subject may be a pattern, or another one than before. */
  async function recheck(): Promise<void> {
    await Promise.all(
      [...live].map(async ([key, { subject, once }]) => {
        const decision = (await sites.find(subject))?.site.decision;
        if ((decision ?? (once ? 'allow' : 'deny')) === 'deny') abortLive(key);
      }),
    );
  }

  return {
    async check(request) {
      const { caller, signal } = request;
      if (caller.kind === 'first-party') return FULL_GRANT;
      const subject = toSubject(caller);
      if (!subject) throw noIdentity();
      signal.throwIfAborted();
      const stored = await sites.find(subject);
      if (stored) return admit(subject, stored.key, stored.site, request, false);
      const { site, once } = await ask(subject, request);
      return admit(subject, toSiteKey(subject), await profiles.hold(site), request, once);
    },
    async find(origin, topOrigin) {
      const subject = toSubject({ kind: 'site', origin, topOrigin });
      return subject && (await sites.find(subject))?.site;
    },
    list: sites.list,
    async save(site) {
      await (site.session ? sites.saveForSession(site) : sites.save(site));
      ports.publish({ topic: 'sites' });
      await recheck();
    },
    async revoke(origin, topOrigin) {
      const key = toSiteKey({ origin, topOrigin });
      await sites.remove(key);
      abortLive(key);
      ports.publish({ topic: 'sites' });
      await recheck();
    },
    async recheck() {
      sites.forget();
      await recheck();
    },
    listProfiles: profiles.list,
    async saveProfile(profile) {
      const saved = await profiles.save(profile);
      ports.publish({ topic: 'profiles' });
      await recheck();
      return saved;
    },
    async deleteProfile(id) {
      const ofSession = (await sites.list()).filter(({ session }) => session);
      await profiles.remove(id, ofSession);
      ports.publish({ topic: 'profiles' });
      await recheck();
    },
  };
}

function toSite(
  subject: Subject,
  { scope, models: askedFor }: PermissionQuestion,
  { decision, limits, scopes, expiresAt, models = askedFor ?? ['*'], profile }: PermissionAnswer,
  createdAt: number,
): SiteRecord {
  return {
    ...subject,
    decision,
    scopes: scopes ? [...scopes] : [scope],
    models: [...models],
    ...(limits && { limits: { ...limits } }),
    // Its models would hold in the place of those that were asked for.
    ...(profile !== undefined && askedFor === undefined && { profile }),
    ...(expiresAt !== undefined && { expiresAt }),
    createdAt,
  };
}

export function modelDenied(models: readonly string[], model: string): RouterError {
  return new RouterError(
    'scope_denied',
    `This site may use ${models.join(', ') || 'no model'}, not ${model}. Choose another model, or change it under Sites.`,
    { param: 'model' },
  );
}

function notAuthorized(origin: string, cause?: unknown): RouterError {
  return new RouterError(
    'origin_not_authorized',
    `${origin} has no permission to use Gatehouse. Make the call from a click so the user can be asked, or open the Gatehouse icon and allow the site.`,
    { cause },
  );
}

const lacksProfile = (origin: string) =>
  new RouterError(
    'origin_not_authorized',
    `${origin} is allowed by a profile that is not there any more or can not be read, so it may do nothing. Choose another one under Sites.`,
  );

const noIdentity = () =>
  new RouterError(
    'origin_not_authorized',
    "This kind of page can't use Gatehouse: the browser gives it no origin of its own (a sandboxed frame, a file, a data: address). Make the call from an ordinary http or https page.",
  );

const rejected = () =>
  new RouterError(
    'user_rejected',
    "The user refused this request. Don't ask again unprompted; offer a Connect button.",
  );
