import type { ChatStore } from '../../../core/index.ts';
import { Conversation } from './conversation.svelte.ts';

/** An answer goes on while its chat is not shown; who comes back finds it. */
const streaming = new Map<string, Conversation>();

type Host = ConstructorParameters<typeof Conversation>[1];

export function newConversation(store: ChatStore, host: Host, model: string): Conversation {
  const now = Date.now();
  return remember(
    new Conversation(store, host, {
      id: crypto.randomUUID(),
      title: 'New chat',
      createdAt: now,
      updatedAt: now,
      model,
    }),
  );
}

/** Undefined where there is no such chat, or where it lies in the trash. */
export async function openConversation(
  store: ChatStore,
  host: Host,
  id: string,
): Promise<Conversation | undefined> {
  const open = streaming.get(id);
  if (open?.live) return open;
  const chat = await store.get(id);
  if (!chat || chat.deletedAt !== undefined) return undefined;
  const conversation = remember(new Conversation(store, host, chat));
  await conversation.load();
  return conversation;
}

function remember(conversation: Conversation): Conversation {
  for (const [id, { live }] of streaming) if (!live) streaming.delete(id);
  streaming.set(conversation.chat.id, conversation);
  return conversation;
}
