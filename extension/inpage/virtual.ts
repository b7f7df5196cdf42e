import { exec, getter, uncurry } from '../../core/transport/natives.ts';

/** As the browser would read it: any case, its default port, white space before it. */
const VIRTUAL = /^[\0- ]*https:\/\/gatehouse\.invalid(?::443)?(?:[/?#\\]|$)/i;

const { Request, URL } = globalThis;
const isPrototypeOf = uncurry<object, (value: object) => boolean>(Object.prototype.isPrototypeOf);
const requestUrl = getter(Request.prototype, 'url');
const urlHref = getter(URL.prototype, 'href');

/** Whether a call goes to the virtual origin. Runs for each fetch and XHR of each page: keep it cheap. */
export function isVirtual(input: unknown): boolean {
  if (typeof input === 'string') return exec(VIRTUAL, input) !== null;
  if (typeof input !== 'object' || input === null) return false;
  try {
    if (isPrototypeOf(Request.prototype, input)) {
      return exec(VIRTUAL, requestUrl(input as Request)) !== null;
    }
    if (isPrototypeOf(URL.prototype, input)) return exec(VIRTUAL, urlHref(input as URL)) !== null;
  } catch {
    // Only looks like one: the browser's own function shall say so.
  }
  return false;
}
