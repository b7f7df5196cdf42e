/** The questions that wait for the person, in order. Knows no window: `consent.ts` shows them. */
import type {
  PermissionAnswer,
  PermissionQuestion,
  ProfileRecord,
  Scope,
} from '../../core/index.ts';
import type { Answer, Prompt } from '../consent/protocol.ts';

/** How long the core lets a call wait: what the window counts down. A key press starts it anew. */
export const WAIT_MS = 60_000;

interface Waiter {
  resolve(answer: PermissionAnswer): void;
  reject(reason: unknown): void;
  extend(): void;
}

interface Entry {
  prompt: Prompt;
  readonly waiters: Set<Waiter>;
}

export interface ConsentQueue {
  /** Waits for the answer. A call that the open question covers joins it, also after a reload of its page. */
  ask(
    question: PermissionQuestion,
    signal: AbortSignal,
    extend: () => void,
  ): Promise<PermissionAnswer>;
  prompts(): readonly Prompt[];
  /** Settles all calls that wait on one question. The gone ones have none: says what was asked. */
  answer(id: string, answer: Answer): Prompt | undefined;
  refuseAll(): void;
  extend(id: string): void;
  dismiss(id: string): void;
}

export interface ConsentQueueOptions {
  now(): number;
  randomId(): string;
  /** There is no key that could serve this call. */
  lacksKey(question: PermissionQuestion): Promise<boolean>;
  /** No one knows what the call would cost. */
  isUnpriced(question: PermissionQuestion): Promise<boolean>;
  /** What the person may choose in the place of limits and models. */
  listProfiles(): Promise<readonly ProfileRecord[]>;
  /** The list changed: show it, or close. `joined`: a call joined the question in front. */
  onChange(change: { joined: boolean }): void;
}

export function createConsentQueue(options: ConsentQueueOptions): ConsentQueue {
  let entries: Entry[] = [];
  const { now, onChange } = options;
  const changed = (joined = false) => onChange({ joined });
  const find = (id: string) => entries.find((entry) => entry.prompt.id === id);

  function remove(entry: Entry) {
    entries = entries.filter((other) => other !== entry);
    changed();
  }

  function settle(entry: Entry, how: (waiter: Waiter) => void) {
    for (const waiter of entry.waiters) how(waiter);
    entry.waiters.clear();
    remove(entry);
  }

  /** No call waits any more: the person is told before the question goes. */
  function leave(entry: Entry) {
    entry.prompt = { ...entry.prompt, state: 'gone' };
    changed();
  }

  function startWait(entry: Entry) {
    entry.prompt = { ...entry.prompt, state: 'waiting', deadline: now() + WAIT_MS };
  }

  function open(question: PermissionQuestion): Entry {
    const entry: Entry = {
      prompt: {
        id: options.randomId(),
        ...question,
        askedAt: now(),
        deadline: now() + WAIT_MS,
        state: 'waiting',
        noKey: false,
        unpriced: false,
        profiles: [],
      },
      waiters: new Set(),
    };
    entries.push(entry);
    void Promise.all([
      options.lacksKey(question),
      options.isUnpriced(question),
      // One that names models is for these alone.
      question.models === undefined ? options.listProfiles() : [],
    ]).then(
      ([noKey, unpriced, profiles]) => {
        if (!(noKey || unpriced || profiles.length > 0) || !entries.includes(entry)) return;
        entry.prompt = { ...entry.prompt, noKey, unpriced, profiles };
        changed();
      },
      // Not known is not worth a word.
      () => undefined,
    );
    return entry;
  }

  return {
    ask(question, signal, extend) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      const joined = entries.find(({ prompt }) => covers(prompt, question));
      const entry = joined ?? open(question);
      startWait(entry);
      return new Promise<PermissionAnswer>((resolve, reject) => {
        const waiter: Waiter = {
          resolve: (answer) => {
            signal.removeEventListener('abort', abort);
            resolve(answer);
          },
          reject: (reason) => {
            signal.removeEventListener('abort', abort);
            reject(reason as Error);
          },
          extend,
        };
        const abort = () => {
          entry.waiters.delete(waiter);
          waiter.reject(signal.reason);
          if (entry.waiters.size === 0 && entries.includes(entry)) leave(entry);
        };
        signal.addEventListener('abort', abort);
        entry.waiters.add(waiter);
        changed(joined !== undefined);
      });
    },

    prompts: () => entries.map((entry) => entry.prompt),

    answer(id, answer) {
      const entry = find(id);
      if (entry)
        settle(entry, (waiter) => waiter.resolve(toPermission(entry.prompt, answer, now())));
      return entry?.prompt;
    },

    refuseAll() {
      for (const entry of entries.slice()) {
        settle(entry, (waiter) => waiter.resolve({ decision: 'deny', remember: 'once' }));
      }
    },

    extend(id) {
      const entry = find(id);
      if (entry?.prompt.state !== 'waiting') return;
      startWait(entry);
      for (const waiter of entry.waiters) waiter.extend();
      changed();
    },

    dismiss(id) {
      const entry = find(id);
      if (entry?.prompt.state === 'gone') remove(entry);
    },
  };
}

const DAY_MS = 24 * 3_600_000;

/** What the person chose, as the core knows it. */
export function toPermission(
  { scope, models, only }: Pick<Prompt, 'scope' | 'models' | 'only'>,
  answer: Answer,
  time: number,
): PermissionAnswer {
  const { decision, remember, days, onlyAsked, profile, moreScopes = [] } = answer;
  const limits = {
    ...pick(answer, 'usdPerDay'),
    ...pick(answer, 'tokensPerDay'),
    ...pick(answer, 'requestsPerMinute'),
    ...pick(answer, 'concurrentRequests'),
  };
  return {
    decision,
    remember,
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(days !== undefined && { expiresAt: time + days * DAY_MS }),
    ...(moreScopes.length > 0 && { scopes: [...new Set([scope, ...moreScopes])] }),
    ...(onlyAsked && only && models === undefined && { models: only }),
    ...(profile !== undefined && models === undefined && { profile }),
  };
}

function pick<Name extends keyof Answer>(answer: Answer, name: Name): Pick<Answer, Name> | object {
  return answer[name] === undefined ? {} : { [name]: answer[name] };
}

/** Whether the answer to an open question answers this one too: it must not ask for more than is shown. */
function covers(prompt: Prompt, question: PermissionQuestion): boolean {
  return (
    prompt.origin === question.origin &&
    prompt.topOrigin === question.topOrigin &&
    scopeCovers(prompt.scope, question.scope) &&
    String(prompt.models) === String(question.models)
  );
}

function scopeCovers(shown: Scope, wanted: Scope): boolean {
  return shown === wanted || (shown === 'chat' && wanted === 'models');
}
