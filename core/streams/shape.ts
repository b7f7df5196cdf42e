/**
 * A stream tells the same JSON object a thousand times, and each time only its words differ. A shape
 * is such an object with holes for what differs: an event that fits it need not be parsed, and what
 * was written of the one before it is written again with other words. Whatever does not fit to the
 * last character is parsed in full.
 */
export interface Shape {
  /** Which of the values are the words. */
  readonly wordsAt: number;
  /** The counts among the values, by their keys; of several with one key the last. */
  countsOf(values: readonly string[]): Record<string, number>;
  /** The values of the holes, as JSON text without quotation marks; undefined where `json` does not fit. */
  match(json: string): readonly string[] | undefined;
  /** The object as the decoder left it, with these values. */
  fill(values: readonly string[]): string;
  /** A writer of what was written for these values, for other values; undefined where they can't be found in it. */
  toWriter(written: string, values: readonly string[]): Writer | undefined;
}

export type Writer = (values: readonly string[]) => string;

/** Keys whose values may differ from one event to the next. */
export interface Variable {
  /** Of the words that the event is about. */
  readonly words: ReadonlySet<string>;
  /** Of text and counts that mean nothing to us: padding, sequence numbers. They pass as they are. */
  readonly padding: ReadonlySet<string>;
}

/** The words, which may stand in more than one place; padding; a count. */
type Kind = 'words' | 'text' | 'count';

interface Hole {
  readonly kind: Kind;
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The shape of an event whose one meaning is `words`. `left` is the same object as the decoder left
 * it. Undefined where it has none: the words are spelled in more than one way, or not to be found.
 */
export function toShape(
  json: string,
  left: object,
  words: string,
  variable: Variable,
): Shape | undefined {
  const spelled = spellingIn(json, words, variable);
  if (spelled === undefined) return undefined;
  const holes = holesIn(json, spelled, variable);
  const fixed = between(json, holes).map(flat);
  const kinds = holes.map(({ kind }) => kind);
  const values = holes.map(({ start, end }) => json.slice(start, end));
  const wordsAt = kinds.indexOf('words');

  function writerOf(written: string, told: readonly string[]): Writer | undefined {
    const from = written.indexOf('{');
    const found = holesIn(written, told[wordsAt]!, variable, from);
    const isSame =
      found.length === kinds.length &&
      found.every(
        ({ kind, start, end }, i) => kind === kinds[i] && written.slice(start, end) === told[i],
      );
    if (!isSame) return undefined;
    const pieces = between(written, found).map(flat);
    return (values) => {
      let text = pieces[0]!;
      for (let i = 0; i < values.length; i++) text += values[i]! + pieces[i + 1]!;
      return text;
    };
  }

  const fill = writerOf(respell(JSON.stringify(left), words, spelled, variable), values);
  if (fill === undefined) return undefined;

  return {
    wordsAt,
    countsOf(values) {
      const counts: Record<string, number> = {};
      for (const [i, { kind, key }] of holes.entries())
        if (kind === 'count') counts[key] = Number(values[i]);
      return counts;
    },
    match(other) {
      const found: string[] = [];
      let told: string | undefined;
      let at = 0;
      for (let i = 0; i < kinds.length; i++) {
        const piece = fixed[i]!;
        const from = at;
        at += piece.length;
        // Three times as fast as startsWith, for V8 compares equal lengths in words.
        if (other.slice(from, at) !== piece) return undefined;
        const kind = kinds[i]!;
        const end = kind === 'count' ? endOfCount(other, at) : endOfText(other, at);
        if (end === -1) return undefined;
        const value = other.slice(at, end);
        if (kind === 'words') {
          if (value === '' || (told !== undefined && told !== value)) return undefined;
          told = value;
        } else if (value.includes('\\')) return undefined; // to be checked by the parser
        found.push(value);
        at = end;
      }
      const last = fixed[kinds.length]!;
      return other.slice(at) === last ? found : undefined;
    },
    fill,
    toWriter: writerOf,
  };
}

/** The words of a matched event: its first hole of that kind, unescaped. Undefined where they are no JSON. */
export function wordsOf(spelled: string): string | undefined {
  if (!spelled.includes('\\')) return spelled;
  try {
    return JSON.parse(`"${spelled}"`) as string;
  } catch {
    return undefined;
  }
}

/** How the words are spelled where they stand; undefined where that is nowhere, or in several ways. */
function spellingIn(json: string, words: string, { words: keys }: Variable): string | undefined {
  let spelling: string | undefined;
  for (const { key, start, end } of leavesOf(json)) {
    if (!keys.has(key) || json[start - 1] !== '"') continue;
    const spelled = json.slice(start, end);
    if (wordsOf(spelled) !== words) continue;
    if (spelling !== undefined && spelling !== spelled) return undefined;
    spelling = spelled;
  }
  return spelling;
}

/** What JSON.stringify wrote, with the words spelled as the provider does. */
function respell(json: string, words: string, spelled: string, variable: Variable): string {
  const ours = JSON.stringify(words).slice(1, -1);
  if (ours === spelled) return json;
  const holes = holesIn(json, ours, variable);
  const pieces = between(json, holes);
  return holes.reduce(
    (text, { kind, start, end }, i) =>
      text + (kind === 'words' ? spelled : json.slice(start, end)) + pieces[i + 1]!,
    pieces[0]!,
  );
}

function holesIn(json: string, spelled: string, variable: Variable, from = 0): Hole[] {
  const holes: Hole[] = [];
  for (const { key, start, end } of leavesOf(json, from)) {
    const isText = json[start - 1] === '"';
    if (isText && variable.words.has(key) && json.slice(start, end) === spelled)
      holes.push({ kind: 'words', key, start, end });
    else if (variable.padding.has(key)) {
      if (isText) holes.push({ kind: 'text', key, start, end });
      else if (endOfCount(json, start) === end) holes.push({ kind: 'count', key, start, end });
    }
  }
  return holes;
}

function between(text: string, holes: readonly Hole[]): string[] {
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end } of holes) {
    pieces.push(text.slice(at, start));
    at = end;
  }
  pieces.push(text.slice(at));
  return pieces;
}

/** A copy of its own: a slice keeps the whole text alive, and compares slowly. */
function flat(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

interface Leaf {
  /** The key that it is the value of. */
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

const TOKEN = /"((?:[^"\\]|\\.)*)"(\s*:)?|-?\d[\d.eE+-]*/gs;

/** The texts (inside their quotation marks) and numbers of a JSON text that is known to be whole. */
function leavesOf(json: string, from = 0): Leaf[] {
  let key = '';
  TOKEN.lastIndex = from;
  const leaves: Leaf[] = [];
  for (let token = TOKEN.exec(json); token !== null; token = TOKEN.exec(json)) {
    const [whole, text, colon] = token;
    if (colon !== undefined) key = text!;
    else if (text === undefined)
      leaves.push({ key, start: token.index, end: token.index + whole.length });
    else leaves.push({ key, start: token.index + 1, end: token.index + whole.length - 1 });
  }
  return leaves;
}

/** A text this long is left to the regular expression, which is slower to start and faster to run. */
const SHORT = 64;
// eslint-disable-next-line no-control-regex -- JSON forbids them in a text
const END_OR_ESCAPE = /[\x00-\x1f"\\]/g;

/** Where a JSON text that begins at `at` ends; -1 where it does not, or holds what JSON forbids. */
function endOfText(json: string, at: number): number {
  const far = Math.min(json.length, at + SHORT);
  let i = at;
  while (i < far) {
    const code = json.charCodeAt(i);
    if (code === 0x22) return i;
    if (code < 0x20) return -1;
    i += code === 0x5c ? 2 : 1;
  }
  END_OR_ESCAPE.lastIndex = i;
  while (END_OR_ESCAPE.test(json)) {
    const found = END_OR_ESCAPE.lastIndex - 1;
    const code = json.charCodeAt(found);
    if (code === 0x22) return found;
    if (code !== 0x5c) return -1;
    END_OR_ESCAPE.lastIndex = found + 2;
  }
  return -1;
}

/** Where a count that begins at `at` ends; -1 where there is none, or it is no whole number. */
function endOfCount(json: string, at: number): number {
  let end = at;
  while (end < json.length && json.charCodeAt(end) >= 0x30 && json.charCodeAt(end) <= 0x39) end++;
  return end === at || (end > at + 1 && json.charCodeAt(at) === 0x30) ? -1 : end;
}
