import { kindOfIpv4, kindOfIpv6 } from './ip-address.ts';

/**
 * A base URL as a person, a bundle or a stored record gives it: made regular, or refused with the
 * reason in plain words. Keys are sent there, so what could reach the local network is refused.
 * Source: shared design, security.md, threat 10.
 */
export type BaseUrlCheck =
  | {
      ok: true;
      /** Regular form, without a trailing slash. */
      url: string;
      /** On this computer. */
      local: boolean;
      /** What looks wrong but may be meant. */
      warning?: string;
    }
  | { ok: false; reason: string };

const LONGEST = 2048;

/** Endings that only local networks use, or that resolve nowhere. */
const LOCAL_ENDINGS = [
  'local',
  'localdomain',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
  'invalid',
  'onion',
  'alt',
  'arpa',
];

/** Public names that answer with any address that the caller writes into them, or with loopback. */
const REBINDING_ENDINGS = [
  'nip.io',
  'sslip.io',
  'xip.io',
  'traefik.me',
  'localtest.me',
  'lvh.me',
  'vcap.me',
  'lacolhost.com',
  'local.gd',
  'localho.st',
  'fbi.com.localhost.direct',
  'localhost.direct',
  'rbndr.us',
  '1u.ms',
];

export function checkBaseUrl(typed: string): BaseUrlCheck {
  const text = typed.trim();
  if (text === '') return refuse('Type the address of the server.');
  if (text.length > LONGEST) return refuse('The address is too long.');
  // The URL parser would drop or turn these silently, and then dial something else than was read.
  if (/[\p{C}\p{Z}\\]/u.test(text))
    return refuse('The address has a space, a backslash or an invisible character in it.');
  if (/[{}]/.test(text)) return refuse('Fill in the part in braces first.');

  const whole = withScheme(text);
  if (whole === undefined) return refuse('The address must begin with https://.');
  let url: URL;
  try {
    url = new URL(whole);
  } catch {
    return refuse('This is not an address that a browser can open.');
  }
  // Tested on the text too: `https://host?` and `https://@host` parse to empty ones.
  const rest = whole.slice(whole.indexOf('//') + 2);
  if (/[?#]/.test(rest)) return refuse('A base URL has no ? or # in it.');
  const authority = rest.split('/')[0] ?? '';
  if (authority.includes('@')) return refuse('The address must not hold a user name or password.');

  const host = checkHost(url, authority.replace(/:\d*$/, ''));
  if (typeof host === 'string') return refuse(host);
  if (url.protocol === 'http:' && !host.local)
    return refuse('Only https is safe for a key: plain http is for servers on this computer.');
  if (url.port === '0') return refuse('Port 0 is not an address.');
  if (/%(2f|5c|00|0a|0d)/i.test(url.pathname))
    return refuse('The path holds an encoded slash or control character.');

  const warnings: string[] = [];
  let path = url.pathname.replace(/\/{2,}/g, '/').replace(/\/+$/, '');
  const endpoint = /\/chat\/completions$/i.exec(path);
  if (endpoint) {
    path = path.slice(0, -endpoint[0].length).replace(/\/+$/, '');
    warnings.push('A base URL ends before /chat/completions; that part was left out.');
  }
  const doubled = /\/(v\d+(?:beta)?)\/\1(\/|$)/i.exec(path);
  if (doubled) warnings.push(`The path has /${doubled[1]} twice.`);
  if (/(^|\.)xn--/.test(url.hostname))
    warnings.push(`The name has letters beyond a to z. Its true spelling is ${url.hostname}.`);
  const check: BaseUrlCheck = { ok: true, url: url.origin + path, local: host.local };
  if (warnings.length > 0) check.warning = warnings.join(' ');
  return check;
}

/** Adds what people leave out: `localhost:1234` is http, `api.example.com/v1` is https. */
function withScheme(text: string): string | undefined {
  if (/^https?:\/\/[^/]/i.test(text)) return text;
  const bare = /^(\[[^\]]*\]|[^/:@?#]+)(:\d+)?(\/|$)/.exec(text);
  if (!bare) return undefined;
  return (isLoopbackName(bare[1] ?? '') ? 'http://' : 'https://') + text;
}

function isLoopbackName(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost') || name === '[::1]') return true;
  return kindOfIpv4(name) === 'loopback';
}

/** Whether the host is this computer; or why it is refused. `typed` is the host as it was written. */
function checkHost(url: URL, typed: string): { local: boolean } | string {
  const host = url.hostname;
  if (host === '' || typed === '') return 'The address has no server name.';
  if (typed.includes('%')) return 'The server name must not be percent-encoded.';
  if (host.startsWith('[')) {
    const kind = kindOfIpv6(host.slice(1, -1));
    return kind === 'refused' ? privateReason(host) : { local: kind === 'loopback' };
  }
  if (host.endsWith('.')) return 'The server name must not end with a dot.';
  const kind = kindOfIpv4(host);
  if (kind !== undefined) {
    // `2130706433`, `0x7f.1` and `0177.0.0.1` all are 127.0.0.1 to the parser, and hide it from a reader.
    if (typed !== host) return 'Write the IP address in its ordinary form.';
    return kind === 'refused' ? privateReason(host) : { local: kind === 'loopback' };
  }
  if (isLoopbackName(host)) return { local: true };
  if (!host.includes('.')) return privateReason(host);
  if (host.split('.').some((label) => label === '' || label.length > 63))
    return 'This is not an address that a browser can open.';
  if (endsWithAny(host, LOCAL_ENDINGS) || endsWithAny(host, REBINDING_ENDINGS))
    return privateReason(host);
  return { local: false };
}

function endsWithAny(host: string, endings: readonly string[]): boolean {
  return endings.some((ending) => host === ending || host.endsWith(`.${ending}`));
}

function privateReason(host: string): string {
  return `${host} is not on the public internet: only public servers and this computer are allowed.`;
}

function refuse(reason: string): BaseUrlCheck {
  return { ok: false, reason };
}
