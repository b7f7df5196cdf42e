import type { AuthScheme, Provider } from './provider.ts';
import type { FormatName } from '../formats/chat.ts';
import type { ProviderRecord } from '../storage/records.ts';
import { readBaseUrlFields } from './base-url-template.ts';
import { checkBaseUrl } from './base-url.ts';
import { USUAL_ENDPOINTS } from './endpoints.ts';
import { deepFreeze } from './freeze.ts';
import { refusedHeader } from './headers.ts';

/** A provider as the person has it. */
export interface ProviderEntry {
  readonly provider: Provider;
  readonly enabled: boolean;
  /** The known row under it; absent where the person made it. */
  readonly row?: Provider;
  /** What is stored for it; absent on an untouched row. */
  readonly record?: ProviderRecord;
  readonly baseUrlChanged: boolean;
}

export interface ProviderSet {
  /** In the person's order, those switched off among them. */
  readonly entries: readonly ProviderEntry[];
  readonly enabled: readonly Provider[];
  /** By id and alias in lower case. */
  readonly byName: ReadonlyMap<string, ProviderEntry>;
  /** Stored records that do not fit, with the reason. */
  readonly setAside: readonly { id: string; reason: string }[];
}

/** How a caller of each format usually proves who it is. */
export const USUAL_AUTH: Readonly<Record<FormatName, AuthScheme>> = deepFreeze({
  'openai-chat': { scheme: 'bearer' },
  'openai-responses': { scheme: 'bearer' },
  'anthropic-messages': { scheme: 'header', name: 'x-api-key' },
  'google-generate-content': { scheme: 'header', name: 'x-goog-api-key' },
  'bedrock-converse': { scheme: 'aws-sigv4' },
});

/** Rows and records in one set. Pure. A record that does not fit is set aside; the rest loads. */
export function mergeProviders(
  rows: readonly Provider[],
  records: readonly ProviderRecord[],
): ProviderSet {
  const setAside: { id: string; reason: string }[] = [];
  const byId = new Map(records.map((record) => [record.id, record]));
  const known = new Set(rows.map((row) => row.id));
  const taken = new Set(rows.flatMap((row) => [row.id, ...(row.aliases ?? [])]));

  const entries: ProviderEntry[] = [];
  const add = (row: Provider | undefined, record: ProviderRecord | undefined) => {
    const merged = mergeProvider(row, record);
    if (typeof merged !== 'string') {
      entries.push(merged);
      return;
    }
    setAside.push({ id: record?.id ?? '', reason: merged });
    // Off, and not as the row has it: the person wanted its calls elsewhere. Its name stays taken,
    // so that a call for it goes nowhere instead of to another provider.
    if (row) entries.push({ provider: row, enabled: false, row, record, baseUrlChanged: false });
  };
  for (const row of rows) add(row, byId.get(row.id));
  for (const record of records) {
    if (known.has(record.id)) continue;
    if (taken.has(record.id))
      setAside.push({ id: record.id, reason: `${record.id} is another name of a known provider.` });
    else add(undefined, record);
  }

  const ordered = inOrder(entries);
  const byName = new Map<string, ProviderEntry>();
  for (const entry of ordered)
    for (const name of [entry.provider.id, ...(entry.provider.aliases ?? [])])
      byName.set(name.toLowerCase(), entry);
  return {
    entries: ordered,
    enabled: ordered.filter((entry) => entry.enabled).map((entry) => entry.provider),
    byName,
    setAside,
  };
}

/** One entry; or the reason why the record does not fit. */
export function mergeProvider(
  row: Provider | undefined,
  record: ProviderRecord | undefined,
): ProviderEntry | string {
  if (!record) {
    if (!row) return 'There is no such provider.';
    return { provider: row, enabled: true, row, baseUrlChanged: false };
  }
  for (const [name, value] of Object.entries(record.headers ?? {})) {
    const refused = refusedHeader(name, value);
    if (refused) return refused;
  }
  if (!row && record.baseUrl === undefined) return 'A provider of your own needs a base URL.';

  let baseUrl = row?.baseUrl ?? '';
  let local = row?.local ?? false;
  if (record.baseUrl !== undefined && record.baseUrl !== baseUrl) {
    if (row?.builtIn) return 'The built-in provider has no address to change.';
    const check = checkBaseUrl(record.baseUrl);
    if (!check.ok) return check.reason;
    baseUrl = check.url;
    local = check.local;
  }
  // A filled-in account is still the provider's own address.
  const baseUrlChanged =
    row !== undefined && baseUrl !== row.baseUrl && readBaseUrlFields(row, baseUrl) === undefined;
  const format = record.format ?? row?.format ?? 'openai-chat';
  const ownFormat = row === undefined || format !== row.format;
  const auth = record.auth ?? (ownFormat ? USUAL_AUTH[record.format ?? 'openai-chat'] : row.auth);
  const headers = record.headers ? lowerNames(record.headers) : row?.headers;
  const models = record.models ?? row?.models;

  const provider: Provider = {
    ...row,
    id: record.id,
    name: record.name ?? row?.name ?? record.id,
    format,
    baseUrl,
    auth,
    ...(headers && { headers }),
    ...(models && { models }),
    ...(record.gateway && { gateway: record.gateway }),
    ...(ownFormat && USUAL_ENDPOINTS[record.format ?? 'openai-chat']),
    // A person who chose a format means it for all of its models.
    ...(ownFormat && row?.otherFormats && { otherFormats: [] }),
    ...(local ? { local } : row?.local !== undefined && { local: false }),
    // A server of one's own on this computer mostly has no key; whoever says how it
    // authenticates means it.
    ...(row === undefined && local && !record.auth && { keyOptional: true }),
  };
  return {
    provider: deepFreeze(baseUrlChanged ? withoutListPaths(provider) : provider),
    enabled: record.enabled ?? true,
    ...(row && { row }),
    record,
    baseUrlChanged,
  };
}

/** `X-Title` and `x-title` are one header: two spellings of it would both be sent. */
function lowerNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** Where lists are and how keys are checked is known of the provider's own address only. */
function withoutListPaths(provider: Provider): Provider {
  if (!provider.quirks) return provider;
  const quirks = { ...provider.quirks };
  delete quirks.modelsPath;
  delete quirks.keyCheck;
  return { ...provider, quirks };
}

/** The person's order first, then the rows, then custom ones; the built-in one last. */
function inOrder(entries: readonly ProviderEntry[]): ProviderEntry[] {
  const rank = (entry: ProviderEntry) =>
    entry.record?.order !== undefined ? 0 : entry.provider.builtIn ? 3 : entry.row ? 1 : 2;
  return [...entries].sort(
    (one, other) =>
      rank(one) - rank(other) || (one.record?.order ?? 0) - (other.record?.order ?? 0),
  );
}
