/** How many words: 66 bits, each guess made to cost seconds by scrypt. */
const WORDS = 6;

/** Six words that no one chose. The list of 2,048 comes when it is wanted. */
export async function createPhrase(): Promise<string> {
  const { wordlist } = await import('@scure/bip39/wordlists/english.js');
  const numbers = crypto.getRandomValues(new Uint16Array(WORDS));
  // 2,048 divides the 65,536 values of 16 bits: each word is as likely as any.
  return Array.from(numbers, (number) => wordlist[number % wordlist.length]).join(' ');
}
