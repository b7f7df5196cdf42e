/** The router's bundle endpoint, as the screen uses it. */
import {
  createReceiver,
  type BundleDiff,
  type BundleExport,
  type ConflictPolicy,
  type OpenedKeys,
  type Receiver,
  type Section,
} from '../../../core/index.ts';
import { gatehouseFetch } from '../../app/gatehouse-fetch.ts';

export interface Exported {
  readonly text: string;
  /** Names of keys that could not come along. */
  readonly leftOut: readonly string[];
}

/** The bundle as text, with its keys in the clear where they were asked for: encrypt it at once. */
export async function readBundle(sections: readonly Section[]): Promise<Exported> {
  const receiver = await createReceiver();
  return openBundle(await readBundleFor(sections, receiver.publicKey), receiver);
}

/** The bundle for whoever has the key pair to this public key: no one else can read its keys. */
export function readBundleFor(
  sections: readonly Section[],
  publicKey: string,
): Promise<BundleExport> {
  const query = new URLSearchParams({
    sections: sections.filter((section) => section !== 'keys').join(','),
    ...(sections.includes('keys') && { keys: publicKey }),
  });
  return ask<BundleExport>(`/api/bundle?${query}`);
}

/** Rejects where its keys were not meant for this receiver, or were changed on the way. */
export async function openBundle(
  { encryptedKeys, ...bundle }: BundleExport,
  receiver: Receiver,
): Promise<Exported> {
  const opened =
    encryptedKeys === undefined
      ? undefined
      : (JSON.parse(await receiver.open(encryptedKeys)) as OpenedKeys);
  const whole = { ...bundle, ...(opened && { keys: opened.keys }) };
  return { text: `${JSON.stringify(whole, null, 2)}\n`, leftOut: opened?.leftOut ?? [] };
}

export interface ImportChoices {
  readonly onConflict: ConflictPolicy;
  /** One fault refuses all. */
  readonly strict: boolean;
  readonly mode?: 'merge' | 'replace';
}

/** Takes the bundle over; a dry run only says what would change. */
export function writeBundle(
  bundle: unknown,
  { onConflict, strict, mode = 'merge' }: ImportChoices,
  dryRun: boolean,
  signal?: AbortSignal,
): Promise<BundleDiff> {
  const query = new URLSearchParams({
    mode,
    onConflict,
    faults: strict ? 'refuse' : 'leave-out',
    dryRun: dryRun ? '1' : '0',
  });
  return ask<BundleDiff>(`/api/bundle?${query}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(bundle),
    ...(signal && { signal }),
  });
}

async function ask<Answer>(path: string, init?: RequestInit): Promise<Answer> {
  const response = await gatehouseFetch(path, init);
  const body = (await response.json()) as Answer & { error?: { message?: string } };
  if (response.ok) return body;
  throw new Error(body.error?.message ?? 'Gatehouse’s worker did not answer.');
}
