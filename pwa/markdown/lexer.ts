import { Lexer, type MarkedToken, type Token, type TokensList } from 'marked';
import { MathLexer, mayHoldMath } from './math.ts';

/** One top-level piece of a document. Its object stays the same while it means the same. */
export interface Block {
  readonly key: number;
  readonly token: Token;
}

/** `text` is the whole document so far; `ended` says that no more comes. */
export interface BlockLexer {
  update(text: string, ended: boolean): readonly Block[];
}

/** How many solid blocks at the end may still change when more text comes (libraries.md, finding 4). */
const OPEN_BLOCKS = 2;

/**
 * Markdown that grows. Only the tail after the last-but-two solid block is lexed again, so a long
 * answer costs as much at its end as at its start. Two things reach further: a link reference that
 * arrives after its use, and an HTML tag that stays open. Where there is one, the whole text is lexed
 * once more at the end.
 */
export function createBlockLexer(): BlockLexer {
  let source = '';
  let blocks: Block[] = [];
  /** How many of `blocks` no further text can change, how long their text is, and what they define. */
  let settled = 0;
  let settledLength = 0;
  let links: TokensList['links'] = {};
  let complete = false;
  let nextKey = 0;

  return { update };

  function update(text: string, ended: boolean): readonly Block[] {
    const next = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
    if (next === source && complete === ended) return blocks;
    if (!next.startsWith(source)) forget();
    source = next;
    complete = ended;
    if (ended && reachesBack()) unsettle();
    return lexTail();
  }

  function reachesBack(): boolean {
    return source.includes(']:') || source.includes('<');
  }

  function forget(): void {
    blocks = [];
    unsettle();
  }

  function unsettle(): void {
    links = {};
    settled = settledLength = 0;
  }

  function lexTail(): readonly Block[] {
    const tokens = lex(source.slice(settledLength), links);
    const open = blocks.slice(settled);
    const fresh = tokens.map((token, index): Block => {
      const before = open[index];
      const kept = before && keepSame(before.token, token);
      if (before && kept === before.token) return before;
      return {
        key: before?.token.type === token.type ? before.key : nextKey++,
        token: kept ?? token,
      };
    });
    blocks = [...blocks.slice(0, settled), ...fresh];
    settle(tokens);
    return blocks;
  }

  function settle(tokens: readonly Token[]): void {
    const solid = tokens.flatMap((token, index) => (token.type === 'space' ? [] : [index]));
    const firstOpen = solid.at(-OPEN_BLOCKS);
    if (solid.length <= OPEN_BLOCKS || firstOpen === undefined) return;
    const closed = tokens.slice(0, firstOpen);
    const raw = closed.map((token) => token.raw).join('');
    // Where a token's raw text is not what it was lexed from, its place is not known: keep it open.
    if (!source.startsWith(raw, settledLength)) return;
    links = { ...toLinks(closed), ...links };
    settled += closed.length;
    settledLength += raw.length;
  }
}

/** The lexer alone: no HTML is made. Text that it can't take, nested too deeply, is one paragraph. */
export function lex(text: string, links: TokensList['links'] = {}): TokensList {
  const lexer = mayHoldMath(text) ? new MathLexer() : new Lexer({ gfm: true });
  Object.assign(lexer.tokens.links, links);
  try {
    return lexer.lex(text);
  } catch {
    const plain: Token = { type: 'text', raw: text, text };
    return Object.assign([{ type: 'paragraph', raw: text, text, tokens: [plain] } as Token], {
      links,
    });
  }
}

/** What the reference definitions in these blocks say; of two with one name the first counts. */
function toLinks(tokens: readonly Token[]): TokensList['links'] {
  const found: TokensList['links'] = {};
  for (const token of tokens as MarkedToken[]) {
    if (token.type === 'def') found[token.tag] ??= { href: token.href, title: token.title };
    const inner =
      token.type === 'list' ? token.items : 'tokens' in token ? token.tokens : undefined;
    if (inner) Object.assign(found, { ...toLinks(inner), ...found });
  }
  return found;
}

/** The old object of each token that did not change, so that what is drawn from it is left alone. */
function keepSame<T>(before: T, now: T): T {
  if (before === now || typeof now !== 'object' || now === null) return now;
  if (typeof before !== 'object' || before === null) return now;
  if (Array.isArray(now)) {
    if (!Array.isArray(before)) return now;
    const kept: unknown[] = now.map((item, index) => keepSame(before[index] as unknown, item));
    const same =
      kept.length === before.length && kept.every((item, index) => item === before[index]);
    return (same ? before : kept) as T;
  }
  const names = Object.keys(now) as (keyof T)[];
  const kept = { ...now };
  let same = names.length === Object.keys(before).length;
  for (const name of names) {
    kept[name] = keepSame(before[name], now[name]);
    same &&= kept[name] === before[name];
  }
  return same ? before : kept;
}
