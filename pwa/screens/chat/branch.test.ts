import { describe, expect, test } from 'vitest';
import type { MessageRecord } from '../../../core/index.ts';
import { firstUsable, newestLeaf, toBranch, toComparison, variantsOf } from './branch.ts';

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

describe('answers side by side', () => {
  const column = (id: string, place: number, change: Partial<MessageRecord> = {}) => ({
    ...message(id, 'q1'),
    compared: { column: place, model: `m${place}` },
    ...change,
  });
  const asked = [message('q1'), column('a0', 0), column('a1', 1), column('a2', 2)];
  const at = (messages: MessageRecord[], id: string) =>
    ids(
      toComparison(
        messages,
        messages.find((each) => each.id === id),
      ),
    );

  test('are those of one question, whichever of them is the leaf', () => {
    expect(at(asked, 'a0')).toEqual(['a0', 'a1', 'a2']);
    expect(at(asked, 'a2')).toEqual(['a0', 'a1', 'a2']);
  });

  test('keep their columns when one was asked for again, which shows its newest', () => {
    expect(at([...asked, column('a0again', 0)], 'a0again')).toEqual(['a0again', 'a1', 'a2']);
  });

  test('are none once one of them was gone on from, at whichever leaf', () => {
    const on = [...asked, message('q2', 'a1'), message('a3', 'q2')];
    expect(at(on, 'a3')).toEqual([]);
    expect(at(on, 'a0')).toEqual([]);
  });

  test('are none where one was kept, where only one is left, and for plain variants', () => {
    expect(at([message('q1'), message('a0', 'q1'), message('a1', 'q1')], 'a0')).toEqual([]);
    expect(at([message('q1'), column('a0', 0)], 'a0')).toEqual([]);
    expect(toComparison([], undefined)).toEqual([]);
  });

  test.each([
    ['the first whole one', ['error', 'done', 'done'], 'a1'],
    ['the first with words, where none is whole', ['error', 'stopped', 'cut'], 'a1'],
    ['the first, where none has words', ['error', 'error', 'error'], 'a0'],
  ] as const)('are gone on from at %s', (_, states, expected) => {
    const answers = states.map((state, place) =>
      column(`a${place}`, place, { state, content: state === 'error' ? '' : 'words' }),
    );
    expect(firstUsable(answers)?.id).toBe(expected);
  });
});
