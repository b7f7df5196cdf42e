export type Outcome = 'imported' | 'refused';

/** A bundle that comes to the import screen by another way than a file. */
export interface Given {
  readonly name: string;
  readonly text: string;
  /** A copy of this computer's own, to be put in the place of what is here. */
  readonly replaces: boolean;
  /** Told once the person has decided; an undone import is not told. */
  readonly onEnd?: (outcome: Outcome) => void;
}
