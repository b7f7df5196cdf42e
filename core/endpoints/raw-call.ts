import { LETTERS_A_TOKEN } from '../formats/estimate-tokens.ts';
import type { Wanted } from '../middleware/reserve.ts';

/** What a call of a provider's own interface is for, as far as it says so itself. */
export interface RawCall {
  /** Under which name the call is shown, counted and priced; absent: it names none. */
  readonly model?: string;
  /** What it may use; an output without `named` may be as long as its model writes. */
  readonly wanted: Wanted;
}

/** A body above this is read for nothing. */
const MOST_PARSED = 4 * 1024 * 1024;
const LONGEST_NAME = 200;

type Fields = Readonly<Record<string, unknown>>;

interface Interface {
  /** What the path ends with. */
  readonly at: RegExp;
  /** Where its body says how long an answer may be. A name of another interface limits nothing here. */
  readonly limits: readonly string[];
  /** Where it says how many answers it wants. */
  readonly answers?: readonly string[];
}

/** The interfaces whose answers are as long as their question lets them be. */
const INTERFACES: readonly Interface[] = Object.freeze([
  {
    at: /\/completions$/,
    limits: ['max_tokens', 'max_completion_tokens'],
    answers: ['n', 'best_of'],
  },
  { at: /\/responses$/, limits: ['max_output_tokens'] },
  { at: /\/messages$/, limits: ['max_tokens'] },
  {
    at: /:(?:streamG|g)enerateContent$/,
    // Google reads its fields in both spellings.
    limits: [
      'generationConfig.maxOutputTokens',
      'generationConfig.max_output_tokens',
      'generation_config.maxOutputTokens',
      'generation_config.max_output_tokens',
    ],
    answers: [
      'generationConfig.candidateCount',
      'generationConfig.candidate_count',
      'generation_config.candidateCount',
      'generation_config.candidate_count',
    ],
  },
  { at: /\/converse(?:-stream)?$/, limits: ['inferenceConfig.maxTokens'] },
]);

/** What these answer is no text of a model's. */
const WITHOUT_OUTPUT =
  /(?:embed(?:dings?|Contents?)?|batchEmbedContents|rerank|moderations|tokenize|count_?tokens|input_tokens)$/i;

/**
 * `path` is below the provider's base URL, with its query. High rather than low: a site's limit must
 * hold, and nothing of the body is changed.
 */
export async function readRawCall(
  request: Request,
  body: Blob | null,
  path: string,
): Promise<RawCall> {
  const [way = ''] = path.split('?');
  const fields = await readFields(request, body);
  // Where the path names the model, what the body says of it counts for nothing.
  const model = modelOfPath(way) ?? toName(fields.model);
  const input = Math.ceil((body?.size ?? 0) / LETTERS_A_TOKEN);
  const output = body === null ? undefined : outputOf(way, fields, model);
  return { ...(model !== undefined && { model }), wanted: { input, ...(output && { output }) } };
}

/** `/models/gemini-3:generateContent`, `/model/…/invoke`, `/deployments/…/chat/completions`. */
function modelOfPath(way: string): string | undefined {
  const named = /\/(?:models?|deployments|engines)\/([^/:]+)/.exec(way)?.[1];
  if (named === undefined) return undefined;
  try {
    return toName(decodeURIComponent(named));
  } catch {
    return toName(named);
  }
}

function outputOf(
  way: string,
  fields: Fields,
  model: string | undefined,
): Wanted['output'] | undefined {
  if (WITHOUT_OUTPUT.test(way)) return undefined;
  const known = INTERFACES.find(({ at }) => at.test(way));
  if (known === undefined) return model === undefined ? undefined : { answers: 1 };
  const named = most(fields, known.limits);
  return {
    ...(named !== undefined && { named }),
    answers: Math.max(most(fields, known.answers ?? []) ?? 1, 1),
  };
}

/** The largest whole number at one of these places. */
function most(fields: Fields, places: readonly string[]): number | undefined {
  const counts = places
    .map((place) => place.split('.').reduce(at, fields as unknown))
    .map((value) => (typeof value === 'string' ? Number(value) : value))
    .filter((value): value is number => Number.isInteger(value) && (value as number) > 0);
  return counts.length === 0 ? undefined : Math.max(...counts);
}

function at(value: unknown, name: string): unknown {
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return isThere ? (value as Fields)[name] : undefined;
}

function toName(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_NAME) : undefined;
}

async function readFields(request: Request, body: Blob | null): Promise<Fields> {
  const isJson = /\bjson\b/i.test(request.headers.get('content-type') ?? '');
  if (body === null || !isJson || body.size > MOST_PARSED) return {};
  try {
    const value: unknown = JSON.parse(await body.text());
    return typeof value === 'object' && value !== null ? (value as Fields) : {};
  } catch {
    // The provider itself will say what is wrong with it.
    return {};
  }
}
