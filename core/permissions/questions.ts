import { RouterError } from '../errors.ts';
import type { PermissionAnswer, PermissionQuestion, Ports } from '../ports.ts';
import { toOwners, toSiteKey, type Subject } from './match.ts';

export interface QuestionOptions {
  /** How long a call waits for the person. */
  waitMs?: number;
  /** How long a question stays when no call waits any more: a reloaded page asks it again at once. */
  graceMs?: number;
}

interface Question {
  /** What the person reads. A call that joins may want something else. */
  readonly asked: PermissionQuestion;
  readonly owners: readonly string[];
  readonly answer: Promise<PermissionAnswer>;
  readonly withdraw: (reason: unknown) => void;
  /** Restarts the time of each call that waits. */
  readonly restart: Set<() => void>;
  waiting: number;
  grace?: ReturnType<typeof setTimeout>;
}

/** Calls of one site that may wait on its question. */
const MAX_WAITING = 32;
/** Questions that may stand in the window's queue, and how many of those of one owner's origins. */
const MAX_QUESTIONS = 4;
const MAX_QUESTIONS_OF_OWNER = 2;

export interface Questions {
  /**
   * Asks, or joins the question that is open for this subject: `asked` is what the person then said
   * yes or no to. Throws `consent_pending` where there is no room or the person did not answer in
   * time, and the signal's reason when the caller leaves.
   */
  ask(
    subject: Subject,
    question: PermissionQuestion,
    signal: AbortSignal,
  ): Promise<{ readonly answer: PermissionAnswer; readonly asked: PermissionQuestion }>;
  /** Takes back the open questions of an owner's origins; their calls get `error`. */
  withdrawOwner(owner: string, error: RouterError): void;
}

/** What becomes of a question, once each, whether or not a call still waits. */
export interface QuestionEvents {
  answered(subject: Subject, question: PermissionQuestion, answer: PermissionAnswer): Promise<void>;
  /** Its callers left before the person answered. */
  abandoned(subject: Subject): Promise<void>;
}

/** One question a site at a time. The host shows them in one window, one after the other. */
export function createQuestions(
  { askUser, keepAlive }: Pick<Ports, 'askUser' | 'keepAlive'>,
  events: QuestionEvents,
  { waitMs = 60_000, graceMs = 1_500 }: QuestionOptions = {},
): Questions {
  const open = new Map<string, Question>();

  function start(subject: Subject, asked: PermissionQuestion): Question {
    const key = toSiteKey(subject);
    const controller = new AbortController();
    const release = keepAlive();
    const withdrawn = new Promise<never>((_resolve, reject) => {
      controller.signal.addEventListener('abort', () =>
        // A RouterError, because `abort()` without a reason gives a DOMException.
        reject(controller.signal.reason as Error),
      );
    });
    const close = () => {
      clearTimeout(question.grace);
      if (open.get(key) === question) open.delete(key);
    };
    const restart = new Set<() => void>();
    const extend = () => {
      for (const again of restart) again();
    };
    const answer = Promise.race([askUser(asked, controller.signal, extend), withdrawn])
      .finally(close)
      .then(async (given) => {
        await events.answered(subject, asked, given);
        return given;
      })
      .finally(release);
    // Its waiters handle it; with none left there is nothing to handle.
    answer.catch(() => undefined);
    const question: Question = {
      asked,
      owners: toOwners(subject),
      answer,
      withdraw: (reason) => controller.abort(reason),
      restart,
      waiting: 0,
    };
    open.set(key, question);
    return question;
  }

  function admit(subject: Subject, asked: PermissionQuestion): Question {
    const joined = open.get(toSiteKey(subject));
    if (joined) {
      if (joined.waiting >= MAX_WAITING) throw pending();
      return joined;
    }
    const owners = toOwners(subject);
    const ofOwner = [...open.values()].filter((question) =>
      question.owners.some((owner) => owners.includes(owner)),
    );
    if (open.size >= MAX_QUESTIONS || ofOwner.length >= MAX_QUESTIONS_OF_OWNER) throw pending();
    return start(subject, asked);
  }

  function leave(subject: Subject, question: Question): void {
    question.waiting--;
    if (question.waiting > 0) return;
    question.grace = setTimeout(() => {
      if (open.get(toSiteKey(subject)) !== question) return;
      question.withdraw(pending());
      events.abandoned(subject).catch(() => undefined);
    }, graceMs);
  }

  return {
    async ask(subject, asked, signal) {
      signal.throwIfAborted();
      const question = admit(subject, asked);
      clearTimeout(question.grace);
      question.waiting++;
      let timer: ReturnType<typeof setTimeout> | undefined;
      let onAbort = () => {};
      let restart = () => {};
      try {
        const answer = await Promise.race([
          question.answer,
          new Promise<never>((_resolve, reject) => {
            onAbort = () => reject(signal.reason as Error);
            signal.addEventListener('abort', onAbort);
            restart = () => {
              clearTimeout(timer);
              timer = setTimeout(() => reject(pending()), waitMs);
            };
            restart();
            question.restart.add(restart);
          }),
        ]);
        return { answer, asked: question.asked };
      } finally {
        clearTimeout(timer);
        question.restart.delete(restart);
        signal.removeEventListener('abort', onAbort);
        leave(subject, question);
      }
    },
    withdrawOwner(owner, error) {
      for (const question of open.values())
        if (question.owners.includes(owner)) question.withdraw(error);
    },
  };
}

const pending = () =>
  new RouterError(
    'consent_pending',
    'A permission window is already open. Answer it; retry afterwards.',
  );
