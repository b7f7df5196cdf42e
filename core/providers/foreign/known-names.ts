import { checkBaseUrl } from '../base-url.ts';
import { CATALOG } from '../catalog.ts';

/** Who is meant by a name in somebody else's file. */
export interface KnownNames {
  /** The id of a provider that is known here, by id, alias or name, however it is written. */
  find(name: string): string | undefined;
  /** The one whose own server stands at this address. */
  findByAddress(baseUrl: string): string | undefined;
}

const toPlain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** `own`: ids of the person's own providers. */
export function createKnownNames(own: readonly string[]): KnownNames {
  const byName = new Map<string, string>(own.map((id) => [toPlain(id), id]));
  const byHost = new Map<string, string>();
  for (const { id, name, aliases = [], baseUrl, builtIn } of CATALOG) {
    for (const each of [id, name, ...aliases]) byName.set(toPlain(each), id);
    const host = hostOf(baseUrl);
    if (!builtIn && host && !byHost.has(host)) byHost.set(host, id);
  }
  return {
    find: (name) => byName.get(toPlain(name)),
    findByAddress: (baseUrl) => byHost.get(hostOf(baseUrl) ?? ''),
  };
}

function hostOf(baseUrl: string): string | undefined {
  const check = checkBaseUrl(baseUrl);
  return check.ok ? new URL(check.url).host : undefined;
}

/** `https://api.awan.example:8443/v1` as `api-awan-example-8443`: an id for a server without a name. */
export function toProviderId(text: string): string {
  const host = URL.parse(text)?.host ?? text;
  const id = host
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/\./g, '-')
    .replace(/^[^a-z0-9]+|-+$/g, '');
  return id.slice(0, 64) || 'imported';
}
