import type { CatalogModel, ModelPrice } from '../storage/records.ts';
import { deepFreeze } from './freeze.ts';
import models from './models.json';

/**
 * What models can do and cost, from our own table (models.json; a test holds it against the shared
 * catalogue) and from what the provider's list says, which always wins.
 */
export interface ModelFacts {
  contextWindow?: number;
  maxOutput?: number;
  /** What it takes beside text. Absent: no one says. */
  takes?: NonNullable<CatalogModel['takes']>;
  tools?: boolean;
  reasoning?: boolean;
  /** Answers by a JSON schema. */
  structured?: boolean;
  /** USD per million tokens. Absent: unknown, never zero. */
  price?: ModelPrice;
  /** The day of the price, where it is of our table: `2026-07-02`. */
  priceDate?: string;
}

/** Context, output, letters, and the prices of input, output, cache read and cache write. */
type Row = readonly [number, number, string, ...(number | null)[]];

const TABLE = deepFreeze(models as unknown as Table);
interface Table {
  readonly date: string;
  readonly providers: Readonly<Record<string, Readonly<Record<string, Row>>>>;
}

const LETTERS = Object.freeze({ i: 'image', p: 'file', a: 'audio', v: 'video' } as const);

/** What the table has of a model; a dated id stands for its family where it has no row of its own. */
export function tableFacts(providerId: string, modelId: string): ModelFacts | undefined {
  const rows = ownRow(TABLE.providers, providerId);
  if (!rows) return undefined;
  const row =
    ownRow(rows, modelId) ??
    ownRow(rows, withoutDate(modelId)) ??
    ownRow(rows, withoutRegion(modelId));
  return row && toFacts(row);
}

/** The models of a provider that the table knows. */
export function tableModels(providerId: string): CatalogModel[] {
  return Object.keys(ownRow(TABLE.providers, providerId) ?? {}).map((id) => ({ id }));
}

/** The table's facts under those that the provider's own list names. */
export function factsOf(providerId: string, model: CatalogModel): ModelFacts {
  const { contextWindow, maxOutput, takes, tools, reasoning, price } = model;
  const facts: ModelFacts = { ...tableFacts(providerId, model.id) };
  if (contextWindow !== undefined) facts.contextWindow = contextWindow;
  if (maxOutput !== undefined) facts.maxOutput = maxOutput;
  if (takes !== undefined) facts.takes = takes;
  if (tools !== undefined) facts.tools = tools;
  if (reasoning !== undefined) facts.reasoning = reasoning;
  if (price !== undefined) {
    facts.price = price;
    delete facts.priceDate;
  }
  return facts;
}

/** What a model is taken to have where no one says. */
export const DEFAULT_WINDOW = 128_000;

/** Who may say how much a model takes. */
export interface WindowSources {
  /** The provider's own list. */
  upstream?: number;
  /** Our row of the model. */
  row?: number;
  /** A route of a logical model, or the logical model. */
  route?: number;
  logical?: number;
  /** The person's setting. */
  setting?: number;
}

/** Row E5, in this order: upstream, row, route or logical model, default, 128,000. */
export function contextWindowOf({ upstream, row, route, logical, setting }: WindowSources): number {
  return upstream ?? row ?? route ?? logical ?? setting ?? DEFAULT_WINDOW;
}

function toFacts([contextWindow, maxOutput, can, input, output, read, write]: Row): ModelFacts {
  const facts: ModelFacts = {
    contextWindow,
    takes: Object.entries(LETTERS).flatMap(([letter, what]) => (can.includes(letter) ? what : [])),
    tools: can.includes('t'),
    reasoning: can.includes('r'),
    structured: can.includes('s'),
  };
  if (maxOutput > 0) facts.maxOutput = maxOutput;
  if (typeof input === 'number' && typeof output === 'number') {
    facts.price = {
      input,
      output,
      ...(typeof read === 'number' && { cacheRead: read }),
      ...(typeof write === 'number' && { cacheWrite: write }),
    };
    facts.priceDate = TABLE.date;
  }
  return facts;
}

/** Bedrock's inference profiles: `us.anthropic.claude-…`. */
function withoutRegion(id: string): string {
  return id.replace(/^(?:apac|au|eu|global|jp|us|us-gov)\./, '');
}

/** `gpt-5-2025-08-07` and `claude-sonnet-4-5-20250929` -> without their day. */
function withoutDate(id: string): string {
  return id.replace(/[-@](20\d{2}-\d{2}-\d{2}|20\d{6})$/, '');
}

/** Only what is the table's own: a model may be called `constructor`. */
function ownRow<T>(rows: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(rows, name) ? rows[name] : undefined;
}
