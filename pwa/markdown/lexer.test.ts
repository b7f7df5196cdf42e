import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBlockLexer, lex } from './lexer.ts';

const word = fc.constantFrom(
  'night',
  'train',
  'a*b',
  '`code`',
  '**bold**',
  '_em_',
  '~~old~~',
  '&amp;',
  '1.',
  '-',
  '#',
  '|',
  '\\*',
  '$x_1*y$',
  '$5',
  '$',
  '$$',
  '\\(a*b\\)',
  '\\[',
  '\\]',
  '\\\\',
);
const line = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));
const block = fc.oneof(
  line,
  line.map((text) => `# ${text}`),
  line.map((text) => `${text}\n===`),
  fc
    .array(line, { minLength: 1, maxLength: 4 })
    .map((lines) => lines.map((text) => `- ${text}`).join('\n')),
  fc
    .array(line, { minLength: 1, maxLength: 4 })
    .map((lines) => lines.map((text, i) => `${i + 1}. ${text}`).join('\n\n')),
  fc
    .array(line, { minLength: 1, maxLength: 3 })
    .map((lines) => lines.map((text) => `> ${text}`).join('\n')),
  fc
    .array(line, { minLength: 1, maxLength: 3 })
    .map((lines) => `\`\`\`js\n${lines.join('\n\n')}\n\`\`\``),
  fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => `    ${lines.join('\n    ')}`),
  fc.constant('| a | b |\n|---|:-:|\n| 1 | 2 |'),
  fc.constant('---'),
  fc.constant('- a\n\n  b\n  - c\n\n    d'),
  fc
    .tuple(
      fc.constantFrom('$$', '\\['),
      fc.array(line, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('$$', '\\]', ''),
      fc.constantFrom('', '.', ' tail'),
    )
    .map(([open, lines, close, tail]) => `${open}\n${lines.join('\n')}\n${close}${tail}`),
  fc.constantFrom('words\n$$x$$\nwords', '- item\n  $$\n  x\n  $$', '> $$x', '$$\n=\n-\n# x'),
);
const gap = fc.constantFrom('\n\n', '\n', '\n\n\n', '\r\n\r\n');
const document = fc
  .array(fc.tuple(block, gap), { minLength: 1, maxLength: 14 })
  .map((pieces) => pieces.map(([text, after]) => text + after).join(''));
const cuts = fc.array(fc.nat(400), { minLength: 1, maxLength: 60 });

const whole = (text: string) => [...lex(text.replace(/\r\n?/g, '\n'))];
const plain = (tokens: unknown) => JSON.parse(JSON.stringify(tokens)) as unknown;

function* grow(text: string, sizes: readonly number[]): Generator<string> {
  let end = 0;
  for (const size of sizes) yield text.slice(0, (end += (size % 17) + 1));
  yield text;
}

describe('a growing document', () => {
  test('is at every cut what a full parse of the same text is', () => {
    fc.assert(
      fc.property(document, cuts, (text, sizes) => {
        const lexer = createBlockLexer();
        for (const part of grow(text, sizes)) {
          const tokens = lexer.update(part, false).map(({ token }) => token);
          expect(plain(tokens)).toEqual(plain(whole(part)));
        }
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  test('is at its end what a full parse is, with references after their use and open tags', () => {
    const odd = fc.constantFrom(
      '[x]: https://late.example',
      'see [x] and [y][x]',
      'a <b> <a href=x> c',
      '<div>\nraw',
      '</div>',
      '<pre>',
      '<!-- open',
    );
    const mixed = fc
      .array(fc.tuple(fc.oneof(block, odd), gap), { minLength: 1, maxLength: 12 })
      .map((pieces) => pieces.map(([text, after]) => text + after).join(''));
    fc.assert(
      fc.property(mixed, cuts, (text, sizes) => {
        const lexer = createBlockLexer();
        for (const part of grow(text, sizes)) lexer.update(part, false);
        const tokens = lexer.update(text, true).map(({ token }) => token);
        expect(plain(tokens)).toEqual(plain(whole(text)));
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  test('keeps the objects and keys of what did not change', () => {
    const lexer = createBlockLexer();
    const before = lexer.update('# One\n\ntwo\n\n- a\n- b', false);
    const after = lexer.update('# One\n\ntwo\n\n- a\n- b and more', false);
    expect(after[0]).toBe(before[0]);
    expect(after.at(-1)?.key).toBe(before.at(-1)?.key);
    const items = (list: typeof after) => (list.at(-1)?.token as { items: unknown[] }).items;
    expect(items(after)[0]).toBe(items(before)[0]);
    expect(items(after)[1]).not.toBe(items(before)[1]);
  });

  test('starts anew for another text', () => {
    const lexer = createBlockLexer();
    lexer.update('one\n\ntwo\n\nthree\n\nfour', false);
    const tokens = lexer.update('other', true).map(({ token }) => token);
    expect(plain(tokens)).toEqual(plain(whole('other')));
  });

  test('shows a text that is nested too deeply as plain words', () => {
    const text = '> '.repeat(20_000) + 'deep';
    expect(
      createBlockLexer()
        .update(text, true)
        .map(({ token }) => token.raw)
        .join(''),
    ).toBe(text);
  });

  test('costs a long answer a small part of what parsing it anew each time costs', () => {
    const text =
      '## Part\n\nSome *words* of a model.\n\n- one\n- two\n\n```js\nlet a;\n```\n\n'.repeat(140);
    const step = Math.ceil(text.length / 1000);
    const spend = (update: (text: string) => void) => {
      const started = performance.now();
      for (let end = step; end < text.length; end += step) update(text.slice(0, end));
      return performance.now() - started;
    };
    const lexer = createBlockLexer();
    const tail = spend((part) => lexer.update(part, false));
    const anew = spend((part) => lex(part));
    console.info(
      `10 kB in 1,000 pieces: ${tail.toFixed(0)} ms; anew each time: ${anew.toFixed(0)} ms`,
    );
    expect(tail).toBeLessThan(anew / 5);
  });
});
