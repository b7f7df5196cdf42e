import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mount, tick, unmount } from 'svelte';
import { toFormula } from './formula.ts';
import Markdown from './Markdown.svelte';

const draws = (tex: string) => toFormula(tex, true) !== undefined;

describe('a formula', () => {
  test.each([
    'x^2 + y_1 = \\frac{a}{b}',
    '\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}',
    '\\begin{aligned} a &= b \\\\ &= c \\end{aligned}',
    '\\begin{pmatrix} 1 & 0 \\\\ 0 & 1 \\end{pmatrix}',
    '\\begin{cases} 1 & x > 0 \\\\ 0 & \\text{otherwise} \\end{cases}',
    '\\begin{alignat}{2} a &= b &\\quad c &= d \\end{alignat}',
    '\\begin{array}{c|c} a & b \\\\ \\hline c & d \\end{array}',
    '\\sum_{i=1}^{n} i^2 \\le \\mathbb{R} \\implies \\vec{v} \\cdot \\hat{n} \\tag{1}',
    '\\underbrace{a+b}_{c} \\xrightarrow{f} \\cancel{x} \\boxed{y} \\color{red}{z}',
    'x \\label{eq:one}',
  ])('%s is drawn', (tex) => {
    expect(toFormula(tex, true)?.localName).toBe('math');
  });

  test.each([
    ['what is no LaTeX', '\\frac{a'],
    ['an unknown command', '\\nonsense'],
    ['a link', '\\href{https://evil.example}{x}'],
    ['a script', '\\href{javascript:alert(1)}{x}'],
    ['a url', '\\url{https://evil.example}'],
    ['a picture', '\\includegraphics{https://evil.example/x.png}'],
    ['a class', '\\class{x}{y}'],
    ['a class by its other name', '\\htmlClass{x}{y}'],
    ['a style', '\\style{position:fixed}{x}'],
    ['an id', '\\id{app}{x}'],
    ['data', '\\data{a=b}{x}'],
    ['a reference, which is a link', 'x \\ref{app}'],
    ['an action', '\\toggle{a}{b}\\endtoggle'],
    ['a definition', '\\def\\a{b}\\a'],
    ['a definition by another name', '\\let\\d\\def \\d\\a{b}\\a'],
    ['a new command', '\\newcommand{\\a}{b}\\a'],
    ['a bomb', '\\def\\a{xx}\\def\\b{\\a\\a}\\def\\c{\\b\\b}\\c'],
    ['a loop', '\\def\\a{\\a\\a}\\a'],
    ['a million columns', '\\begin{alignat}{99999999}a\\end{alignat}'],
    ['a million columns, spelt apart', '\\begin{alignedat} { 9 9 9 9 9 9 }a\\end{alignedat}'],
    ['a million columns, by a name in pieces', '\\begin{align{}at}{99999999}a\\end{align{}at}'],
    ['a million cells', `\\begin{matrix}${'&'.repeat(1000)}${'\\\\ '.repeat(1000)}\\end{matrix}`],
    ['braces without end', '{'.repeat(3000) + 'x' + '}'.repeat(3000)],
    ['fractions without end', '\\frac{'.repeat(1000) + 'x' + '}{}'.repeat(1000)],
    ['what doubles at each level', '\\cancelto{a}{'.repeat(30) + 'x' + '}'.repeat(30)],
    ['too much', 'x'.repeat(8001)],
  ])('%s is not drawn', (_, tex) => {
    expect(draws(tex)).toBe(false);
  });

  test('leaves no name in the document', () => {
    const drawn = toFormula('x \\tag{1} \\label{app}', true);
    expect(drawn?.outerHTML).not.toMatch(/\bid=/);
  });

  test('of any commands in each other ends', async () => {
    const { default: text } = (await import('temml/dist/temml.mjs?raw')) as { default: string };
    const names = [
      ...new Set([...text.matchAll(/"\\\\([a-zA-Z]+)"/g)].map(([, name]) => name ?? '')),
    ];
    expect(names.length).toBeGreaterThan(900);
    const shapes = [
      '\\N{X}',
      '\\N{a}{X}',
      '\\N{X}{a}',
      '\\N_{X}',
      '\\N{X}_{a}',
      '{X \\N b}',
      '\\N[a]{X}',
    ];
    const nest = (levels: readonly (readonly [string, string])[]) =>
      levels.reduce((inner, [shape, name]) => shape.replace('N', name).replace('X', inner), 'x');
    for (const shape of shapes) {
      for (const name of names)
        toFormula(nest(Array.from({ length: 30 }, () => [shape, name])), true);
    }
    const level = fc.tuple(fc.constantFrom(...shapes), fc.constantFrom(...names));
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 3 }), (levels) => {
        toFormula(nest(Array.from({ length: 10 }, () => levels).flat()), true);
      }),
      { numRuns: 1500 },
    );
  }, 120_000);
});

describe('a formula in a message', () => {
  let target: HTMLElement;
  beforeEach(() => void (target = document.body.appendChild(document.createElement('main'))));
  afterEach(() => target.remove());

  async function show(text: string) {
    const view = mount(Markdown, { target, props: { text } });
    await expect.poll(() => target.querySelector('math, code')).not.toBeNull();
    await import('./formula.ts');
    await tick();
    return () => unmount(view);
  }

  test('is drawn, is named by its source, and is copied as its source', async () => {
    const leave = await show('With $x^2$ it is\n\n$$\\frac{a}{b}$$\n\n```math\nc_1\n```');
    await expect.poll(() => target.querySelectorAll('math').length).toBe(3);
    const names = [...target.querySelectorAll('[role=math]')].map((one) =>
      one.getAttribute('aria-label'),
    );
    expect(names).toEqual(['x^2', '\\frac{a}{b}', 'c_1']);
    getSelection()?.selectAllChildren(target.querySelector('p') ?? target);
    document.dispatchEvent(new ClipboardEvent('copy'));
    expect(getSelection()?.toString()).toContain('With $x^2$ it is');
    await leave();
  });

  test('that can not be drawn is shown as it is written', async () => {
    const leave = await show('An $\\includegraphics{https://evil.example}$ here and $x$ there');
    await expect.poll(() => target.querySelectorAll('math').length).toBe(1);
    expect(target.querySelector('code')?.textContent).toBe(
      '$\\includegraphics{https://evil.example}$',
    );
    await leave();
  });
});
