import type { ChatRequest } from './chat.ts';
import { asObject } from './json.ts';

/** One more message of plain text. */
export interface Turn {
  readonly role: 'assistant' | 'user';
  readonly text: string;
}

type Body = Record<string, unknown>;
type Extend = (body: Body, turns: readonly Turn[]) => Body | undefined;

const plain = (turns: readonly Turn[]) => turns.map(({ role, text }) => ({ role, content: text }));
const listOf = (value: unknown) => (Array.isArray(value) ? (value as unknown[]) : []);

/** How each dialect's own body says it, so that its unknown fields survive. */
const EXTEND: Readonly<Partial<Record<ChatRequest['raw']['format'], Extend>>> = Object.freeze({
  'openai-chat': (body, turns) => ({
    ...body,
    messages: [...listOf(body.messages), ...plain(turns)],
  }),
  'anthropic-messages': (body, turns) => ({
    ...body,
    messages: [...listOf(body.messages), ...plain(turns)],
  }),
  'openai-responses': ({ input, ...body }, turns) => {
    const before = typeof input === 'string' ? [{ role: 'user', content: input }] : listOf(input);
    return { ...body, input: [...before, ...plain(turns)] };
  },
  'google-generate-content': (body, turns) => ({
    ...body,
    contents: [
      // Google takes one content for a list of one.
      ...(asObject(body.contents) ? [body.contents] : listOf(body.contents)),
      ...turns.map(({ role, text }) => ({
        role: role === 'assistant' ? 'model' : 'user',
        parts: [{ text }],
      })),
    ],
  }),
} satisfies Partial<Record<ChatRequest['raw']['format'], Extend>>);

/** The chat with more turns at its end; undefined where its dialect has no turns. */
export function withTurns(chat: ChatRequest, turns: readonly Turn[]): ChatRequest | undefined {
  const { format, body } = chat.raw;
  const extended = EXTEND[format]?.(body, turns);
  if (extended === undefined) return undefined;
  return {
    ...chat,
    messages: [
      ...chat.messages,
      ...turns.map(({ role, text }) => ({ role, content: [{ type: 'text' as const, text }] })),
    ],
    raw: { format, body: extended },
  };
}
