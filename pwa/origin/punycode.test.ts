import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeLabel } from './punycode.ts';

it('leaves an ordinary label as it is', () => {
  expect(decodeLabel('example')).toBe('example');
});

it.each([
  ['xn--mnchen-3ya', 'münchen'],
  ['xn--n3h', '☃'],
  ['xn--80ak6aa92e', 'аррӏе'],
  ['xn--wgv71a119e', '日本語'],
  ['xn--bcher-kva', 'bücher'],
  ['xn--fiqs8s', '中国'],
])('decodes %s', (label, text) => {
  expect(decodeLabel(label)).toBe(text);
});

it.each(['xn--', 'xn--!!!', 'xn--99999999999', 'xn--a-ü'])('refuses %s', (label) => {
  expect(decodeLabel(label)).toBeUndefined();
});

it('gives back what the URL parser of Node encoded', () => {
  const letters = [
    ...'abcxyz019äößéñøłđğışžаеорсхяћαβγδεζ中文字日本語ひらがなカタカナ한글עבריתกขค',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 12 }), (chars) => {
      const ascii = domainToASCII(chars.join(''));
      fc.pre(ascii.startsWith('xn--'));
      const decoded = decodeLabel(ascii)!;
      expect(domainToASCII(decoded)).toBe(ascii);
    }),
  );
});
