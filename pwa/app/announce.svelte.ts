let text = $state('');

/** Said once, when the reader is done with what it says now. The same words twice are said twice. */
export function announce(words: string): void {
  text = text === words ? `${words}\u00a0` : words;
}

export function announced(): string {
  return text;
}
