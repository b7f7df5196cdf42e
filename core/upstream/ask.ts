import { RouterError, toRouterError } from '../errors.ts';
import type { ChatEvent, ChatRequest } from '../formats/chat.ts';
import { formatOf, type EncodedRequest, type Format, type Formats } from '../formats/format.ts';
import type { Target } from '../middleware/resolve.ts';
import type { Ports } from '../ports.ts';
import { fetchOf } from '../providers/built-in.ts';
import { askProvider } from '../providers/question.ts';
import { readBytes } from '../streams/bytes.ts';
import { createClock, type Clock, type Limits } from './clock.ts';
import { assertWholeAnswer, holdUntilContent, readEvents, type EventReader } from './events.ts';
import { fromFault } from './faults.ts';
import { toUpstreamRequest } from './request.ts';

/** What one target is asked, and by which means. */
export interface Question {
  readonly chat: ChatRequest;
  readonly target: Target;
  readonly secret: string | undefined;
  readonly limits: Limits;
  readonly signal: AbortSignal;
  readonly formats: Formats;
  readonly ports: Pick<Ports, 'fetch' | 'now'>;
  /** Awaited before each upstream fetch; see HostCall. */
  readonly dispatched: () => Promise<void>;
}

/** One target's answer, from its first content on. */
export interface TargetAnswer {
  /** All until the first content; the whole answer where `rest` is absent. */
  readonly held: readonly ChatEvent[];
  readonly rest?: EventReader;
  /** The caller's parameters that the target does not take. */
  readonly dropped: readonly string[];
}

/** The largest answer that is read whole. */
const ANSWER_LIMIT = 48 * 1024 * 1024;
const ERROR_LIMIT = 1024 * 1024;

/** Asks one target. Resolves at its first content; throws a RouterError for all that fails before. */
export async function ask(question: Question): Promise<TargetAnswer> {
  const { chat, target, limits, signal, formats } = question;
  const format = formatOf(formats, target.provider.format);
  const encoded = format.encodeRequest(chat, target);
  const clock = createClock(limits, signal);
  try {
    const response = await send(question, format, encoded, clock);
    const answer = chat.stream
      ? await openStream(question, format, response, clock)
      : await readWhole(question, format, response, clock);
    return { ...answer, dropped: encoded.dropped };
  } catch (error) {
    clock.stop();
    throw clock.signal.aborted ? toRouterError(clock.signal.reason) : toRouterError(error);
  }
}

/** Resolves to a 200. Asks a second time where the provider refuses to count a stream's tokens. */
async function send(
  question: Question,
  format: Format,
  encoded: EncodedRequest,
  clock: Clock,
): Promise<Response> {
  const response = await sendOnce(question, encoded, clock);
  if (response.ok) return response;
  const fault = await readFault(question, format, response, clock);
  if (!refusesStreamOptions(fault, encoded)) throw fault;
  const body = { ...encoded.body };
  delete body.stream_options;
  const second = await sendOnce(question, { ...encoded, body }, clock);
  if (second.ok) return second;
  throw await readFault(question, format, second, clock);
}

function refusesStreamOptions(fault: RouterError, encoded: EncodedRequest): boolean {
  return (
    'stream_options' in encoded.body &&
    (fault.status === 400 || fault.status === 422) &&
    /stream_options|include_usage/.test(`${fault.message} ${fault.param ?? ''}`)
  );
}

async function sendOnce(
  question: Question,
  encoded: EncodedRequest,
  clock: Clock,
): Promise<Response> {
  const { chat, target, secret, ports, dispatched } = question;
  const { provider } = target;
  const request = toUpstreamRequest(provider, encoded, chat.stream, secret, clock.signal);
  await dispatched();
  clock.signal.throwIfAborted();
  let response: Response;
  try {
    response = await fetchOf(provider, ports)(request);
  } catch (error) {
    if (clock.signal.aborted) throw clock.signal.reason;
    throw await unreachable(question, error);
  }
  // A browser hides the status of a redirect that it did not follow; Node does not.
  if (response.type !== 'opaqueredirect' && (response.status < 300 || response.status > 399)) {
    return response;
  }
  throw new RouterError(
    'bad_upstream',
    `${provider.name} redirected the call. It was not followed.`,
  );
}

/** How long a server on this computer may take to show that it is there, in milliseconds. */
const LOCAL_ANSWERS_WITHIN_MS = 1000;

/**
 * A network error says no more than that: a refused connection, no CORS, no network. A server on this
 * computer is asked once more, at its root and without a key: is it there at all?
 */
async function unreachable({ target, ports }: Question, cause: unknown): Promise<RouterError> {
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

async function readFault(
  { secret }: Question,
  format: Format,
  response: Response,
  clock: Clock,
): Promise<RouterError> {
  const text = await readText(response, ERROR_LIMIT, clock);
  const body = isHtml(response, text) ? '' : parseLeniently(text);
  return fromFault(format.decodeError(response.status, response.headers, body), secret);
}

async function readWhole(
  question: Question,
  format: Format,
  response: Response,
  clock: Clock,
): Promise<Pick<TargetAnswer, 'held'>> {
  const text = await readText(response, ANSWER_LIMIT, clock);
  const body = parseLeniently(text);
  if (typeof body !== 'object' || body === null) throw notAnAnswer(question.target);
  return { held: checkWhole(question, format, body, clock) };
}

function checkWhole(
  { secret }: Question,
  format: Format,
  body: object,
  clock: Clock,
): readonly ChatEvent[] {
  const event = format.decodeResponse(body);
  clock.stop();
  const stated = event.parts.find((part) => part.type === 'error');
  if (stated !== undefined) throw fromFault(stated.error, secret);
  assertWholeAnswer(event);
  return [event];
}

async function openStream(
  question: Question,
  format: Format,
  response: Response,
  clock: Clock,
): Promise<Pick<TargetAnswer, 'held' | 'rest'>> {
  const type = response.headers.get('content-type') ?? '';
  if (response.body === null || /^text\/html|^application\/xhtml/i.test(type)) {
    response.body?.cancel().catch(() => {}); // that it is no answer is what counts
    throw notAnAnswer(question.target);
  }
  // Some providers answer a stream's request with one JSON body: an error, or the whole answer.
  if (/^application\/(?:problem\+)?json/i.test(type)) {
    return readWhole(question, format, response, clock);
  }
  const reader = readEvents(response.body, format, clock, question.secret);
  return { held: await holdUntilContent(reader), rest: reader };
}

async function readText(response: Response, limit: number, clock: Clock): Promise<string> {
  if (response.body === null) return '';
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
    throw new RouterError(
      'upstream_truncated',
      'The provider broke off in the middle of its answer.',
      { cause: error },
    );
  }
  if (bytes === null) throw new RouterError('bad_upstream', 'The provider’s answer is too large.');
  return new TextDecoder().decode(bytes);
}

/** JSON, or the text as it is. */
function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isHtml(response: Response, text: string): boolean {
  return (
    /html/i.test(response.headers.get('content-type') ?? '') || /^\s*<(?:!doctype|html)/i.test(text)
  );
}

function notAnAnswer({ provider }: Target): RouterError {
  return new RouterError('bad_upstream', `What ${provider.name} sent is no answer of a model.`);
}
