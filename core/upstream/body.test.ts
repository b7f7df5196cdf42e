import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createConcealer } from './body.ts';

const SECRET = 'sk-aa-sk-aab';
const encode = (text: string) => new TextEncoder().encode(text);

function conceal(
  text: string,
  cuts: readonly number[],
  secret: string | undefined = SECRET,
): string {
  const concealer = createConcealer(secret);
  const bytes = encode(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)];
  const pieces = places.map((from, index) =>
    concealer.feed(bytes.slice(from, places[index + 1] ?? bytes.length)),
  );
  pieces.push(concealer.end());
  return new TextDecoder().decode(Buffer.concat(pieces));
}

it('puts stars over a key, wherever the chunks are cut', () => {
  const piece = fc.constantFrom(SECRET, 'sk-aa', '-sk', 'sk-aa-sk-aa', 'b', 'hello ', '日本');
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(), { maxLength: 8 }), (pieces, cuts) => {
      const text = pieces.join('');
      const shown = conceal(text, cuts);
      expect(shown).toBe(text.replaceAll(SECRET, '*'.repeat(SECRET.length)));
    }),
    { numRuns: 2000 },
  );
});

it('holds back nothing that can not be the beginning of a key', () => {
  const concealer = createConcealer(SECRET);
  expect(concealer.feed(encode('data: hello\n\n'))).toEqual(encode('data: hello\n\n'));
  expect(concealer.feed(encode('a task'))).toEqual(encode('a ta'));
  expect(concealer.feed(encode('!'))).toEqual(encode('sk!'));
});

it('leaves a body as it is where there is no key, or one that is none', () => {
  expect(conceal('ollama says ollama', [3], 'ollama')).toBe('ollama says ollama');
  expect(conceal('anything', [3], undefined)).toBe('anything');
});
