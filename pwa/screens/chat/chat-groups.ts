import type { ChatRecord } from '../../../core/index.ts';
import { toAge } from './words.ts';

export interface ChatGroup {
  readonly name: string;
  readonly chats: readonly ChatRecord[];
}

export function inOneGroup(name: string, chats: readonly ChatRecord[]): ChatGroup[] {
  return chats.length > 0 ? [{ name, chats }] : [];
}

/** Pinned ones first, the others by age; inside a group the order stays. */
export function toGroups(chats: readonly ChatRecord[], now = Date.now()): ChatGroup[] {
  const groups = new Map<string, ChatRecord[]>();
  const add = (name: string, chat: ChatRecord) => {
    const group = groups.get(name);
    if (group) group.push(chat);
    else groups.set(name, [chat]);
  };
  for (const chat of chats) if (chat.pinned) add('Pinned', chat);
  for (const chat of chats) if (!chat.pinned) add(toAge(chat.updatedAt, now), chat);
  return [...groups].map(([name, members]) => ({ name, chats: members }));
}
