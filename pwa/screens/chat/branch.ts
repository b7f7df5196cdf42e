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

/**
 * The answers that stand side by side at the end of a branch, one a column: its newest. Empty where
 * only one model was asked, and once one of them was gone on from.
 */
export function toComparison(
  messages: readonly MessageRecord[],
  leaf: MessageRecord | undefined,
): MessageRecord[] {
  if (!leaf?.compared) return [];
  const columns = new Map<number, MessageRecord>();
  for (const variant of variantsOf(messages, leaf)) {
    if (messages.some(({ parentId }) => parentId === variant.id)) return [];
    if (variant.compared) columns.set(variant.compared.column, variant);
  }
  if (columns.size < 2) return [];
  return [...columns].sort(([a], [b]) => a - b).map(([, message]) => message);
}

/** Which of them is gone on from where none was chosen: the first that is whole, else has words. */
export function firstUsable(comparison: readonly MessageRecord[]): MessageRecord | undefined {
  return (
    comparison.find(({ state, content }) => state === 'done' && content !== '') ??
    comparison.find(({ content }) => content !== '') ??
    comparison[0]
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
