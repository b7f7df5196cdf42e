import type { MarkedToken, Token } from 'marked';
import type { MathToken } from './math.ts';

/** All that a document is made of. */
export type DrawnToken = MarkedToken | MathToken;

export type Marked<T extends MarkedToken['type']> = Extract<MarkedToken, { type: T }>;

/** Nothing a person wrote goes deeper; a model's text that does is shown as it is written. */
const DEEPEST = 16;

/** Without those that draw nothing. Below the deepest level all is one piece of plain text. */
export function toBlocks(tokens: readonly Token[], depth: number): DrawnToken[] {
  if (depth > DEEPEST) {
    const raw = tokens.map((token) => token.raw).join('');
    return [{ type: 'html', raw, text: raw, pre: false, block: true }];
  }
  return (tokens as DrawnToken[]).filter(({ type }) => type !== 'space' && type !== 'def');
}

const CLOSED_FENCE = /^ {0,3}(`{3,}|~{3,})[^\n]*\n(?:[\s\S]*\n)? {0,3}\1[`~]*[ \t]*\n*$/;

/** A fence that is still open will get more lines. */
export function isFenceClosed(raw: string): boolean {
  return CLOSED_FENCE.test(raw);
}

/** The words of inline tokens, without their marks. */
export function toWords(tokens: readonly Token[] | undefined): string {
  return ((tokens ?? []) as DrawnToken[])
    .map((token) => {
      if ('tokens' in token && token.tokens) return toWords(token.tokens);
      return 'text' in token ? token.text : '';
    })
    .join('');
}
