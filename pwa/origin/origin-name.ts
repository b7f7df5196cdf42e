import { registrableDomain } from './public-suffix.ts';
import { decodeLabel } from './punycode.ts';

/** An origin taken apart for showing: what the browser gave is always what stands large. */
export interface OriginName {
  /** `notes.` of `notes.example.com`: shown muted. */
  readonly before: string;
  /** `example.com`: shown bold. */
  readonly domain: string;
  /** `:3000`, or empty. */
  readonly port: string;
  readonly scheme: 'http' | 'https';
  /** On this computer: nothing on the way can read it. */
  readonly loopback: boolean;
  /** How a browser might show an `xn--` name; absent where there is nothing to decode. */
  readonly unicode?: string;
  /** The decoded name mixes alphabets, or is built to look like another one. */
  readonly lookalike: boolean;
}

/** Also of a pattern, `https://*.example.com`: its `*.` is no name, and browsers escape it in one. */
export function toOriginName(originOrPattern: string): OriginName {
  const origin = originOrPattern.replace('://*.', '://');
  const url = new URL(origin);
  const domain = registrableDomain(url.hostname);
  const labels = url.hostname.split('.');
  const decoded = labels.map((label) => decodeLabel(label) ?? label);
  const unicode = decoded.join('.');
  return {
    before:
      (origin === originOrPattern ? '' : '*.') +
      url.hostname.slice(0, url.hostname.length - domain.length),
    domain,
    port: url.port && `:${url.port}`,
    scheme: url.protocol === 'http:' ? 'http' : 'https',
    loopback: isLoopback(url.hostname),
    ...(unicode !== url.hostname && { unicode }),
    lookalike: labels.some((label) => isLookalike(label)),
  };
}

/** `https://notes.example.com` -> `notes.example.com`, as lists and sentences name it. */
export function toShortName(origin: string): string {
  const host = URL.parse(origin.replace('://*.', '://'))?.host;
  if (!host) return origin;
  return origin.includes('://*.') ? `*.${host}` : host;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || /^(127\.|\[::1\]$)/.test(host);
}

/** Alphabets that are written together in one word. */
const WRITTEN_TOGETHER: readonly (readonly string[])[] = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
];

const SCRIPTS = (
  'Latin Cyrillic Greek Armenian Hebrew Arabic Devanagari Bengali Gurmukhi Gujarati Tamil Telugu ' +
  'Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Georgian Ethiopic Khmer Mongolian Han Hiragana ' +
  'Katakana Bopomofo Hangul'
)
  .split(' ')
  .map((name) => [name, new RegExp(`\\p{Script=${name}}`, 'u')] as const);

/** Letters of other alphabets that pass for Latin ones: a word made of these alone is built to deceive. */
const PASS_FOR_LATIN = new Set('асԁеһіјӏорԛѕԝхуъьҽпгѵѡкмтвнзαοινκρτυωνγηχεօոսյցհզ');

/** Latin letters that pass for a plain one. */
const ODD_LATIN = /[ıĸŀſƀ-ʯ\u1d00-\u1dbfꜢ-ꟿ]/u;

/** Whether an `xn--` label reads as something that it is not. When in doubt, yes. */
export function isLookalike(label: string): boolean {
  if (!/^xn--/i.test(label)) return false;
  const text = decodeLabel(label);
  if (text === undefined) return true;
  const found = new Set<string>();
  for (const character of text) {
    if (/[a-z]/.test(character)) found.add('Latin');
    else if (!/[0-9-]/.test(character)) {
      // Digits of another alphabet, joiners, slashes and the like: nothing that a plain name needs.
      if (!/[\p{L}\p{M}]/u.test(character)) return true;
      const script = SCRIPTS.find(([, pattern]) => pattern.test(character));
      if (script) found.add(script[0]);
      else if (!/\p{M}|ー/u.test(character)) return true;
    }
  }
  if (ODD_LATIN.test(text)) return true;
  const letters = [...text].filter((character) => /\p{L}/u.test(character));
  if (!found.has('Latin') && letters.every((letter) => PASS_FOR_LATIN.has(letter))) return true;
  return (
    found.size > 1 &&
    !WRITTEN_TOGETHER.some((together) => [...found].every((script) => together.includes(script)))
  );
}
