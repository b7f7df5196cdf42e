/**
 * Extra headers of a provider (row R23): what a person may add to every request there. Ones that
 * carry a credential or that the browser owns are refused: a key belongs into the vault.
 */
const REFUSED = new Set([
  'accept-encoding',
  'access-control-request-headers',
  'access-control-request-method',
  'api-key',
  'authorization',
  'cf-aig-authorization',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'cookie2',
  'date',
  'dnt',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'origin',
  'referer',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-api-key',
  'x-goog-api-key',
]);

/** Why a header can't be an extra header, in plain words; `undefined` where it can. */
export function refusedHeader(name: string, value: string): string | undefined {
  const lower = name.toLowerCase();
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/.test(lower)) return `“${name}” is not a header name.`;
  if (REFUSED.has(lower) || /^(proxy-|sec-|x-stainless-|x-forwarded-)/.test(lower))
    return `The header ${lower} can't be set here.`;
  if (!/^[\t\x20-\x7e]{0,2000}$/.test(value))
    return `The value of ${lower} has characters that no header can hold.`;
  return undefined;
}
