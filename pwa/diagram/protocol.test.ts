import { expect, test } from 'vitest';
import { toDiagramAnswer } from './protocol.ts';

test.each([
  [{ height: 120 }, { height: 120 }],
  [{ height: 0, more: 'x' }, { height: 0 }],
  [{ problem: 'Parse error' }, { problem: 'Parse error' }],
  [{ unavailable: true }, { unavailable: true }],
])('the frame may say %j', (said, understood) => {
  expect(toDiagramAnswer(said)).toEqual(understood);
});

test.each([
  null,
  'height',
  12,
  [],
  {},
  { height: -1 },
  { height: Number.NaN },
  { height: Infinity },
  { height: 1e9 },
  { height: '12' },
  { problem: { toString: 'x' } },
  { unavailable: 'yes' },
])('%j is not believed', (said) => {
  expect(toDiagramAnswer(said)).toBeUndefined();
});

test('a long problem is cut', () => {
  expect(toDiagramAnswer({ problem: 'x'.repeat(1e6) })).toEqual({ problem: 'x'.repeat(600) });
});
