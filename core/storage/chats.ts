import { openDatabase, type GatehouseDatabase } from './database.ts';
import type { ChatRecord, MessageRecord } from './records.ts';

/** The chats of this host. They stay on this computer; what is deleted stays in the trash for 30 days. */
export interface ChatStore {
  /** Newest first, without the trash. */
  list(): Promise<ChatRecord[]>;
  /** Last deleted first. */
  listTrash(): Promise<ChatRecord[]>;
  get(id: string): Promise<ChatRecord | undefined>;
  /** All branches, oldest first. */
  messages(chatId: string): Promise<MessageRecord[]>;
  /** Writes new or changed messages of a chat, and what changes on the chat with them, or none of it. */
  save(chat: ChatRecord, messages?: readonly MessageRecord[]): Promise<void>;
  /** Changes a chat, and writes messages with it, or none of it. Undefined where the chat is gone. */
  change(
    id: string,
    change: Partial<Omit<ChatRecord, 'id'>>,
    messages?: readonly MessageRecord[],
  ): Promise<ChatRecord | undefined>;
  /** Writes one message of a chat that is there: what streams in is kept each second. */
  keep(message: MessageRecord): Promise<void>;
  /** Takes a chat and its messages away for good. */
  erase(id: string): Promise<void>;
  /** Erases what lies in the trash for longer than 30 days. */
  emptyOldTrash(now: number): Promise<void>;
  /** What was typed into a chat that does not exist yet. */
  newDraft(): Promise<string>;
  saveNewDraft(text: string): Promise<void>;
}

export const TRASH_DAYS = 30;
const NEW_DRAFT = 'draft-of-a-new-chat';

export function createChatStore(open: () => Promise<GatehouseDatabase> = openDatabase): ChatStore {
  const all = async () => {
    const database = await open();
    return (await database.getAllFromIndex('chats', 'updatedAt')).reverse();
  };
  const store: ChatStore = {
    list: async () => (await all()).filter(({ deletedAt }) => deletedAt === undefined),
    async listTrash() {
      const deleted = (await all()).filter(({ deletedAt }) => deletedAt !== undefined);
      return deleted.sort((a, b) => (b.deletedAt ?? 0) - (a.deletedAt ?? 0));
    },
    get: async (id) => (await open()).get('chats', id),
    messages: async (chatId) => (await open()).getAllFromIndex('messages', 'chat', ofChat(chatId)),

    async save(chat, messages = []) {
      const transaction = (await open()).transaction(['chats', 'messages'], 'readwrite');
      const writes = messages.map((message) => transaction.objectStore('messages').put(message));
      await Promise.all([transaction.objectStore('chats').put(chat), ...writes, transaction.done]);
    },

    async change(id, change, messages = []) {
      const transaction = (await open()).transaction(['chats', 'messages'], 'readwrite');
      const chat = await transaction.objectStore('chats').get(id);
      const changed = chat && { ...chat, ...change };
      // The chat may have been erased in another window: then nothing of it comes back.
      if (changed) {
        const writes = messages.map((message) => transaction.objectStore('messages').put(message));
        await Promise.all([transaction.objectStore('chats').put(changed), ...writes]);
      }
      await transaction.done;
      return changed;
    },

    keep: async (message) => void (await store.change(message.chatId, {}, [message])),

    async erase(id) {
      const transaction = (await open()).transaction(['chats', 'messages'], 'readwrite');
      const messages = transaction.objectStore('messages');
      const keys = await messages.index('chat').getAllKeys(ofChat(id));
      await Promise.all([
        transaction.objectStore('chats').delete(id),
        ...keys.map((key) => messages.delete(key)),
        transaction.done,
      ]);
    },

    async emptyOldTrash(now) {
      const oldest = now - TRASH_DAYS * 24 * 60 * 60 * 1000;
      for (const { id, deletedAt } of await store.listTrash()) {
        if (deletedAt !== undefined && deletedAt < oldest) await store.erase(id);
      }
    },

    async newDraft() {
      const draft = await (await open()).get('state', NEW_DRAFT);
      return typeof draft === 'string' ? draft : '';
    },
    async saveNewDraft(text) {
      await (await open()).put('state', text, NEW_DRAFT);
    },
  };
  return store;
}

function ofChat(chatId: string): IDBKeyRange {
  return IDBKeyRange.bound([chatId, -Infinity], [chatId, Infinity]);
}

const TITLE_LENGTH = 60;

/** A chat is called by its first words, without the marks of markdown. */
export function toTitle(text: string): string {
  const line = text.split('\n').find((candidate) => /[\p{L}\p{N}]/u.test(candidate)) ?? text;
  const words = line
    .replace(/[`*_#>~[\]]+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  if (words.length <= TITLE_LENGTH) return words || 'New chat';
  const cut = words.slice(0, TITLE_LENGTH + 1);
  const end = cut.lastIndexOf(' ');
  return `${cut.slice(0, end > TITLE_LENGTH / 2 ? end : TITLE_LENGTH)}…`;
}
