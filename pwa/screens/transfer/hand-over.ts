/**
 * Row X6: what the extension's page and the app's say to each other. The extension's speaks first, by
 * an event in the app's page; the app's answers. Keys go encrypted to a key pair that the receiver
 * made for this one time, so that neither the event nor its answer holds one in the clear.
 */
import type { BundleExport, Section } from '../../../core/index.ts';
import type { AppPage, AppPages } from '../../app/context.ts';
import { toWords } from '../../components/loaded.svelte.ts';
import type { Outcome } from './given.ts';

const EVENT = 'gatehouse:hand-over';

/** What the app's page answers to each. */
interface Answers {
  /** Whether it is the app, and the id of its own offer where it has one. */
  hello: { offers?: string };
  /** What it offered, for this public key. */
  take: { bundle: BundleExport };
  /** What became of its offer. */
  ended: object;
  /** It would take what the extension has: for this public key. */
  prepare: { publicKey: string };
  /** What its person decided. */
  give: { outcome: Outcome };
}
interface Questions {
  hello: object;
  take: { id: string; publicKey: string };
  ended: { id: string; outcome: Outcome };
  prepare: { sections: readonly Section[] };
  give: { bundle: BundleExport };
}
type Name = keyof Answers;

export type Handlers = {
  readonly [Each in Name]: (asked: Questions[Each]) => Promise<Answers[Each]>;
};

/** The app's page listens, until the returned function is called. */
export function listen(handlers: Handlers): () => void {
  const heard = (event: Event) => {
    const { said, reply } = (event as CustomEvent<Heard>).detail ?? {};
    if (typeof reply !== 'function' || !said || !Object.hasOwn(handlers, said.name)) return;
    event.preventDefault();
    const answer = handlers[said.name] as (asked: unknown) => Promise<unknown>;
    answer(said.asked).then(
      (value) => reply({ value }),
      (reason: unknown) => reply({ error: toWords(reason) }),
    );
  };
  addEventListener(EVENT, heard);
  return () => removeEventListener(EVENT, heard);
}

interface Heard {
  readonly said: { readonly name: Name; readonly asked: unknown };
  reply(answer: { value: unknown } | { error: string }): void;
}

/** Asks the app's page. Rejects, in plain words, where it is gone, listens no more or says no. */
export async function ask<Each extends Name>(
  pages: AppPages,
  page: AppPage,
  name: Each,
  asked: Questions[Each],
): Promise<Answers[Each]> {
  const answer = (await pages.say(page, EVENT, { name, asked }).catch(() => undefined)) as
    { value?: Answers[Each]; error?: unknown } | undefined;
  if (answer?.value) return answer.value;
  throw new Error(
    typeof answer?.error === 'string'
      ? `The app says: ${answer.error.slice(0, 500)}`
      : 'The page of the app is gone. Open it again, at Import and export.',
  );
}

/** Those of the pages that say that they are the app; each with the offer that it has. */
export async function findApps(
  pages: AppPages,
  origin?: string,
): Promise<{ page: AppPage; offers: string | undefined }[]> {
  const found = await pages.find(origin);
  const asked = found.map(async (page) => {
    const answer = await ask(pages, page, 'hello', {}).catch(() => undefined);
    return answer ? [{ page, offers: answer.offers }] : [];
  });
  return (await Promise.all(asked)).flat();
}
