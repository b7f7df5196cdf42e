import { describe, expect, test } from 'vitest';
import type { DrawnToken } from './tokens.ts';
import { lex } from './lexer.ts';

/** The formulas of a text, those on lines of their own in double brackets. */
function formulas(text: string): string[] {
  const found: string[] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    const token = value as DrawnToken;
    if (token.type === 'math') {
      if (token.closed) found.push(token.display ? `[[${token.text.trim()}]]` : token.text.trim());
    } else Object.values(value).forEach(visit);
  };
  visit([...lex(text)]);
  return found;
}

describe('in a text', () => {
  test.each([
    ['one $x$ two $y^2$', ['x', 'y^2']],
    ['the $n$th and $k$-th, ($x$), "$y$".', ['n', 'k', 'x', 'y']],
    ['设$x$为实数', ['x']],
    ['inline \\(a*b\\) and \\(c*d\\)', ['a*b', 'c*d']],
    ['*see \\(a*b\\) and $c*d$ there*', ['a*b', 'c*d']],
    ['**bold $x_1$**', ['x_1']],
    ['[a link with $x$](https://a.example)', ['x']],
    ['| $a$ | b |\n|---|---|\n| $c$ | d |', ['a', 'c']],
    ['# Of $x$', ['x']],
    ['a $\\text{costs \\$5}$ b', ['\\text{costs \\$5}']],
    ['where $$x = 1$$ is', ['[[x = 1]]']],
    ['then \\[ x = 1 \\] follows', ['[[x = 1]]']],
    ['$$\nx\n$$', ['[[x]]']],
    ['$$x$$', ['[[x]]']],
    ['\\[\nx \\\\[2pt]\n=\ny\n\\]', ['[[x \\\\[2pt]\n=\ny]]']],
    ['The formula:\n$$\na\n=\nb\n$$\nand so on\n---', ['[[a\n=\nb]]']],
    ['1. first\n   $$\n   x\n   $$\n2. then \\(y\\)', ['[[x]]', 'y']],
    ['> $$x$$', ['[[x]]']],
    ['$$\n# no heading\n- no list\n$$', ['[[# no heading\n- no list]]']],
  ])('%j holds %j', (text, expected) => {
    expect(formulas(text)).toEqual(expected);
  });

  test.each([
    'it costs $5 and $10',
    'from $5-$10 a month',
    '$5/month or 50$ a year',
    'I paid $5 and earned 10$ yesterday',
    'US$5 and A$6',
    '$HOME and $PATH, $HOME/bin:$PATH, $HOME/$USER',
    'call $foo->bar($baz)',
    '`$x$` and ``$y$``',
    '```sh\necho $x$ $$\n```',
    '    $x$',
    'an escaped \\$x\\$',
    'a $ b $ c',
    '$$',
    '$$ $$',
    '\\( \\)',
    'see \\[1\\] and \\[x\\] Done',
    '\\[1\\] A. Author, A Title',
    'open $x',
    'open \\(x',
    '$$\nopen\n\nmore $$ later',
    '<a title="$x$">',
    'https://a.example/?a=$1&b=$2',
  ])('%j holds none', (text) => {
    expect(formulas(text)).toEqual([]);
  });

  test('an open formula is one block up to the next blank line, and no longer', () => {
    const types = (text: string) =>
      lex(text)
        .map(({ type }) => type)
        .filter((type) => type !== 'space');
    expect(types('before\n\n$$\nx\n=\n# y\n- z')).toEqual(['paragraph', 'math']);
    expect(types('before\n\n$$\nx\n\n# after\n\n- z')).toEqual([
      'paragraph',
      'paragraph',
      'heading',
      'list',
    ]);
  });

  test('openings that are never closed cost no more than other text', () => {
    for (const opening of [
      '$a ',
      '\\(a ',
      '\\[a ',
      '$$a ',
      '$$a\n',
      '\\[a\n',
      '$$x$$ b\n',
      '*$a ',
    ]) {
      expect(lex(opening.repeat(20_000)).length).toBeGreaterThan(0);
    }
  }, 20_000);
});
