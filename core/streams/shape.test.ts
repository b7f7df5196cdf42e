import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toShape, wordsOf, type Variable } from './shape.ts';

const variable: Variable = { words: new Set(['content']), padding: new Set(['n', 'pad']) };

function shapeOf(json: string, words: string) {
  return toShape(json, JSON.parse(json) as object, words, variable);
}

describe('a shape', () => {
  const json = '{"id":"a","n":7,"delta":{"content":"one"},"pad":"xyz"}';

  it('fits what differs in words and padding alone, and gives them back', () => {
    const shape = shapeOf(json, 'one')!;
    const values = shape.match('{"id":"a","n":123,"delta":{"content":"t\\"wo"},"pad":""}')!;
    expect(values).toEqual(['123', 't\\"wo', '']);
    expect(wordsOf(values[shape.wordsAt]!)).toBe('t"wo');
    expect(shape.fill(values)).toBe('{"id":"a","n":123,"delta":{"content":"t\\"wo"},"pad":""}');
  });

  it.each([
    ['another value', '{"id":"b","n":7,"delta":{"content":"one"},"pad":"xyz"}'],
    ['a field more', '{"id":"a","n":7,"delta":{"content":"one","x":1},"pad":"xyz"}'],
    ['a field after the end', '{"id":"a","n":7,"delta":{"content":"one"},"pad":"xyz","error":{}}'],
    ['a field less', '{"id":"a","n":7,"delta":{"content":"one"}}'],
    ['no words', '{"id":"a","n":7,"delta":{"content":""},"pad":"xyz"}'],
    ['words that are null', '{"id":"a","n":7,"delta":{"content":null},"pad":"xyz"}'],
    ['words that do not end', '{"id":"a","n":7,"delta":{"content":"one\\"},"pad":"xyz"}'],
    ['a broken line', '{"id":"a","n":7,"delta":{"content":"o\nne"},"pad":"xyz"}'],
    ['a number that is no count', '{"id":"a","n":07,"delta":{"content":"one"},"pad":"xyz"}'],
    ['no number', '{"id":"a","n":,"delta":{"content":"one"},"pad":"xyz"}'],
    ['padding with an escape', '{"id":"a","n":7,"delta":{"content":"one"},"pad":"x\\z"}'],
    ['two objects', `${json}${json}`],
    ['nothing', ''],
  ])('does not fit %s', (_title, other) => {
    expect(shapeOf(json, 'one')!.match(other)).toBeUndefined();
  });

  it('takes words that stand twice for one, and fits only where they are the same', () => {
    const twice = (a: string, b: string) => `{"content":"${a}","details":[{"content":"${b}"}]}`;
    const shape = shapeOf(twice('one', 'one'), 'one')!;
    expect(shape.match(twice('two', 'two'))).toEqual(['two', 'two']);
    expect(shape.match(twice('two', 'one'))).toBeUndefined();
  });

  it('does not take a value for the words because it is spelled like them', () => {
    const shape = shapeOf('{"role":"user","content":"user"}', 'user')!;
    expect(shape.match('{"role":"user","content":"else"}')).toEqual(['else']);
    expect(shape.match('{"role":"else","content":"else"}')).toBeUndefined();
  });

  it('is none where the words can not be found', () => {
    expect(shapeOf('{"other":"one"}', 'one')).toBeUndefined();
    expect(shapeOf('{"content":"one"}', 'two')).toBeUndefined();
  });

  it('writes other values where the first were written, and refuses where they were not', () => {
    const shape = shapeOf(json, 'one')!;
    const first = shape.match(json)!;
    const write = shape.toWriter(
      'data: {"n":7,"x":[],"delta":{"content":"one"},"pad":"xyz"}\n\n',
      first,
    );
    expect(write!(['8', 'two', 'z'])).toBe(
      'data: {"n":8,"x":[],"delta":{"content":"two"},"pad":"z"}\n\n',
    );
    expect(shape.toWriter('data: {"n":9,"delta":{"content":"one"}}\n\n', first)).toBeUndefined();
  });

  it('says of any words in any spelling what the parser says', () => {
    const spell = (text: string, escapes: boolean) =>
      escapes
        ? text.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        : JSON.stringify(text).slice(1, -1);
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'binary' }),
        fc.string({ minLength: 1, unit: 'binary' }),
        fc.boolean(),
        fc.boolean(),
        (one, two, a, b) => {
          const text = (words: string) => `{"a":[1,"b"],"content":"${words}","c":{"d":null}}`;
          const shape = shapeOf(text(spell(one, a)), one)!;
          const other = text(spell(two, b));
          const values = shape.match(other)!;
          expect(JSON.parse(shape.fill(values))).toEqual(JSON.parse(other));
          expect(wordsOf(values[shape.wordsAt]!)).toBe(
            (JSON.parse(other) as { content: string }).content,
          );
        },
      ),
    );
  });
});
