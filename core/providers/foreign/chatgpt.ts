/** ChatGPT's `conversations.json`, from its export of all data. */
import type { BundleChat, BundleMessage } from '../../vault/bundle-schema.ts';
import {
  createNotes,
  fieldOf,
  isFields,
  listOf,
  numberOf,
  textOf,
  toForeign,
  type Foreign,
} from './foreign.ts';

/** Its ids are kept behind this, so that the same file again adds nothing. */
const PREFIX = 'chatgpt-';

/** Undefined where it is something else. */
export function fromChatgpt(input: unknown, now: number): Foreign | undefined {
  const conversations = listOf(Array.isArray(input) ? input : fieldOf(input, 'conversations'));
  if (!conversations.some((one) => isFields(fieldOf(one, 'mapping')))) return undefined;
  const notes = createNotes();
  const chats = conversations.flatMap((one) => toChat(one, now, notes.add) ?? []);
  return toForeign('chats of ChatGPT', { chats }, notes.list());
}

function toChat(one: unknown, now: number, note: (text: string) => void): BundleChat | undefined {
  const mapping = fieldOf(one, 'mapping');
  const id = textOf(one, 'conversation_id') ?? textOf(one, 'id');
  if (!isFields(mapping) || !id) {
    note('A conversation without its messages is left out');
    return undefined;
  }
  const createdAt = toTime(numberOf(one, 'create_time')) ?? now;
  const messages = new Map<string, BundleMessage>();
  /** Nodes that are not taken lead to the next one above that is. */
  const above = new Map<string, string | undefined>();
  for (const name of inOrder(mapping)) {
    const node = mapping[name];
    const parent = textOf(node, 'parent');
    const parentId = parent === undefined ? undefined : above.get(parent);
    const message = toMessage(fieldOf(node, 'message'), note);
    above.set(name, message ? name : parentId);
    if (!message) continue;
    const parentTime = messages.get(parentId ?? '')?.createdAt ?? createdAt - 1;
    messages.set(name, {
      ...message,
      id: PREFIX + name,
      ...(parentId !== undefined && { parentId: PREFIX + parentId }),
      createdAt: Math.max(message.createdAt ?? 0, parentTime + 1),
    });
  }
  if (messages.size === 0) return undefined;
  const leaf = above.get(textOf(one, 'current_node') ?? '') ?? [...messages.keys()].at(-1);
  return {
    id: PREFIX + id,
    title: (textOf(one, 'title') ?? 'Chat').slice(0, 200),
    createdAt,
    updatedAt: toTime(numberOf(one, 'update_time')) ?? createdAt,
    // Its models may not be there to go on with.
    model: 'auto',
    ...(leaf !== undefined && { leafId: PREFIX + leaf }),
    messages: [...messages.values()],
  };
}

/** From the roots down, so that a message comes after the one before it; a circle has no root. */
function inOrder(mapping: Readonly<Record<string, unknown>>): string[] {
  const children = new Map<string, string[]>();
  const open: string[] = [];
  for (const name of Object.keys(mapping)) {
    const parent = textOf(mapping[name], 'parent');
    if (parent === undefined || !Object.hasOwn(mapping, parent)) open.push(name);
    else children.set(parent, [...(children.get(parent) ?? []), name]);
  }
  const order: string[] = [];
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    order.push(name);
    open.push(...(children.get(name) ?? []));
  }
  return order;
}

function toMessage(
  message: unknown,
  note: (text: string) => void,
): (Omit<BundleMessage, 'id' | 'createdAt'> & { createdAt?: number }) | undefined {
  const role = textOf(fieldOf(message, 'author'), 'role');
  const metadata = fieldOf(message, 'metadata');
  if (role !== 'user' && role !== 'assistant') return undefined;
  if (fieldOf(metadata, 'is_visually_hidden_from_conversation') === true) return undefined;
  const content = fieldOf(message, 'content');
  const kind = textOf(content, 'content_type');
  if (kind !== 'text' && kind !== 'multimodal_text' && kind !== 'code') return undefined;
  const parts = kind === 'code' ? [fieldOf(content, 'text')] : listOf(fieldOf(content, 'parts'));
  const texts = parts.filter((part): part is string => typeof part === 'string');
  if (texts.length < parts.length)
    note('A picture, sound or file is not in the export, and is left out');
  const words = texts.join('\n').trim();
  if (words === '') return undefined;
  const model = textOf(metadata, 'model_slug');
  return {
    role,
    content: kind === 'code' ? `\`\`\`\n${words}\n\`\`\`` : words,
    state: 'done',
    ...(role === 'assistant' && model && { model }),
    createdAt: toTime(numberOf(message, 'create_time')),
  };
}

/** Seconds with a fraction, as milliseconds. */
function toTime(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds > 0 && seconds < 8.64e12
    ? Math.round(seconds * 1000)
    : undefined;
}
