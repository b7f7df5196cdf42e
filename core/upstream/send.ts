import { RouterError } from '../errors.ts';
import type { Usage } from '../formats/chat.ts';
import type { UpstreamFormat } from '../formats/format.ts';
import type { Target } from '../middleware/resolve.ts';
import type { Ports } from '../ports.ts';
import { fetchOf } from '../providers/built-in.ts';
import type { GatewayPass } from '../providers/gateway.ts';
import { askProvider } from '../providers/question.ts';
import { readBytes } from '../streams/bytes.ts';
import { truncated } from '../streams/truncated.ts';
import type { Clock, Limits } from './clock.ts';
import { fromFault } from './faults.ts';
import { toUpstreamRequest, type Outgoing } from './request.ts';

/** One try at one target: where, with which key, for how long, and by which means. */
export interface Attempt {
  readonly target: Target;
  readonly secret: string | undefined;
  /** Where it goes through a gateway. */
  readonly pass?: GatewayPass;
  /** What else must not come back to a caller: what renews the secret. */
  readonly hidden?: readonly string[];
  readonly limits: Limits;
  readonly signal: AbortSignal;
  readonly ports: Pick<Ports, 'fetch' | 'now' | 'onDeviceModel'>;
  /** Awaited before each upstream fetch; see HostCall. */
  readonly dispatched: () => Promise<void>;
  /** Told when the answer's head is there, and what the provider counts as it says so. */
  readonly onHead?: () => void;
  readonly onUsage?: (usage: Usage) => void;
}

const ERROR_LIMIT = 1024 * 1024;
const utf8 = new TextDecoder();

/** Resolves to whatever the provider answers but a redirect. */
export async function send(attempt: Attempt, outgoing: Outgoing, clock: Clock): Promise<Response> {
  const { target, secret, pass, ports, dispatched } = attempt;
  const { provider } = target;
  const request = await toUpstreamRequest(
    provider,
    outgoing,
    { secret, pass },
    clock.signal,
    ports,
  );
  clock.signal.throwIfAborted();
  await dispatched();
  clock.signal.throwIfAborted();
  let response: Response;
  try {
    response = await fetchOf(provider, ports)(request);
  } catch (error) {
    if (clock.signal.aborted) throw clock.signal.reason;
    if (error instanceof RouterError) throw error; // a built-in provider knows better
    throw await unreachable(attempt, error);
  }
  attempt.onHead?.();
  // A browser hides the status of a redirect that it did not follow; Node does not.
  if (response.type !== 'opaqueredirect' && (response.status < 300 || response.status > 399)) {
    return response;
  }
  response.body?.cancel().catch(() => {}); // that it is a redirect is what counts
  throw new RouterError(
    'bad_upstream',
    `${provider.name} redirected the call. It was not followed.`,
  );
}

/** What must not come back to a caller: some providers repeat what they are sent. */
export function secretsOf({
  secret,
  pass,
  hidden = [],
}: Pick<Attempt, 'secret' | 'pass' | 'hidden'>): readonly string[] {
  return [secret, pass?.secret, ...hidden].filter((each) => each !== undefined);
}

/** How long a server on this computer may take to show that it is there, in milliseconds. */
const LOCAL_ANSWERS_WITHIN_MS = 1000;

/**
 * A network error says no more than that: a refused connection, no CORS, no network. A server on this
 * computer is asked once more, at its root and without a key: is it there at all?
 */
async function unreachable({ target, ports }: Attempt, cause: unknown): Promise<RouterError> {
  const { provider } = target;
  if (provider.local) {
    const reply = await askProvider(ports, {
      url: new URL('/', provider.baseUrl).href,
      provider: { auth: { scheme: 'none' }, format: provider.format },
      timeoutMs: LOCAL_ANSWERS_WITHIN_MS,
    });
    if (reply.kind === 'unreachable') {
      return new RouterError(
        'local_unreachable',
        `${provider.name} does not answer on this computer. Is it running, and may this page read its answers?`,
        { cause },
      );
    }
  } else if (globalThis.navigator?.onLine === false) {
    return new RouterError('offline', 'This device is offline.', { cause });
  }
  return new RouterError(
    'bad_upstream',
    `${provider.name} could not be reached, or broke the connection before it answered.`,
    { cause },
  );
}

/** What an error answer says, as one of our errors. */
export async function readFault(
  attempt: Attempt,
  format: UpstreamFormat,
  response: Response,
  clock: Clock,
): Promise<RouterError> {
  const text = utf8.decode(await readAll(response, ERROR_LIMIT, clock));
  const body = isHtml(response, text) ? '' : parseLeniently(text);
  return fromFault(format.decodeError(response.status, response.headers, body), secretsOf(attempt));
}

/** The whole body. Throws `bad_upstream` where it is larger than `limit`, `upstream_truncated`. */
export async function readAll(
  response: Response,
  limit: number,
  clock: Clock,
): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  clock.wait();
  const seen = () => {
    clock.begin();
    clock.touch();
    clock.wait();
  };
  let bytes;
  try {
    bytes = await readBytes(response.body, limit, seen);
  } catch (error) {
    if (clock.signal.aborted) throw clock.signal.reason;
    throw truncated(error);
  }
  if (bytes === null) throw new RouterError('bad_upstream', 'The provider’s answer is too large.');
  return bytes;
}

/** JSON, or the text as it is. */
export function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isHtml(response: Response, text: string): boolean {
  return hasHtmlType(response) || /^\s*<(?:!doctype|html)/i.test(text);
}

export function hasHtmlType(response: Response): boolean {
  return /^(?:text\/html|application\/xhtml)/i.test(response.headers.get('content-type') ?? '');
}

export function notAnAnswer({ provider }: Target): RouterError {
  return new RouterError('bad_upstream', `What ${provider.name} sent is no answer of a model.`);
}
