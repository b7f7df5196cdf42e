import { appendFileSync } from 'node:fs';

/** One row of the table that `npm run bench` prints. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** The aim of issue 2, in the same unit: at most this. */
  aim: number;
  /** How the value came about, in a few words. */
  how?: string;
}

/** Where scripts/bench.mjs reads the figures, one JSON a line. */
const FILE = process.env.GATEHOUSE_BENCH_FILE;

export function report(figure: Figure): void {
  if (FILE) appendFileSync(FILE, `${JSON.stringify(figure)}\n`);
  const { what, value, unit, aim, how = '' } = figure;
  console.log(`${what}: ${value.toFixed(2)} ${unit} (aim ${aim}) ${how}`);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that `share` of the values stay at or below. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
