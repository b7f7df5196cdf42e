import type { Answer } from './answer.ts';

/** What a request of some wire format asks for. */
export interface Asked {
  model: string;
  stream: boolean;
  /** The caller wants a usage chunk at the end of the stream. */
  usage: boolean;
  /** The last message's text. */
  prompt: string;
  /** A tool's result is among the messages. */
  hasToolResult: boolean;
  body: Record<string, unknown>;
}

/** One format that the upstream can speak. A new format is a new row in `WIRES`. */
export interface Wire {
  name: string;
  /** True for the paths of this format. */
  matches(method: string, path: string): boolean;
  read(path: string, body: Record<string, unknown>): Asked;
  /** The whole answer, not streamed. */
  body(answer: Answer, asked: Asked): unknown;
  /** SSE events as text without the blank line that ends them; the finish, or what stands after it, last. */
  events(answer: Answer, asked: Asked): string[];
  /** The body of an error answer. */
  error(status: number, message: string, code?: string): unknown;
  /** An error in the middle of a stream. */
  errorEvent(message: string): string;
  /** The answer at a path that asks no model, like a count of tokens. */
  aside?(path: string): unknown;
}
