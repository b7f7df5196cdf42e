import { RouterError, toRouterError } from '../errors.ts';
import { formatOf, isSpoken, type UpstreamFormat } from '../formats/format.ts';
import type { LiveCall } from '../middleware/live.ts';
import { authorise } from '../middleware/permission.ts';
import type { Verdict } from '../middleware/verdict.ts';
import { USUAL_OUTPUT } from '../permissions/budget.ts';
import type { Grant } from '../permissions/grants.ts';
import { coversProvider } from '../permissions/match.ts';
import { FORMAT_HEADERS } from '../providers/format-headers.ts';
import { tableFacts } from '../providers/model-facts.ts';
import { isComplete, type Provider } from '../providers/provider.ts';
import { toPathBelow } from '../upstream/below.ts';
import { readBody } from '../upstream/body.ts';
import { createClock, type Clock } from '../upstream/clock.ts';
import {
  hasHtmlType,
  notAnAnswer,
  readFault,
  secretsOf,
  send,
  type Attempt,
} from '../upstream/send.ts';
import { errorAnswer } from './answer.ts';
import { createSettle, hold, keysOf, tryTargets, type Use } from './dispatch.ts';
import type { Call, Parts } from './endpoint.ts';
import { toForwarded } from './forwarded-headers.ts';
import { readBlob } from './payload.ts';
import { readRawCall, type RawCall } from './raw-call.ts';
import { relay } from './relay.ts';
import { createUsageScan, type UsageScan } from './usage-scan.ts';

/**
 * Row E13, `/{provider}/…`: a provider's own interface, with its key, below its base URL and nowhere
 * else. Answers come back unchanged, but for headers that are no page's business, and the key.
 */
export async function passThrough(call: Call, parts: Parts): Promise<Response> {
  const [, name = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(call.url.pathname) ?? [];
  const provider = await parts.registry.find(name);
  if (provider === undefined) {
    throw new RouterError(
      'unknown_url',
      `Nothing answers at ${call.url.pathname}: “${name}” is no provider. The base URL is ${call.url.origin}/v1.`,
    );
  }
  try {
    return await passTo(call, parts, provider, path);
  } catch (thrown) {
    const dialect = isSpoken(parts.formats, provider.format) ? provider.format : call.dialect;
    return errorAnswer(toRouterError(thrown), formatOf(parts.formats, dialect), call.id);
  }
}

async function passTo(
  call: Call,
  parts: Parts,
  provider: Provider,
  path: string,
): Promise<Response> {
  const { request, url, caller } = call;
  if (!isComplete(provider)) throw needsAddress(provider);
  const below = toPathBelow(provider.baseUrl, path, url.search);
  const shown = `${provider.id}${path}`;
  const live = parts.live.open({ id: call.id, caller, model: shown, signal: request.signal });
  let scan: UsageScan | undefined;
  /** About what its question is: who hangs up before the provider has counted pays for that. */
  let question: number | undefined;
  const tap = {
    get usage() {
      return scan?.usage;
    },
    get characters() {
      return scan?.characters ?? 0;
    },
    get guess() {
      return question === undefined ? undefined : { input: question, output: 0 };
    },
    toolCalls: 0,
  };
  const settle = createSettle(call, parts, live, tap);
  /** What the last key met: the caller reads it as it came, where no other key did better. */
  let refusal: Response | undefined;
  try {
    const grant = await assertMayPass(call, parts, provider, live);
    const body = await readBlob(request);
    const raw = await readRawCall(request, body, below);
    const { model = 'raw' } = raw;
    if (raw.wanted.output !== undefined) question = raw.wanted.input;
    const use = useOf(raw, tableFacts(provider.id, model)?.maxOutput);
    const targets = await hold(call, parts, live, grant, [{ provider, model }], use);
    const resolution = { targets, answerModel: shown };
    const { answer } = await tryTargets(
      call,
      parts,
      live,
      resolution,
      async (attempt) => {
        const opened = await open(attempt, request, below, body, parts);
        if (!OF_THE_KEY.has(opened.response.status)) return opened;
        refusal = await keepWhole(opened);
        throw await readFault(
          attempt,
          formatOfTarget(attempt, parts),
          refusal.clone(),
          opened.clock,
        );
      },
      { judge, ...keysOf(call, grant) },
    );
    const { response, clock, secrets } = answer;
    const headers = toSafeHeaders(response.headers, secrets);
    const { status } = response;
    // What was refused used nothing, unless the provider says so.
    if (!response.ok) question = undefined;
    const failure = response.ok
      ? undefined
      : new RouterError('provider_error', `The provider answered ${status}.`, { status });
    if (response.body === null || request.method === 'HEAD') {
      clock.stop();
      response.body?.cancel().catch(() => {}); // nobody reads it
      settle(failure);
      return new Response(null, { status, headers });
    }
    const type = response.headers.get('content-type') ?? '';
    scan = createUsageScan(type);
    const stream = relay({
      rest: readBody(response, clock, secrets),
      live,
      see: scan.see,
      settle: (error) => settle(error ?? failure),
    });
    return new Response(stream, { status, headers });
  } catch (thrown) {
    const error = toRouterError(thrown);
    settle(error);
    if (refusal !== undefined && error.code !== 'cancelled') return refusal;
    throw error;
  }
}

/**
 * Its interface is its own affair, and no body is changed: where the site's answers are limited, the
 * caller must keep to it by itself; where it names no length, it may get the longest.
 */
function useOf({ wanted: { input, output } }: RawCall, longest = USUAL_OUTPUT): Use {
  if (output === undefined) return { wanted: () => ({ input }) };
  const { named = longest, answers } = output;
  return {
    wanted: () => ({ input, output: { named, answers } }),
    limitOutput(room) {
      if (room >= named) return;
      throw new RouterError(
        'invalid_request',
        `The answers of this site may have ${room} tokens. Ask for no more, or raise it under Sites.`,
        { param: 'max_tokens' },
      );
    },
  };
}

/** Answers that another key of the provider may not get. */
const OF_THE_KEY: ReadonlySet<number> = new Set([401, 402, 403, 429]);

/**
 * A provider's whole interface is more than its models: what a key may not do here says nothing of
 * its chats, and nothing that may have been done is sent again.
 */
function judge({ status }: RouterError): Verdict | undefined {
  if (status === 402 || status === 429) return undefined;
  return { next: OF_THE_KEY.has(status) ? 'key' : 'route' };
}

async function keepWhole({ response, clock, secrets }: Opened): Promise<Response> {
  const body = readBody(response, clock, secrets);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let piece = await body.read(); piece !== undefined; piece = await body.read()) {
    pieces.push(piece as Uint8Array<ArrayBuffer>);
    size += piece.byteLength;
    if (size > LARGEST_REFUSAL) body.cancel();
  }
  const { status, headers } = response;
  return new Response(new Blob(pieces), { status, headers: toSafeHeaders(headers, secrets) });
}

const LARGEST_REFUSAL = 1024 * 1024;

/** A permission of its own: more than chat, and for all of the provider's models or none. */
async function assertMayPass(
  call: Call,
  { permissions }: Parts,
  provider: Provider,
  live: LiveCall,
): Promise<Grant> {
  const grant = await authorise(permissions, call.caller, 'raw', live.signal, {
    provider: provider.name,
    models: [`${provider.id}/*`],
  });
  if (grant.revoked) live.follow(grant.revoked);
  if (coversProvider(grant.models, provider.id)) return grant;
  throw new RouterError(
    'scope_denied',
    `This site may use ${grant.models.join(', ') || 'no model'}; ${provider.name}’s own interface is for sites that may use all of its models.`,
  );
}

interface Opened {
  readonly response: Response;
  readonly clock: Clock;
  readonly secrets: readonly string[];
}

function formatOfTarget({ target }: Attempt, { formats }: Parts): UpstreamFormat {
  return formats.upstreams[target.provider.format];
}

async function open(
  attempt: Attempt,
  request: Request,
  path: string,
  body: Blob | null,
  parts: Parts,
): Promise<Opened> {
  const { target, limits, signal } = attempt;
  const { format } = target.provider;
  const clock = createClock(limits, signal);
  try {
    const headers = { ...FORMAT_HEADERS[format], ...toRawHeaders(request.headers) };
    const outgoing = { method: request.method, path, headers, body };
    const response = await send(attempt, outgoing, clock);
    // A page of a hotel's network or of a proxy is no provider's answer.
    if (hasHtmlType(response)) {
      if (!response.ok)
        throw await readFault(attempt, formatOfTarget(attempt, parts), response, clock);
      response.body?.cancel().catch(() => {});
      throw notAnAnswer(target);
    }
    return { response, clock, secrets: secretsOf(attempt) };
  } catch (error) {
    clock.stop();
    throw clock.signal.aborted ? clock.signal.reason : error;
  }
}

/** What a caller may say by headers here, beside those that go with a chat too. */
const ALSO_FORWARDED = ['accept', 'content-type', 'idempotency-key', 'prefer'] as const;

function toRawHeaders(headers: Headers): Record<string, string> {
  const raw: Record<string, string> = { accept: '*/*', ...toForwarded(headers) };
  for (const name of ALSO_FORWARDED) {
    const value = headers.get(name);
    if (value) raw[name] = value;
  }
  return raw;
}

/** What a page may read of a provider's answer; above all no cookies, and nothing of the account. */
const SAFE_HEADERS =
  /^(?:content-type|content-disposition|retry-after|retry-after-ms|request-id|openai-(?:model|processing-ms|version)|(?:x|anthropic)-ratelimit-[\w-]+)$/;

function toSafeHeaders(headers: Headers, secrets: readonly string[]): Headers {
  const safe = new Headers({ 'cache-control': 'no-store' });
  for (const [name, value] of headers) {
    if (SAFE_HEADERS.test(name) && !secrets.some((secret) => value.includes(secret)))
      safe.set(name, value);
  }
  // Only where the browser has not unpacked the body is it as long as it says.
  const length = headers.get('content-length');
  if (length !== null && !headers.has('content-encoding')) safe.set('content-length', length);
  return safe;
}

function needsAddress({ name, baseUrlFields }: Provider): RouterError {
  const what = baseUrlFields?.[0]?.label ?? 'address';
  return new RouterError('no_provider_key', `${name} still needs its ${what}. Add it under Keys.`);
}
