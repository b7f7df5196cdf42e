/**
 * What a link or an image in a model's text may lead to. Anything but a whole http(s) address or a
 * mail address is refused: relative ones would mean a screen of ours, the others can run script.
 */
export interface Address {
  readonly href: string;
  /** The host in the browser's own spelling (punycode), or the mail address: shown beside the link. */
  readonly host: string;
  readonly kind: 'web' | 'mail';
}

export function toAddress(text: string): Address | undefined {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return undefined;
  }
  if (url.protocol === 'mailto:') {
    // Without its fields: a subject or a body could carry the conversation out.
    const host = url.pathname;
    return host.includes('@') ? { href: `mailto:${host}`, host, kind: 'mail' } : undefined;
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  // `https://bank.example@evil.example` is made to be misread.
  if (url.username !== '' || url.password !== '') return undefined;
  return { href: url.href, host: url.host, kind: 'web' };
}

/** True where the words of a link already say where it goes. */
export function saysItsHost(words: string, address: Address): boolean {
  const said = words
    .trim()
    .toLowerCase()
    .replace(/^(https?:\/\/|mailto:)/, '');
  const { host } = address;
  return said === host || said.startsWith(`${host}/`) || `www.${said}` === host;
}

const IMAGE = /^data:image\/(png|jpeg|gif|webp|avif);base64,[a-z0-9+/=\s]+$/i;

/** A picture that is all in its address asks nobody for anything. */
export function isInlineImage(text: string): boolean {
  return IMAGE.test(text);
}
