/**
 * Formulas in markdown: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`, as a marked extension. Each rule looks no
 * further than the next delimiter or the next blank line, so that an opening that is never closed
 * changes nothing after it, and a text of nothing but openings costs no more than any other.
 */
import { Lexer, Tokenizer, type MarkedOptions, type Token, type Tokens } from 'marked';

export interface MathToken {
  type: 'math';
  raw: string;
  /** The LaTeX between the delimiters. */
  text: string;
  /** On a line of its own. */
  display: boolean;
  /** False while its end has not come: it is shown as it is written. */
  closed: boolean;
}

/** Where a text holds none of these there is no formula in it. */
export function mayHoldMath(text: string): boolean {
  return text.includes('$') || text.includes('\\(') || text.includes('\\[');
}

/** A longer text is not read for its end, and is no formula. */
const LONGEST = 10_000;

const DISPLAY_OPENING = /^ {0,3}(\$\$|\\\[)/;
const BLANK_LINE = /\n[ \t]*\n/;
const REST_OF_LINE = /^[ \t]*(?:\n|$)/;

/** Lines that are one formula. An open one goes to the end of the text, but never over a blank line. */
export function toBlockMath(source: string): MathToken | undefined {
  const [opening, opener] = DISPLAY_OPENING.exec(source) ?? [];
  if (opening === undefined || opener === undefined) return undefined;
  const near = source.slice(0, LONGEST);
  const blank = near.search(BLANK_LINE);
  const reach = blank === -1 ? near : near.slice(0, blank);
  const end = findCloser(reach, opening.length, opener);
  if (end === -1) {
    if (reach !== source) return undefined;
    const text = source.slice(opening.length);
    return { type: 'math', raw: source, text, display: true, closed: false };
  }
  const text = reach.slice(opening.length, end);
  const rest = REST_OF_LINE.exec(source.slice(end + 2));
  if (!rest || text.trim() === '') return undefined;
  const raw = source.slice(0, end + 2 + rest[0].length);
  return { type: 'math', raw, text, display: true, closed: true };
}

/** A formula within a line; `before` is the character that precedes it, if any. */
export function toInlineMath(source: string, before = ''): MathToken | undefined {
  if (source.startsWith('$$')) return between(source, '$$', true);
  if (source.startsWith('\\(')) return between(source, '\\(', false);
  if (source.startsWith('\\[')) {
    const token = between(source, '\\[', true);
    // `\[1\]` is how a bracket is kept from being a link.
    return token && LATEX.test(token.text) ? token : undefined;
  }
  return toDollarMath(source, before);
}

/**
 * A single dollar is a price more often than not. As in pandoc, no space stands inside of the dollars
 * and no digit behind them; besides, neither may touch a word, and plain words are no formula.
 */
function toDollarMath(source: string, before: string): MathToken | undefined {
  if (!/^\$[^\s$]/.test(source) || /[\w$]/.test(before)) return undefined;
  const token = between(source, '$', false);
  if (!token) return undefined;
  const { raw, text } = token;
  if (/[\s(]$/.test(text) || text.includes('`')) return undefined;
  if (/^[\w$]/.test(source.slice(raw.length)) && !ORDINAL.test(source.slice(raw.length)))
    return undefined;
  return WORDS.test(text) && !LATEX.test(text) ? undefined : token;
}

const LATEX = /[\\^_{}=<>]/;
const WORDS = /^[\d.,]+\s*[a-z]{2,}|[a-z]{2,}\s+[a-z]{2,}/i;
const ORDINAL = /^(?:st|nd|rd|th|s)\b/;
const CLOSERS: Readonly<Record<string, string>> = { '\\(': '\\)', '\\[': '\\]' };

function between(source: string, opener: string, display: boolean): MathToken | undefined {
  const end = findCloser(source.slice(0, LONGEST), opener.length, opener);
  const text = source.slice(opener.length, end);
  if (end === -1 || text.trim() === '') return undefined;
  const raw = source.slice(0, end + opener.length);
  return { type: 'math', raw, text, display, closed: true };
}

/** -1 where there is none before the next opening. */
function findCloser(text: string, from: number, opener: string): number {
  const closer = CLOSERS[opener] ?? opener;
  for (let at = from; at < text.length; at += 1) {
    if (text.startsWith(closer, at)) return at;
    if (text.startsWith(opener, at)) return -1;
    if (text[at] === '\\') at += 1;
  }
  return -1;
}

/** Where a block of math cuts off the paragraph before it. */
function startOfBlock(source: string): number | undefined {
  const blank = source.search(BLANK_LINE);
  const paragraph = blank === -1 ? source : source.slice(0, blank);
  for (let at = paragraph.indexOf('\n'); at !== -1; at = paragraph.indexOf('\n', at + 1)) {
    if (toBlockMath(source.slice(at + 1))) return at + 1;
  }
  return undefined;
}

/** A line of `=` or `-` below a formula makes no heading of the lines above it. */
class MathTokenizer extends Tokenizer {
  override lheading(source: string): Tokens.Heading | undefined {
    const heading = super.lheading(source);
    if (!heading) return undefined;
    const formula = startOfBlock(source.slice(1)) ?? Infinity;
    return formula < heading.raw.length ? undefined : heading;
  }
}

/** A text token ends before these; of them the dollar is ours. */
const STOPS = /[\\<![`*~_$]/;

function startOfInline(source: string): number | undefined {
  const at = source.search(STOPS);
  return source[at] === '$' ? at : undefined;
}

function atInline(this: unknown, source: string, tokens: Token[]): MathToken | undefined {
  return /^[$\\]/.test(source) ? toInlineMath(source, tokens.at(-1)?.raw.at(-1)) : undefined;
}

/** Knows the text that the mask below belongs to, which marked does not hand over. */
export class MathLexer extends Lexer {
  private inlineSource = '';

  constructor() {
    super({
      gfm: true,
      tokenizer: new MathTokenizer(),
      extensions: {
        ...{ renderers: {}, childTokens: {} },
        ...{ block: [toBlockMath], startBlock: [startOfBlock] },
        ...{ inline: [atInline], startInline: [startOfInline] },
      },
      // Of the hooks a lexer calls this one only; the class would bring marked's whole parser along.
      hooks: { emStrongMask: (masked) => this.mask(masked) } as MarkedOptions['hooks'],
    });
  }

  override inlineTokens(source: string, tokens?: Token[]): Token[] {
    this.inlineSource = source;
    return super.inlineTokens(source, tokens);
  }

  /** Emphasis that opens before a formula must not close inside of it: the same text, as long. */
  private mask(masked: string): string {
    const source = this.inlineSource;
    const parts: string[] = [];
    let done = 0;
    for (let at = 0; at < source.length; at += 1) {
      const isDollar = source[at] === '$' && masked[at] === '$';
      const isEscape = source[at] === '\\' && masked.startsWith('++', at);
      if (!isDollar && !isEscape) continue;
      const token = toInlineMath(source.slice(at), source[at - 1]);
      if (token) {
        parts.push(masked.slice(done, at), 'a'.repeat(token.raw.length));
        done = at + token.raw.length;
        at = done - 1;
      } else if (isEscape) at += 1;
    }
    return parts.join('') + masked.slice(done);
  }
}
