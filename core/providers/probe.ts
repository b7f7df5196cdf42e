import type { LocalServer, ProbeResult } from '../control.ts';
import type { Ports } from '../ports.ts';
import { checkBaseUrl } from './base-url.ts';
import { modelsUrl } from './catalogue.ts';
import { parseModels } from './models-list.ts';
import type { Provider } from './provider.ts';
import { askProvider, type Reply } from './question.ts';

type Asking = Pick<Ports, 'fetch' | 'now'>;

const TIMEOUT_MS = 5_000;
const LOCAL_TIMEOUT_MS = 1_500;

/**
 * Row P2: which form of a typed base URL answers. `{base}/models` first, then `{base}/v1/models`;
 * never a second `/v1`. A secret goes to the typed address only.
 */
export async function probeBaseUrl(
  ports: Asking,
  typed: string,
  secret?: string,
): Promise<ProbeResult> {
  const check = checkBaseUrl(typed);
  if (!check.ok) return { models: [], attempts: [], warning: check.reason };
  const result: ProbeResult = { models: [], attempts: [] };
  if (check.warning !== undefined) result.warning = check.warning;
  const wantKey: string[] = [];
  for (const base of formsOf(check.url)) {
    const url = `${base}/models`;
    const reply = await askProvider(ports, {
      url,
      provider: { auth: { scheme: 'bearer' }, format: 'openai-chat' },
      secret: secret || undefined,
      timeoutMs: TIMEOUT_MS,
    });
    const models = modelsOf(reply);
    result.attempts.push({ url, outcome: toOutcome(reply, models, secret !== undefined) });
    if (models) return { ...result, baseUrl: base, models };
    if (reply.kind === 'answer' && (reply.status === 401 || reply.status === 403) && !reply.html)
      wantKey.push(base);
    // Where no one is at home no other path will answer.
    if (reply.kind === 'unreachable' || reply.kind === 'timeout') break;
  }
  // One form alone asks for a key: it is there. Where all of them do, the server asks before it looks.
  if (wantKey.length === 1 && result.attempts.length > 1) result.baseUrl = wantKey[0];
  return result;
}

/** `/v1` is tried where no version is in the path yet; where there is one, also the path before it. */
function formsOf(base: string): string[] {
  const doubled = /^(.*\/v\d+(?:beta)?)\/v\d+(?:beta)?$/i.exec(base);
  if (doubled) return [base, doubled[1]!];
  const versioned = /^(.*)\/v\d+(?:beta)?$/i.exec(base);
  return versioned ? [base, versioned[1]!] : [base, `${base}/v1`];
}

function modelsOf(reply: Reply): string[] | undefined {
  if (reply.kind !== 'answer' || reply.status !== 200) return undefined;
  return parseModels(reply.body)?.map(({ id }) => id);
}

function toOutcome(reply: Reply, models: string[] | undefined, hadSecret: boolean): string {
  if (models) return `answers with ${models.length} ${models.length === 1 ? 'model' : 'models'}`;
  if (reply.kind === 'timeout') return 'sent nothing for 5 s';
  if (reply.kind === 'unreachable') return 'nothing answers';
  if (reply.kind === 'redirect') return 'sends on to another address';
  if (reply.kind === 'refused') return reply.message;
  if (reply.html) return 'answers with a web page';
  if (reply.status === 401 || reply.status === 403)
    return hadSecret ? `refuses the key (${reply.status})` : `asks for a key (${reply.status})`;
  if (reply.status === 404) return 'is not there (404)';
  if (reply.status === 200) return 'answers with something that is no list of models';
  return `answers with status ${reply.status}`;
}

/** Row P3: what runs on this computer at the usual ports. Only on the person's click. */
export async function findLocal(
  ports: Asking,
  provider: Provider,
): Promise<LocalServer & { listed: ReturnType<typeof parseModels> }> {
  const url = modelsUrl(provider);
  const reply = await askProvider(ports, { url, provider, timeoutMs: LOCAL_TIMEOUT_MS });
  const listed =
    reply.kind === 'answer' && reply.status === 200 ? parseModels(reply.body) : undefined;
  const server = { provider: provider.id, baseUrl: provider.baseUrl, models: [], listed };
  if (listed) return { ...server, state: 'answers', models: listed.map(({ id }) => id) };
  if (reply.kind === 'answer' && !reply.html) {
    if (reply.status === 401) return { ...server, state: 'answers' };
    if (reply.status === 403) return { ...server, state: 'refuses-browsers' };
  }
  const refuses =
    reply.kind === 'unreachable' && provider.browserCors !== 'yes' && (await isThere(ports, url));
  return { ...server, state: refuses ? 'refuses-browsers' : 'silent' };
}

/**
 * A server that forbids us to read its answer looks like none; a question whose answer can't be read
 * anyway tells them apart. Only asked of servers that are known to forbid it.
 */
async function isThere(ports: Asking, url: string): Promise<boolean> {
  try {
    const response = await ports.fetch(
      new Request(url, {
        mode: 'no-cors',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
        signal: AbortSignal.timeout(LOCAL_TIMEOUT_MS),
      }),
    );
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
