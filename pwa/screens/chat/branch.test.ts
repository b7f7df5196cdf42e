import { describe, expect, test } from 'vitest';
import type { MessageRecord } from '../../../core/index.ts';
import { newestLeaf, toBranch, variantsOf } from './branch.ts';

const message = (id: string, parentId?: string): MessageRecord => ({
  id,
  parentId,
  chatId: 'c',
  role: id.startsWith('q') ? 'user' : 'assistant',
  content: id,
  state: 'done',
  createdAt: 0,
});

/** q1 has two answers; the second was asked on twice. */
const tree = [
  message('q1'),
  message('a1', 'q1'),
  message('a2', 'q1'),
  message('q2', 'a2'),
  message('a3', 'q2'),
  message('q3', 'a2'),
];
const ids = (messages: MessageRecord[]) => messages.map(({ id }) => id);

describe('a branch', () => {
  test('goes from the first message to its leaf', () => {
    expect(ids(toBranch(tree, 'a3'))).toEqual(['q1', 'a2', 'q2', 'a3']);
    expect(ids(toBranch(tree, 'a1'))).toEqual(['q1', 'a1']);
  });

  test('is the newest one where no leaf is named, and empty where its leaf is gone', () => {
    expect(ids(toBranch(tree, undefined))).toEqual(['q1', 'a2', 'q3']);
    expect(toBranch(tree, 'gone')).toEqual([]);
    expect(toBranch([], undefined)).toEqual([]);
  });

  test('ends in a tree that runs in a circle', () => {
    expect(ids(toBranch([message('q1', 'a1'), message('a1', 'q1')], 'a1'))).toEqual(['q1', 'a1']);
  });

  test('knows what was said in the same place', () => {
    const [q1, a1] = tree;
    if (!q1 || !a1) throw new Error('no tree');
    expect(ids(variantsOf(tree, a1))).toEqual(['a1', 'a2']);
    expect(ids(variantsOf(tree, q1))).toEqual(['q1']);
  });

  test('leads from a variant to its newest end', () => {
    expect(newestLeaf(tree, 'a2')).toBe('q3');
    expect(newestLeaf(tree, 'a1')).toBe('a1');
  });
});
