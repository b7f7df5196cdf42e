/**
 * What an import would do to the chats. Unlike the rest it is planned inside of the transaction that
 * writes: a history is too large to be read twice, and nothing of it has to be encrypted first.
 */
import type { GatehouseDatabase } from '../storage/database.ts';
import type { ChatRecord, MessageRecord } from '../storage/records.ts';
import type { WriteTransaction } from '../storage/transaction.ts';
import { emptyDiff, isEqual, type ImportMode, type SectionDiff } from './bundle-plan.ts';
import type { BundleChat, BundleMessage } from './bundle-schema.ts';

/** A transaction over both stores, also one that only reads. */
interface Reading {
  objectStore(name: 'chats'): {
    get(id: string): Promise<ChatRecord | undefined>;
    getAll(): Promise<ChatRecord[]>;
  };
  objectStore(name: 'messages'): {
    get(id: string): Promise<MessageRecord | undefined>;
    index(name: 'chat'): { getAll(range: IDBKeyRange): Promise<MessageRecord[]> };
  };
}

export interface ChatsPlan {
  chats: ChatRecord[];
  messages: MessageRecord[];
  removeChats: string[];
  removeMessages: string[];
  diff: SectionDiff;
  /** Chats that are here and would change, by their place in the bundle. */
  conflicts: number[];
}

const ofChat = (id: string) => IDBKeyRange.bound([id, -Infinity], [id, Infinity]);

/** All chats with their messages, oldest first. Those in the trash too. */
export async function readChats(transaction: Reading): Promise<BundleChat[]> {
  const chats = await transaction.objectStore('chats').getAll();
  const index = transaction.objectStore('messages').index('chat');
  const messages = await Promise.all(chats.map(({ id }) => index.getAll(ofChat(id))));
  return chats
    .map((chat, at) => toBundleChat(chat, messages[at] ?? []))
    .sort((one, other) => one.createdAt - other.createdAt);
}

/** The same, one after the other, each as it is when its turn comes. In no order. */
export async function* eachChat(
  openDatabase: () => Promise<GatehouseDatabase>,
): AsyncGenerator<BundleChat> {
  for (const id of await (await openDatabase()).getAllKeys('chats')) {
    const transaction = (await openDatabase()).transaction(['chats', 'messages']);
    const [chat, messages] = await Promise.all([
      transaction.objectStore('chats').get(id),
      transaction.objectStore('messages').index('chat').getAll(ofChat(id)),
    ]);
    if (chat) yield toBundleChat(chat, messages);
  }
}

function toBundleChat(chat: ChatRecord, messages: readonly MessageRecord[]): BundleChat {
  const kept = { ...chat };
  delete kept.draft;
  return {
    ...kept,
    messages: messages.map(({ chatId: _chatId, ...message }) => message),
  };
}

/**
 * Merging adds the chats and messages that are not here. Where both sides have a chat, the one that
 * was changed last has its say on what differs, and no message of the other goes away. Replacing
 * leaves the bundle's chats and nothing else.
 */
export async function planChats(
  transaction: Reading,
  bundle: readonly BundleChat[],
  mode: ImportMode,
): Promise<ChatsPlan> {
  const plan: ChatsPlan = {
    chats: [],
    messages: [],
    removeChats: [],
    removeMessages: [],
    diff: emptyDiff(),
    conflicts: [],
  };
  const chatIds = new Set<string>();
  const messageIds = new Set<string>();
  for (const [at, chat] of bundle.entries()) {
    if (chatIds.has(chat.id))
      plan.diff.errors.push({ path: `chats[${at}].id`, message: 'it is in the bundle twice' });
    chatIds.add(chat.id);
    for (const [index, { id }] of chat.messages.entries()) {
      if (messageIds.has(id))
        plan.diff.errors.push({
          path: `chats[${at}].messages[${index}].id`,
          message: 'it is in the bundle twice',
        });
      messageIds.add(id);
    }
    await planChat(transaction, chat, at, mode, plan);
  }
  if (mode === 'replace') {
    const gone = (await transaction.objectStore('chats').getAll()).filter(
      ({ id }) => !chatIds.has(id),
    );
    const index = transaction.objectStore('messages').index('chat');
    for (const { id, title } of gone) {
      plan.diff.remove.push(title);
      plan.removeChats.push(id);
      plan.removeMessages.push(...(await index.getAll(ofChat(id))).map((message) => message.id));
    }
  }
  return plan;
}

async function planChat(
  transaction: Reading,
  { messages, ...incoming }: BundleChat,
  at: number,
  mode: ImportMode,
  plan: ChatsPlan,
): Promise<void> {
  const { diff } = plan;
  const stored = await transaction.objectStore('chats').get(incoming.id);
  const store = transaction.objectStore('messages');
  const known = await Promise.all(messages.map(({ id }) => store.get(id)));
  known.forEach((message, index) => {
    // A message of another chat would be pulled out of it.
    if (message && message.chatId !== incoming.id)
      diff.errors.push({
        path: `chats[${at}].messages[${index}].id`,
        message: 'a message of another chat has it',
      });
  });
  const isNewer = mode === 'replace' || !stored || incoming.updatedAt > stored.updatedAt;
  const changed = messages
    .map((message) => toRecord(message, incoming.id))
    .filter((message, index) => {
      const before = known[index];
      return !before || (isNewer && !isEqual(before, message));
    });
  const draft = stored?.draft;
  const next = {
    ...(mode === 'merge' ? stored : undefined),
    ...(isNewer ? incoming : stored),
    ...(draft !== undefined && { draft }),
  } as ChatRecord;
  const removed =
    mode === 'replace' && stored
      ? (await store.index('chat').getAll(ofChat(incoming.id))).filter(
          ({ id }) => !messages.some((message) => message.id === id),
        )
      : [];
  if (!stored) diff.add.push(incoming.title);
  else if (changed.length + removed.length === 0 && isEqual(stored, next)) {
    diff.unchanged.push(incoming.title);
    return;
  } else {
    diff.overwrite.push(incoming.title);
    plan.conflicts.push(at);
  }
  plan.chats.push(next);
  plan.messages.push(...changed);
  plan.removeMessages.push(...removed.map(({ id }) => id));
}

const toRecord = (message: BundleMessage, chatId: string): MessageRecord => ({
  ...message,
  chatId,
});

export function writeChats(
  transaction: WriteTransaction<'chats' | 'messages'>,
  { chats, messages, removeChats, removeMessages }: ChatsPlan,
): Promise<unknown>[] {
  const chatStore = transaction.objectStore('chats');
  const messageStore = transaction.objectStore('messages');
  return [
    ...removeChats.map((id) => chatStore.delete(id)),
    ...removeMessages.map((id) => messageStore.delete(id)),
    ...chats.map((chat) => chatStore.put(chat)),
    ...messages.map((message) => messageStore.put(message)),
  ];
}
