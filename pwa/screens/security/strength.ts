/** Loaded when a field for a new password gets the focus: its word lists weigh more than a screen. */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import * as common from '@zxcvbn-ts/language-common';
import { guessedWithin } from './strength-words.ts';

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common.dictionary, own: ['gatehouse'] },
  graphs: common.adjacencyGraphs,
});

/** Longer than this it is not looked at: the time to look grows faster than the text. */
const LOOKED_AT = 100;

/** How long the password holds, in words; undefined while nothing is typed. */
export function strengthOf(password: string): string | undefined {
  if (password === '') return undefined;
  return guessedWithin(zxcvbn.check(password.slice(0, LOOKED_AT)).guesses);
}
