import { RouterError, toRouterError } from '../errors.ts';
import type { Usage } from '../formats/chat.ts';
import type { Formats } from '../formats/format.ts';
import { findUsage } from '../formats/any-usage.ts';
import { isBinary, type Binary, type Conversion, type Payload } from '../formats/conversion.ts';
import { readBody, type BodyReader } from './body.ts';
import { createClock, type Clock } from './clock.ts';
import { fromFault, withoutSecrets } from './faults.ts';
import {
  hasHtmlType,
  notAnAnswer,
  readAll,
  readFault,
  secretsOf,
  send,
  type Attempt,
} from './send.ts';

type JsonObject = Record<string, unknown>;

/** What one target is asked beside chat. */
export interface Errand extends Attempt {
  readonly payload: Payload;
  /** Below the provider's base URL. */
  readonly path: string;
  /** Absent: the provider takes OpenAI's own shape. */
  readonly conversion?: Conversion;
  /** Content types that may come back, without parameters; `audio/` stands for all of its kind. */
  readonly types: readonly string[];
  /** Whether a JSON body is an answer of this endpoint. */
  readonly isAnswer: (body: JsonObject) => boolean;
  readonly formats: Formats;
}

/** One target's answer: whole where it is JSON, else from its first bytes on. */
export type Brought = { readonly dropped: readonly string[] } & (
  | { readonly kind: 'json'; readonly body: JsonObject; readonly usage: Usage | undefined }
  | { readonly kind: 'bytes'; readonly answer: Binary; readonly usage: Usage | undefined }
  | {
      readonly kind: 'stream';
      readonly type: string;
      readonly first: Uint8Array | undefined;
      readonly rest: BodyReader;
    }
);

/** The largest JSON answer: ten large pictures in base64. */
const ANSWER_LIMIT = 64 * 1024 * 1024;

/** Asks one target. Resolves at its first bytes; throws a RouterError for all that fails before. */
export async function forward(errand: Errand): Promise<Brought> {
  const clock = createClock(errand.limits, errand.signal);
  try {
    return errand.conversion === undefined
      ? await forwardAsIs(errand, clock)
      : await forwardConverted(errand, errand.conversion, clock);
  } catch (error) {
    clock.stop();
    throw clock.signal.aborted ? toRouterError(clock.signal.reason) : toRouterError(error);
  }
}

async function forwardAsIs(errand: Errand, clock: Clock): Promise<Brought> {
  const { payload, path, target } = errand;
  const { form, fields } = payload;
  form?.set('model', target.model);
  const response = await send(
    errand,
    {
      method: 'POST',
      path,
      // A form's type holds its boundary, which the browser chooses.
      headers: form === undefined ? JSON_HEADERS : ACCEPT_ALL,
      body: form ?? JSON.stringify({ ...fields, model: target.model }),
    },
    clock,
  );
  const type = await checkAnswer(errand, response, clock);
  if (type === 'application/json') {
    const body = await readJson(errand, response, clock);
    if (!errand.isAnswer(body)) throw notAnAnswer(target);
    clock.stop();
    return { kind: 'json', body, usage: findUsage(body), dropped: [] };
  }
  const rest = readBody(response, clock, secretsOf(errand));
  const first = await rest.read();
  if (first === undefined)
    throw new RouterError('bad_upstream', `${target.provider.name} sent an empty answer.`);
  const whole = response.headers.get('content-type') ?? type;
  return { kind: 'stream', type: whole, first, rest, dropped: [] };
}

async function forwardConverted(
  errand: Errand,
  conversion: Conversion,
  clock: Clock,
): Promise<Brought> {
  const { payload, target, path } = errand;
  const { requests, dropped } = await conversion.encode(payload, target.model, path);
  const answers: JsonObject[] = [];
  for (const request of requests) {
    const outgoing = {
      method: 'POST',
      path: request.path,
      headers: JSON_HEADERS,
      body: JSON.stringify(request.body),
    };
    const response = await send(errand, outgoing, clock);
    await checkAnswer(errand, response, clock);
    answers.push(await readJson(errand, response, clock));
  }
  clock.stop();
  const answer = conversion.decode(answers, payload);
  const usage = isBinary(answer) ? undefined : findUsage(answer);
  return isBinary(answer)
    ? { kind: 'bytes', answer, usage, dropped }
    : { kind: 'json', body: answer, usage, dropped };
}

const JSON_HEADERS = Object.freeze({ 'content-type': 'application/json', accept: '*/*' });
const ACCEPT_ALL = Object.freeze({ accept: '*/*' });

/** The content type of an answer that may go on. Throws the provider's error, or `bad_upstream`. */
async function checkAnswer(errand: Errand, response: Response, clock: Clock): Promise<string> {
  const { target, types, formats } = errand;
  if (!response.ok) {
    throw await readFault(errand, formats.upstreams[target.provider.format], response, clock);
  }
  const stated = (response.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  const type = stated === '' ? 'application/json' : stated;
  const fits = ['application/json', ...types].some((allowed) =>
    allowed.endsWith('/') ? type.startsWith(allowed) : type === allowed,
  );
  if (fits && !hasHtmlType(response)) return type;
  response.body?.cancel().catch(() => {}); // that it is no answer is what counts
  throw notAnAnswer(target);
}

/** Throws `bad_upstream` for what is no object, and the provider's own error where a 200 holds one. */
async function readJson(errand: Errand, response: Response, clock: Clock): Promise<JsonObject> {
  const text = new TextDecoder().decode(await readAll(response, ANSWER_LIMIT, clock));
  let body: unknown;
  try {
    body = JSON.parse(withoutKeys(text, secretsOf(errand)));
  } catch {
    throw notAnAnswer(errand.target);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw notAnAnswer(errand.target);
  }
  const answer = body as JsonObject;
  if (typeof answer.error !== 'object' || answer.error === null) return answer;
  const format = errand.formats.upstreams[errand.target.provider.format];
  throw fromFault(format.decodeError(502, response.headers, answer), secretsOf(errand));
}

function withoutKeys(text: string, secrets: readonly string[]): string {
  return secrets.some((secret) => text.includes(secret)) ? withoutSecrets(text, secrets) : text;
}
