import type { KeyCheck } from '../control.ts';
import type { Ports } from '../ports.ts';
import { maskSecret } from '../vault/mask.ts';
import type { Sent } from '../vault/tokens.ts';
import { modelsUrl } from './catalogue.ts';
import type { GatewayPass } from './gateway.ts';
import { parseModels } from './models-list.ts';
import type { Provider } from './provider.ts';
import { askProvider, wordsOf, type Question, type Reply } from './question.ts';

type Asking = Pick<Ports, 'fetch' | 'now'>;
type Answer = Extract<Reply, { kind: 'answer' }>;

const TIMEOUT_MS = 5_000;

/**
 * Row K7, E20: asks the provider whether it takes a key, by the cheapest call that tells. Never
 * throws. The message is the provider's own words, with the key masked where it repeats it.
 */
export async function checkSecret(
  ports: Asking,
  provider: Provider,
  sent: Sent,
  pass?: GatewayPass,
): Promise<KeyCheck> {
  const secrets = [...secretsOf(sent), pass?.secret ?? ''];
  const renew =
    sent.renew &&
    (async () => {
      const renewed = await sent.renew!();
      secrets.push(...secretsOf(renewed));
      return { secret: renewed.secret };
    });
  const keys = { secret: sent.secret, renew, pass };
  const way = provider.quirks?.keyCheck;
  const special = way !== undefined || provider.quirks?.modelsPath === false;
  let check = await ask(ports, provider, keys, special ? (way ?? 'empty-chat') : 'models');
  // What is known of the provider no longer holds: its list is the usual way.
  if (check === undefined) check = await ask(ports, provider, keys, 'models');
  const result = check ?? { state: 'unknown', message: 'This provider has no way to check a key.' };
  if (result.message !== undefined)
    for (const each of secrets.filter(Boolean))
      result.message = result.message.replaceAll(each, maskSecret(each));
  return { ...result, at: ports.now() };
}

const secretsOf = ({ secret, hidden }: Sent) => [secret, ...hidden];

type Result = Omit<KeyCheck, 'at'>;

/** `undefined` where there is nothing at that address. */
async function ask(
  ports: Asking,
  provider: Provider,
  keys: Pick<Question, 'secret' | 'renew' | 'pass'>,
  way: string,
): Promise<Result | undefined> {
  const empty = way === 'empty-chat' ? emptyChatOf(provider) : undefined;
  const url =
    empty !== undefined
      ? provider.baseUrl + empty.path
      : way === 'models'
        ? modelsUrl(provider)
        : provider.baseUrl + way;
  const body = empty?.body;
  const reply = await askProvider(ports, { url, provider, ...keys, body, timeoutMs: TIMEOUT_MS });
  if (reply.kind === 'refused') return { state: 'invalid', message: reply.message };
  if (reply.kind !== 'answer') return { state: 'unknown', message: whyNoAnswer(reply, provider) };
  if (reply.status === 404 && way !== 'models') return undefined;
  const remaining = remainingOf(reply.headers);
  return {
    ...toResult(reply, provider, way),
    latencyMs: reply.latencyMs,
    ...(remaining && { remaining }),
  };
}

/** What is left, where a header says so that the browser lets us read. */
function remainingOf(headers: Headers): KeyCheck['remaining'] {
  const read = (what: string) => {
    const value =
      headers.get(`x-ratelimit-remaining-${what}`) ??
      headers.get(`anthropic-ratelimit-${what}-remaining`);
    return value !== null && /^\d{1,15}$/.test(value.trim()) ? Number(value) : undefined;
  };
  const [requests, tokens] = [read('requests'), read('tokens')];
  if (requests === undefined && tokens === undefined) return undefined;
  return {
    ...(requests !== undefined && { requests }),
    ...(tokens !== undefined && { tokens }),
  };
}

/** A chat that says nothing, in the words of the provider's format: 400 where the key is good. */
function emptyChatOf({ format, defaultModel = 'none' }: Provider): { path: string; body: object } {
  const model = encodeURIComponent(defaultModel);
  if (format === 'bedrock-converse')
    return { path: `/model/${model}/converse`, body: { messages: [] } };
  if (format === 'google-generate-content')
    return { path: `/publishers/google/models/${model}:countTokens`, body: { contents: [] } };
  return { path: '/chat/completions', body: { model: defaultModel, messages: [] } };
}

function whyNoAnswer(
  reply: Exclude<Reply, Answer | { kind: 'refused' }>,
  { name }: Provider,
): string {
  // `onLine` is certain only when it says no.
  if (typeof navigator !== 'undefined' && navigator.onLine === false)
    return 'offline: saved, not checked';
  if (reply.kind === 'timeout') return `${name} sent nothing for 5 s`;
  if (reply.kind === 'redirect')
    return `${name} sends on to another address; the key was not sent there`;
  return `${name} can’t be reached`;
}

function toResult(reply: Answer, provider: Provider, way: string): Result {
  const { status, body } = reply;
  const words = reply.html ? undefined : wordsOf(body);
  if (status === 401 || saysKeyIsBad(words)) return { state: 'invalid', message: words };
  if (status === 403) {
    // A key may be good for chats and not for lists.
    const narrow = /scope|permission|not authorized to perform|access to the model/i.test(
      words ?? '',
    );
    return { state: narrow ? 'unknown' : 'invalid', message: words };
  }
  if (status === 402 || status === 429)
    return { state: 'rate-limited', message: words ?? 'works, but asks to wait' };
  if (way === 'empty-chat' && (status === 400 || status === 422)) return { state: 'valid' };
  if (status >= 200 && status < 300) {
    if (way !== 'models') return { state: 'valid' };
    const models = parseModels(body);
    if (models) return { state: 'valid', models: models.length };
    const what = reply.html ? 'a web page' : 'something that is no list of models';
    return { state: 'unknown', message: `${provider.name} answers with ${what}` };
  }
  return { state: 'unknown', message: words ?? `${provider.name} answers with status ${status}` };
}

/** Some say so with a 400: xAI, Google. */
function saysKeyIsBad(words = ''): boolean {
  return (
    /(incorrect|invalid|not valid|wrong|malformed|unknown)[^.]{0,24}(api[ _-]?key|token|credential)/i.test(
      words,
    ) ||
    /(api[ _-]?key|credential)[^.]{0,40}(incorrect|invalid|not valid|expired|revoked|not found)/i.test(
      words,
    )
  );
}
