/** Loaded when words are asked for. This is no BIP-39 mnemonic: only its well-chosen list is used. */
import { wordlist } from '@scure/bip39/wordlists/english.js';

/** 6 words of a list of 2,048: 66 bits. */
const WORDS = 6;

/** `ladder quote mango silent orbit fence` */
export function createPhrase(): string {
  // 2,048 divides 2^16, so each word is as likely as any other.
  return [...crypto.getRandomValues(new Uint16Array(WORDS))]
    .map((number) => wordlist[number % wordlist.length])
    .join(' ');
}
