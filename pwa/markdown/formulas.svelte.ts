import type { toFormula as ToFormula } from './formula.ts';

let toFormula = $state.raw<typeof ToFormula>();
let loading: Promise<void> | undefined;

/**
 * The formula as MathML; undefined until Temml has come, and where it can't be drawn. Afterwards it is
 * drawn at once, so that a message that comes into view again does not jump.
 */
export function drawFormula(tex: string, display: boolean): Element | undefined {
  return toFormula?.(tex, display);
}

/** Without Temml (offline, before it was ever fetched) formulas stay as they are written. */
export function loadFormulas(): void {
  loading ??= import('./formula.ts').then(
    (found) => void (toFormula = found.toFormula),
    () => void (loading = undefined),
  );
}
