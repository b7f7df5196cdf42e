/**
 * Between a page of ours and the frame that draws diagrams, through a port that the page made: nobody
 * else holds its other end. A model wrote the text, so the frame counts as hostile: what it says is
 * looked at before it is believed.
 */
export interface DiagramQuestion {
  text: string;
  dark: boolean;
}

export type DiagramAnswer =
  /** Drawn, so many CSS pixels high; again for each change of the width. */
  | { height: number }
  /** The text is no diagram; the words of the library. */
  | { problem: string }
  /** The library is not here and could not be fetched. */
  | { unavailable: true };

export const HIGHEST = 10_000;
const LONGEST_PROBLEM = 600;

/** Undefined for anything else. */
export function toDiagramAnswer(data: unknown): DiagramAnswer | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { height, problem, unavailable } = data as Record<string, unknown>;
  if (typeof height === 'number' && height >= 0 && height <= HIGHEST) return { height };
  if (typeof problem === 'string') return { problem: problem.slice(0, LONGEST_PROBLEM) };
  return unavailable === true ? { unavailable } : undefined;
}
