/** Who a permission is for, and what it covers. Pure. */
import type { Caller, Scope } from '../ports.ts';

/** The pair of origins that a grant belongs to. `topOrigin` only where a frame is cross-origin. */
export interface Subject {
  readonly origin: string;
  readonly topOrigin?: string;
}

/**
 * The subject of a call, or undefined for one that can have no permission: an opaque origin
 * (`"null"`: sandboxed, `data:`), `file:`, a missing origin, any scheme but http and https.
 */
export function toSubject(caller: Extract<Caller, { kind: 'site' }>): Subject | undefined {
  const { origin, topOrigin } = caller;
  if (!isWebOrigin(origin) || !isWebOrigin(topOrigin)) return undefined;
  return origin === topOrigin ? { origin } : { origin, topOrigin };
}

/**
 * Exactly as the browser writes an http or https origin. A `*` may stand in a real host's name; here
 * it is a pattern's.
 */
export function isWebOrigin(text: unknown): text is string {
  if (typeof text !== 'string' || /[*%]/.test(text)) return false;
  const url = URL.parse(text);
  return (
    url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === text
  );
}

/** The key of a site's record in the database. */
export function toSiteKey({ origin, topOrigin }: Subject): string {
  return topOrigin === undefined || topOrigin === origin ? origin : `${origin} ${topOrigin}`;
}

/**
 * Keys of the records that may cover a subject, the closest first: its own, then
 * `https://*.b.example.com`, `https://*.example.com`.
 */
export function toCandidateKeys(subject: Subject): string[] {
  const { origin, topOrigin } = subject;
  const { protocol, hostname, port } = new URL(origin);
  const keys = [toSiteKey(subject)];
  const end = registrableDomain(hostname);
  if (end === undefined) return keys;
  for (let rest = hostname; rest !== end && rest.includes('.');) {
    rest = rest.slice(rest.indexOf('.') + 1);
    const pattern = `${protocol}//*.${rest}${port && `:${port}`}`;
    keys.push(topOrigin === undefined ? pattern : `${pattern} ${topOrigin}`);
  }
  return keys;
}

/** Whether a record for this origin, which may be a pattern, is one for the subject. */
export function coversSubject(record: Subject, subject: Subject): boolean {
  return toCandidateKeys(subject).includes(toSiteKey(record));
}

/** Whether what this origin used was used by the site, or by one that its pattern covers. Use knows no top page. */
export function isUseOf({ origin }: Pick<Subject, 'origin'>, user: string): boolean {
  return (
    user === origin || (user.startsWith('http') && coversSubject({ origin }, { origin: user }))
  );
}

/** `https://*.example.com`: all subdomains of a domain that one owner has; not the domain itself. */
export function isOriginPattern(text: string): boolean {
  const match = /^(https?:\/\/)\*\.([^*]+)$/.exec(text);
  if (!match) return false;
  const origin = `${match[1]}${match[2]}`;
  return isWebOrigin(origin) && registrableDomain(new URL(origin).hostname) !== undefined;
}

/** On this computer: what is sent there can't be read on a network. */
export function isLoopbackOrigin(origin: string): boolean {
  const hostname = URL.parse(origin)?.hostname ?? '';
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

/** Others on the network can read and change what such a page sends and gets. */
export function isUnencrypted(origin: string | undefined): boolean {
  return origin !== undefined && origin.startsWith('http:') && !isLoopbackOrigin(origin);
}

/** Second labels below which a country registers: `example.co.uk`. */
const SECOND_LABELS = new Set(
  (
    'ac asso biz co com edu gob go gouv gov govt gv id inf info k12 ltd me mil mod muni name ne net ' +
    'nhs nic nom or org plc police pro pvt qc sch school tm web'
  ).split(' '),
);

/** Hosts where each subdomain is another person's. Not complete: the screen asks the whole list. */
const SHARED_HOSTS = new Set(
  (
    '000webhostapp.com amazonaws.com amplifyapp.com appspot.com azurestaticapps.net azurewebsites.net ' +
    'base44.app bitbucket.io blogspot.com bolt.host bubbleapps.io carrd.co cloudfront.net codeberg.page ' +
    'codesandbox.io csb.app deno.dev deno.net devtunnels.ms duckdns.org dyndns.org edgeone.app ' +
    'elasticbeanstalk.com fastly.net firebaseapp.com fly.dev framer.app framer.website ' +
    'github.dev github.io gitlab.io gitpod.io glitch.me hashnode.dev herokuapp.com hf.space ' +
    'ipfs.io loca.lt lovable.app medium.com myshopify.com neocities.org netlify.app ngrok-free.app ' +
    'ngrok.app ngrok.io nip.io no-ip.org notion.site now.sh on.aws onrender.com pages.dev r2.dev ' +
    'railway.app render.com up.railway.app repl.co replit.app replit.dev run.app s3.amazonaws.com sharepoint.com sslip.io stackblitz.io ' +
    'streamlit.app substack.com surge.sh tiiny.site translate.goog trycloudflare.com tumblr.com ts.net ' +
    'uk.com us.com eu.com de.com val.run vercel.app vercel.dev web.app web.val.run webcontainer.io webflow.io ' +
    'weebly.com wixsite.com wordpress.com workers.dev zeabur.app'
  ).split(' '),
);

/**
 * The domain that one owner has, as well as it can be told without the public suffix list (200 kB);
 * undefined for an address, a bare name, or a suffix itself.
 */
export function registrableDomain(hostname: string): string | undefined {
  if (hostname.startsWith('[') || /^[\d.]+$/.test(hostname)) return undefined;
  const labels = hostname.replace(/\.$/, '').split('.');
  if (labels.length < 2 || labels.at(-1) === 'localhost') return undefined;
  const isCountrySuffix = labels.at(-1)?.length === 2 && SECOND_LABELS.has(labels.at(-2) ?? '');
  const shared = [3, 2].find((suffix) => SHARED_HOSTS.has(labels.slice(-suffix).join('.')));
  const length = 1 + (shared ?? (isCountrySuffix ? 2 : 1));
  return labels.length < length ? undefined : labels.slice(-length).join('.');
}

/**
 * Origins that one owner can make many of. Addresses and names of this computer go by port, because
 * each port is another program.
 */
export function toOwner(origin: string): string {
  const { hostname, host, port } = new URL(origin);
  if (hostname.endsWith('.localhost')) return port ? `localhost:${port}` : 'localhost';
  return registrableDomain(hostname) ?? host;
}

/**
 * The owners that a question is counted against. A frame counts apart from its top page, which may be
 * innocent of it; all frames of one top page count together, for it may make them from many domains.
 */
export function toOwners({ origin, topOrigin }: Subject): string[] {
  if (topOrigin === undefined) return [toOwner(origin)];
  return [toOwner(origin), `frames in ${toOwner(topOrigin)}`];
}

/** `chat` includes `models`: an app that may chat must be able to choose. */
export function coversScope(scopes: readonly Scope[], wanted: Scope): boolean {
  return scopes.includes(wanted) || (wanted === 'models' && scopes.includes('chat'));
}

/** `*` stands for any text, also none. Ids differ in case between providers, so case is ignored. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [p, t] = [pattern.toLowerCase(), text.toLowerCase()];
  let [at, from, star, mark] = [0, 0, -1, 0];
  // Goes back to the last star only, so it takes time in proportion to length x length at worst.
  while (at < t.length) {
    if (p[from] === '*') [star, mark, from] = [from, at, from + 1];
    else if (p[from] === t[at]) [at, from] = [at + 1, from + 1];
    else if (star >= 0) [from, mark, at] = [star + 1, mark + 1, mark + 1];
    else return false;
  }
  while (p[from] === '*') from++;
  return from === p.length;
}

/**
 * Whether a list of patterns covers an id as we list it: `provider/model`, or a logical name. A
 * pattern with a slash is compared with all of it; one without stands for a model at any provider.
 */
export function coversId(patterns: readonly string[], id: string): boolean {
  const slash = id.indexOf('/');
  const [provider, model] = slash < 0 ? [undefined, id] : [id.slice(0, slash), id.slice(slash + 1)];
  return coversModel(patterns, provider, model);
}

/** The same for a model that was resolved; its id at the provider may hold slashes of its own. */
export function coversModel(
  patterns: readonly string[],
  provider: string | undefined,
  model: string,
): boolean {
  const whole = provider === undefined ? model : `${provider}/${model}`;
  return patterns.some((pattern) => matchesPattern(pattern, pattern.includes('/') ? whole : model));
}

/** How a grant names a key: what a person reads, and what a bundle carries to another browser. */
export function nameOfKey(key: { provider: string; label: string }): string {
  return `${key.provider}/${key.label}`;
}

/** Whether all models of a provider are covered, those that are not known yet too. */
export function coversProvider(patterns: readonly string[], provider: string): boolean {
  return patterns.some((pattern) => {
    const slash = pattern.indexOf('/');
    if (slash < 0) return pattern === '*';
    return pattern.slice(slash + 1) === '*' && matchesPattern(pattern.slice(0, slash), provider);
  });
}

/**
 * Whether a name as a caller wrote it may turn out to be covered. False only where no resolution
 * would help; `coversModel` decides afterwards.
 */
export function mayCoverModel(patterns: readonly string[], written: string | undefined): boolean {
  if (written === undefined || ['', 'auto', 'default', 'free'].includes(written)) return true;
  const tail = written.slice(written.indexOf('/') + 1);
  return patterns.some((pattern) => {
    if (matchesPattern(pattern, written)) return true;
    const slash = pattern.indexOf('/');
    if (slash < 0) return matchesPattern(pattern, tail);
    return (
      pattern.slice(0, slash).includes('*') || matchesPattern(pattern.slice(slash + 1), written)
    );
  });
}
