import type { ChatStore } from '../../../core/index.ts';
import { Conversation } from './conversation.svelte.ts';

/** The chat that is shown, and those whose answer goes on meanwhile: who comes back finds it. */
const open = new Map<string, Conversation>();

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
  const known = open.get(id);
  if (known) return (await known.refresh()) ? known : undefined;
  const chat = await store.get(id);
  if (!chat) return undefined;
  const conversation = remember(new Conversation(store, host, chat));
  return (await conversation.refresh()) ? conversation : undefined;
}

function remember(conversation: Conversation): Conversation {
  for (const [id, { writing }] of open) if (!writing) open.delete(id);
  open.set(conversation.chat.id, conversation);
  return conversation;
}
