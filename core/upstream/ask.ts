import { toRouterError, type RouterError } from '../errors.ts';
import type { ChatEvent, ChatRequest } from '../formats/chat.ts';
import type { EncodedRequest, Formats, UpstreamFormat } from '../formats/format.ts';
import { createClock, type Clock } from './clock.ts';
import { assertWholeAnswer, holdUntilContent, readEvents, type EventReader } from './events.ts';
import { fromFault } from './faults.ts';
import {
  hasHtmlType,
  notAnAnswer,
  parseLeniently,
  readAll,
  readFault,
  secretsOf,
  send,
  type Attempt,
} from './send.ts';

/** What one target is asked, and by which means. */
export interface Question extends Attempt {
  readonly chat: ChatRequest;
  readonly formats: Formats;
  /** Headers of the caller that a provider of the caller's own format is told too. */
  readonly forwarded?: Readonly<Record<string, string>>;
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
const utf8 = new TextDecoder();

/** Asks one target. Resolves at its first content; throws a RouterError for all that fails before. */
export async function ask(question: Question): Promise<TargetAnswer> {
  const { chat, target, limits, signal, formats } = question;
  const format = formats.upstreams[target.provider.format];
  const encoded = format.encodeRequest(chat, target);
  const clock = createClock(limits, signal);
  try {
    const response = await sendChat(question, format, encoded, clock);
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
async function sendChat(
  question: Question,
  format: UpstreamFormat,
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

function sendOnce(
  question: Question,
  { path, replaces, headers, body }: EncodedRequest,
  clock: Clock,
): Promise<Response> {
  const { chat, target, forwarded } = question;
  const own = target.provider.format === chat.raw.format ? forwarded : undefined;
  const accept = chat.stream ? 'text/event-stream' : 'application/json';
  const outgoing = {
    method: 'POST',
    path,
    ...(replaces !== undefined && { replaces }),
    headers: { 'content-type': 'application/json', accept, ...headers, ...own },
    body: JSON.stringify(body),
  };
  return send(question, outgoing, clock);
}

async function readWhole(
  question: Question,
  format: UpstreamFormat,
  response: Response,
  clock: Clock,
): Promise<Pick<TargetAnswer, 'held'>> {
  const bytes = await readAll(response, ANSWER_LIMIT, clock);
  const body = parseLeniently(utf8.decode(bytes));
  if (typeof body !== 'object' || body === null) throw notAnAnswer(question.target);
  return { held: checkWhole(question, format, body, clock) };
}

function checkWhole(
  question: Question,
  format: UpstreamFormat,
  body: object,
  clock: Clock,
): readonly ChatEvent[] {
  const event = format.decodeResponse(body);
  clock.stop();
  const stated = event.parts.find((part) => part.type === 'error');
  if (stated !== undefined) throw fromFault(stated.error, secretsOf(question));
  assertWholeAnswer(event);
  return [event];
}

async function openStream(
  question: Question,
  format: UpstreamFormat,
  response: Response,
  clock: Clock,
): Promise<Pick<TargetAnswer, 'held' | 'rest'>> {
  const type = response.headers.get('content-type') ?? '';
  if (response.body === null || hasHtmlType(response)) {
    response.body?.cancel().catch(() => {}); // that it is no answer is what counts
    throw notAnAnswer(question.target);
  }
  // Some providers answer a stream's request with one JSON body: an error, or the whole answer.
  if (/^application\/(?:problem\+)?json/i.test(type)) {
    return readWhole(question, format, response, clock);
  }
  const reader = readEvents(response.body, format, clock, secretsOf(question), question.onUsage);
  return { held: await holdUntilContent(reader), rest: reader };
}
