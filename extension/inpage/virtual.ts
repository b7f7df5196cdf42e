import { match, read, take } from '../../core/transport/natives.ts';

/** As the browser would read it: any case, its default port, white space before it. */
const VIRTUAL = /^[\0- ]*https:\/\/gatehouse\.invalid(?::443)?(?:[/?#\\]|$)/i;

export type IsVirtual = (input: unknown) => boolean;

/** Runs for each fetch and XHR of each page, so it is cheap; an object's URL is given by `readUrl`. */
export const createIsVirtual =
  (readUrl: () => (input: object) => unknown): IsVirtual =>
  (input) => {
    const url = typeof input === 'object' && input ? readUrl()(input) : input;
    return typeof url === 'string' && match(VIRTUAL, url) !== undefined;
  };

/** The URL of a `Request` or a `URL`. Anything else goes to the browser, which reads it once. */
export function createReadUrl(): (input: object) => string | undefined {
  const { Request, URL } = globalThis;
  const ofRequest = take(Request);
  const ofUrl = take(URL);
  return (input) => {
    try {
      if (input instanceof Request) return read(input, ofRequest, 'url');
      if (input instanceof URL) return read(input, ofUrl, 'href');
    } catch {
      // Only looks like one: the browser's own function shall say so.
    }
    return undefined;
  };
}
