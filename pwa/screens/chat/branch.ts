import type { MessageRecord } from '../../../core/index.ts';

/** From the first message to the leaf: what is shown of the tree, and sent. */
export function toBranch(
  messages: readonly MessageRecord[],
  leafId: string | undefined,
): MessageRecord[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const branch: MessageRecord[] = [];
  let next = leafId === undefined ? messages.at(-1) : byId.get(leafId);
  // A damaged tree must not hold the screen in a circle.
  while (next && byId.delete(next.id)) {
    branch.push(next);
    next = next.parentId === undefined ? undefined : byId.get(next.parentId);
  }
  return branch.reverse();
}

/** A message and what was said in its place, oldest first. */
export function variantsOf(
  messages: readonly MessageRecord[],
  message: MessageRecord,
): MessageRecord[] {
  return messages.filter(
    ({ parentId, role }) => parentId === message.parentId && role === message.role,
  );
}

/** Where one comes to who follows the newest answer from here on. */
export function newestLeaf(messages: readonly MessageRecord[], from: string): string {
  let leaf = from;
  for (let step = 0; step < messages.length; step += 1) {
    const next = messages.findLast(({ parentId }) => parentId === leaf);
    if (!next) break;
    leaf = next.id;
  }
  return leaf;
}
