import { toRouterError } from '../errors.ts';
import { estimateTokens } from '../formats/estimate-tokens.ts';
import type { TokenCounter, UpstreamFormat } from '../formats/format.ts';
import type { Question } from './ask.ts';
import { createClock, type Clock } from './clock.ts';
import { parseLeniently, readAll, readFault, send } from './send.ts';

export interface Counted {
  readonly tokens: number;
  /** Nobody counted: this is our own guess. */
  readonly estimated: boolean;
}

const ANSWER_LIMIT = 1024 * 1024;
/** A provider of a format that counts may not have that endpoint. */
const NOT_THERE: ReadonlySet<number> = new Set([404, 405, 501]);

/** How many tokens the chat's input is: the target's own count where its format has one. */
export async function countTokens(question: Question): Promise<Counted> {
  const { chat, target, formats } = question;
  const format = formats.upstreams[target.provider.format];
  const tokens = format.counter && (await askTarget(question, format, format.counter));
  return tokens === undefined
    ? { tokens: estimateTokens(chat), estimated: true }
    : { tokens, estimated: false };
}

/** Undefined where the target does not count. */
async function askTarget(
  question: Question,
  format: UpstreamFormat,
  counter: TokenCounter,
): Promise<number | undefined> {
  const { chat, target, limits, signal, forwarded } = question;
  const { path, headers, body } = counter.encodeRequest(chat, target);
  const own = target.provider.format === chat.raw.format ? forwarded : undefined;
  const clock = createClock(limits, signal);
  try {
    const outgoing = {
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', ...headers, ...own },
      body: JSON.stringify(body),
    };
    const response = await send(question, outgoing, clock);
    if (response.ok) return await readCount(response, counter, clock);
    const fault = await readFault(question, format, response, clock);
    if (NOT_THERE.has(response.status) && fault.code !== 'model_not_found') return undefined;
    throw fault;
  } catch (error) {
    throw clock.signal.aborted ? toRouterError(clock.signal.reason) : toRouterError(error);
  } finally {
    clock.stop();
  }
}

async function readCount(
  response: Response,
  counter: TokenCounter,
  clock: Clock,
): Promise<number | undefined> {
  const bytes = await readAll(response, ANSWER_LIMIT, clock);
  return counter.decodeResponse(parseLeniently(new TextDecoder().decode(bytes)));
}
