import {
  toTitle,
  type ChatRecord,
  type ChatStore,
  type MessageRecord,
} from '../../../core/index.ts';
import { beginWork } from '../../app/busy.svelte.ts';
import type { AppContext } from '../../app/context.ts';
import { AnswerError, streamAnswer, type Turn } from './answer.ts';
import { firstUsable, newestLeaf, toBranch, toComparison, variantsOf } from './branch.ts';
import { LiveAnswer } from './live-answer.svelte.ts';

/** Held by the page that an answer streams into; a message without its lock was left unfinished. */
const lockOf = (messageId: string) => `gatehouse-answer-${messageId}`;
const KEEP_EVERY_MS = 900;
const CONTINUE =
  'Continue your last message exactly where it stopped. Do not repeat any of it and do not comment on it.';

/** As many models answer one question side by side. */
export const MOST_COMPARED = 4;

type Host = Pick<AppContext, 'announce' | 'publish' | 'ready' | 'keepStorage'>;

/** One chat: its tree of messages, and the answers that are being written. */
export class Conversation {
  chat = $state.raw<ChatRecord>() as ChatRecord;
  /** More than one where several models answer side by side. */
  lives = $state.raw<readonly LiveAnswer[]>([]);
  /** The models that the next question is asked of beside the chat's own. */
  compareWith = $state.raw<readonly string[]>([]);
  #all = $state.raw<readonly MessageRecord[]>([]);
  readonly branch: readonly MessageRecord[] = $derived(toBranch(this.#all, this.chat.leafId));
  /** The answers that stand side by side at the end of the branch; empty where there is only one. */
  readonly comparison: readonly MessageRecord[] = $derived(
    toComparison(this.#all, this.branch.at(-1)),
  );
  readonly totalTokens = $derived(
    this.#all.reduce((sum, { usage }) => sum + (usage ? usage.input + usage.output : 0), 0),
  );
  readonly #store: ChatStore;
  readonly #host: Host;

  constructor(store: ChatStore, host: Host, chat: ChatRecord) {
    this.#store = store;
    this.#host = host;
    this.chat = chat;
  }

  /**
   * Reads what is stored, where it is newer: another window may have written. Messages that a closed
   * page left unfinished are marked as cut off. False where the chat is gone.
   */
  async refresh(): Promise<boolean> {
    const chat = await this.#store.get(this.chat.id);
    if (!chat || chat.deletedAt !== undefined) return false;
    if (this.writing) return true;
    const known = this.saved && chat.updatedAt === this.chat.updatedAt;
    if (!known) await this.#load();
    if (!this.writing) this.chat = chat;
    return true;
  }

  async #load(): Promise<void> {
    const messages = await this.#store.messages(this.chat.id);
    const open = messages.some(({ state }) => state === 'streaming');
    const held = open ? await heldLocks() : [];
    if (this.writing) return;
    this.#all = messages.map((message) =>
      message.state === 'streaming' && !held.includes(lockOf(message.id))
        ? { ...message, state: 'cut' as const }
        : message,
    );
  }

  get saved(): boolean {
    return this.#all.length > 0;
  }

  get writing(): boolean {
    return this.lives.length > 0;
  }

  liveOf(messageId: string): LiveAnswer | undefined {
    return this.lives.find((live) => live.messageId === messageId);
  }

  variants(message: MessageRecord): readonly MessageRecord[] {
    return variantsOf(this.#all, message);
  }

  /** Sends what was typed, at the end of the branch. */
  async send(content: string): Promise<void> {
    const last = firstUsable(this.comparison) ?? this.branch.at(-1);
    await this.#ask(content, last?.id);
  }

  /** Asks the next questions of this model, too, or no more. One too many is left out. */
  toggleCompared(model: string): void {
    if (this.compareWith.includes(model)) {
      this.compareWith = this.compareWith.filter((other) => other !== model);
    } else if (model !== this.chat.model && this.compareWith.length + 1 < MOST_COMPARED) {
      this.compareWith = [...this.compareWith, model];
    }
  }

  /** Goes on with one of the answers that stand side by side; the others stay as its variants. */
  async keep(message: MessageRecord): Promise<void> {
    if (this.writing) return;
    const kept = this.variants(message).map((variant) => ({ ...variant, compared: undefined }));
    for (const variant of kept) this.#put(variant);
    this.chat = { ...this.chat, leafId: message.id };
    await this.#store.change(this.chat.id, { leafId: message.id }, kept);
    this.#host.publish({ topic: 'chats' });
  }

  /** The edited words stand beside the old ones, as another branch. */
  async edit(message: MessageRecord, content: string): Promise<void> {
    await this.#ask(content, message.parentId);
  }

  /** Asks once more. An answer that has words stays as a variant. */
  async retry(message: MessageRecord): Promise<void> {
    if (this.writing) return;
    const empty = message.content === '' && message.state !== 'done';
    const { id, createdAt } = message;
    const again = this.#newMessage('assistant', '', message.parentId, 'streaming');
    // In its column the same model is asked again; elsewhere it is the chat's.
    if (this.comparison.includes(message)) again.compared = message.compared;
    await this.#answer([empty ? { ...again, id, createdAt } : again]);
  }

  /** Goes on in the same message where it was stopped or cut off. */
  async continue(message: MessageRecord): Promise<void> {
    if (this.writing) return;
    await this.#answer([{ ...message, state: 'streaming', error: undefined }], { continues: true });
  }

  /** Stops every answer that is being written. */
  stop(): void {
    for (const live of this.lives) live.stop();
  }

  async choose(variant: MessageRecord): Promise<void> {
    if (this.writing) return;
    await this.change({ leafId: newestLeaf(this.#all, variant.id) });
  }

  /** Changes the chat itself; written where it is already stored. */
  async change(change: Partial<Omit<ChatRecord, 'id'>>): Promise<void> {
    this.chat = { ...this.chat, ...change };
    this.compareWith = this.compareWith.filter((model) => model !== this.chat.model);
    if (!this.saved) return;
    await this.#store.change(this.chat.id, change);
    this.#host.publish({ topic: 'chats' });
  }

  async #ask(content: string, parentId: string | undefined): Promise<void> {
    if (this.writing) return;
    const question = this.#newMessage('user', content, parentId, 'done');
    const first = !this.saved;
    if (first) this.chat = { ...this.chat, title: toTitle(content) };
    this.#all = [...this.#all, question];
    if (first) void this.#host.keepStorage();
    const models = [this.chat.model, ...this.compareWith];
    const answers = models.map((model, column) => {
      const answer = this.#newMessage('assistant', '', question.id, 'streaming');
      if (models.length > 1) answer.compared = { column, model };
      this.#put(answer);
      return answer;
    });
    await this.#answer(answers, { question, first });
  }

  #newMessage(
    role: MessageRecord['role'],
    content: string,
    parentId: string | undefined,
    state: MessageRecord['state'],
  ): MessageRecord {
    // Two messages of one moment keep their order.
    const createdAt = Math.max(Date.now(), (this.#all.at(-1)?.createdAt ?? 0) + 1);
    const id = crypto.randomUUID();
    return { id, chatId: this.chat.id, parentId, role, content, state, createdAt };
  }

  /** Asks for all of these answers at once, each of its own model; returns when all have ended. */
  async #answer(
    messages: readonly MessageRecord[],
    {
      continues = false,
      first = false,
      question,
    }: { continues?: boolean; first?: boolean; question?: MessageRecord } = {},
  ): Promise<void> {
    const asked = messages.map((message) => {
      const model = message.compared?.model ?? this.chat.model;
      this.#put({ ...message, model: continues ? message.model : model });
      return { model, live: new LiveAnswer(message.id, message.content, message.reasoning) };
    });
    this.lives = asked.map(({ live }) => live);
    this.chat = { ...this.chat, leafId: messages[0]?.id, updatedAt: Date.now() };
    let written: Promise<void> | undefined;
    const begin = () =>
      (written ??= this.#begin(
        [question, ...messages.map(({ id }) => this.#find(id))].filter(
          (found) => found !== undefined,
        ),
        first,
      ));
    await Promise.all(asked.map(({ model, live }) => this.#write(model, live, continues, begin)));
  }

  async #write(
    model: string,
    live: LiveAnswer,
    continues: boolean,
    begin: () => Promise<void>,
  ): Promise<void> {
    const { messageId: id, signal } = live;
    const turns = this.#turns(id, continues);
    const work = beginWork();
    const keep = setInterval(() => void this.#keep(id, live, 'streaming'), KEEP_EVERY_MS);
    let outcome: Pick<MessageRecord, 'state' | 'error'> = { state: 'done' };
    try {
      await navigator.locks.request(lockOf(id), async () => {
        const written = begin();
        await this.#host.ready();
        this.#host.announce('Answer started');
        await streamAnswer({ model, messages: turns }, eventsOf(live), signal);
        await written;
      });
    } catch (error) {
      outcome = signal.aborted ? { state: 'stopped' } : toOutcome(error, live);
    } finally {
      clearInterval(keep);
      await this.#finish(id, live, outcome);
      work();
    }
  }

  /** Only what changes is written: a title or a draft may be newer in the store than here. */
  async #begin(messages: readonly MessageRecord[], first: boolean): Promise<void> {
    const { id, leafId, updatedAt, model } = this.chat;
    if (first) await this.#store.save(this.chat, messages);
    else await this.#store.change(id, { leafId, updatedAt, model }, messages);
    this.#host.publish({ topic: 'chats' });
  }

  async #finish(
    id: string,
    live: LiveAnswer,
    { state, error }: Pick<MessageRecord, 'state' | 'error'>,
  ): Promise<void> {
    const message = this.#find(id);
    if (message) this.#put({ ...live.toMessage(message, state), error });
    this.lives = this.lives.filter((other) => other !== live);
    const words = this.#find(id)?.content.match(/\S+/g)?.length ?? 0;
    // Of several answers each says whose it is.
    const whose = message?.compared ? `${message.compared.model}: ` : '';
    const outcome = error
      ? `No whole answer. ${error.message}`
      : state === 'stopped'
        ? 'Stopped'
        : `Answer finished, ${words} words`;
    this.#host.announce(whose + outcome);
    try {
      const last = this.#find(id);
      const updatedAt = Date.now();
      this.chat = { ...this.chat, updatedAt };
      if (last) await this.#store.change(this.chat.id, { updatedAt }, [last]);
      this.#host.publish({ topic: 'chats' });
    } catch {
      this.#host.announce('The answer could not be saved: the disk is full or closed.');
    }
  }

  async #keep(id: string, live: LiveAnswer, state: MessageRecord['state']): Promise<void> {
    const message = this.#find(id);
    // The next second tries again, and the end says so.
    if (message) await this.#store.keep(live.toMessage(message, state)).catch(() => undefined);
  }

  #find(id: string): MessageRecord | undefined {
    return this.#all.find((message) => message.id === id);
  }

  #put(message: MessageRecord): void {
    const known = this.#all.some(({ id }) => id === message.id);
    this.#all = known
      ? this.#all.map((old) => (old.id === message.id ? message : old))
      : [...this.#all, message];
  }

  #turns(messageId: string, continues: boolean): Turn[] {
    const branch = toBranch(this.#all, messageId);
    const turns: Turn[] = (continues ? branch : branch.slice(0, -1))
      .filter(({ content }) => content !== '')
      .map(({ role, content }) => ({ role, content }));
    const { systemPrompt } = this.chat;
    if (systemPrompt) turns.unshift({ role: 'system', content: systemPrompt });
    if (continues) turns.push({ role: 'user', content: CONTINUE });
    return turns;
  }
}

function eventsOf(live: LiveAnswer) {
  return {
    onHead: ({ provider, model }: { provider?: string; model?: string }) => {
      live.provider = provider;
      live.model = model;
    },
    onText: (text: string) => live.addText(text),
    onReasoning: (text: string) => live.addReasoning(text),
    onToolCall: (index: number, call: object) => live.addToolCall(index, call),
    onUsage: (usage: MessageRecord['usage']) => {
      live.usage = usage;
    },
  };
}

function toOutcome(error: unknown, live: LiveAnswer): Pick<MessageRecord, 'state' | 'error'> {
  const known = error instanceof AnswerError ? error : undefined;
  const code = known?.code ?? 'internal_error';
  const message =
    known?.message ?? 'The answer could not be read or saved. Reload this page and try again.';
  const begun = live.firstContentMs !== undefined;
  return {
    state: begun && code === 'upstream_truncated' ? 'cut' : 'error',
    error: { code, message },
  };
}

async function heldLocks(): Promise<(string | undefined)[]> {
  const { held = [] } = await navigator.locks.query();
  return held.map(({ name }) => name);
}
