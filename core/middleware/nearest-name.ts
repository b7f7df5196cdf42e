/**
 * The name that a mistyped one is nearest to, or `undefined` where none is near. A name counts as a
 * whole and by what follows its last slash: `gpt-5-mni` is near to `openai/gpt-5-mini`.
 */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let least = limit + 1;
  for (const name of names) {
    const whole = name.toLowerCase();
    const tails = [
      whole,
      whole.slice(whole.indexOf('/') + 1),
      whole.slice(whole.lastIndexOf('/') + 1),
    ];
    for (const candidate of new Set(tails)) {
      const steps = distance(wanted, candidate, least - 1);
      if (steps < least) {
        least = steps;
        best = name;
      }
    }
  }
  return best;
}

/** How many letters to add, drop, change or swap; more than `limit` where it is more. */
function distance(one: string, other: string, limit: number): number {
  if (limit < 0 || Math.abs(one.length - other.length) > limit) return limit + 1;
  let before: number[] = [];
  let above = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    let least = row;
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      let steps = Math.min(
        above[column]! + 1,
        line[column - 1]! + 1,
        above[column - 1]! + (same ? 0 : 1),
      );
      if (
        row > 1 &&
        column > 1 &&
        one[row - 1] === other[column - 2] &&
        one[row - 2] === other[column - 1]
      )
        steps = Math.min(steps, before[column - 2]! + 1);
      line.push(steps);
      least = Math.min(least, steps);
    }
    if (least > limit) return limit + 1;
    before = above;
    above = line;
  }
  return above[other.length]!;
}
