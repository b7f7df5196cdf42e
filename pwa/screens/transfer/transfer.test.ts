import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { findAgeFault, isAge, isArmored, WORK_FACTOR } from './age-header.ts';
import { sectionsOf, withSections } from './chosen.ts';
import { createPhrase } from './phrase.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const header = (...stanzas: string[]) =>
  bytes(
    `age-encryption.org/v1\n${stanzas.map((line) => `-> ${line}\nbody\n`).join('')}--- mac\nrest`,
  );
const scrypt = (factor: string) => `scrypt c2FsdHNhbHRzYWx0c2FsdA ${factor}`;

describe('the header of an age file', () => {
  test.each<[string, Uint8Array, RegExp | undefined]>([
    ['of our own', header(scrypt('17')), undefined],
    ['of the stock command', header(scrypt('18')), undefined],
    ['that would take half a gigabyte', header(scrypt('19')), /more memory/],
    ['that would take the whole computer', header(scrypt('30')), /more memory/],
    ['with a factor that is none', header(scrypt('17x')), /damaged/],
    ['with a factor of many digits', header(scrypt('1'.repeat(400))), /damaged/],
    ['with two passphrases', header(scrypt('17'), scrypt('17')), /to a key/],
    ['for a key', header('X25519 abc'), /to a key/],
    ['without anything', header(), /damaged/],
    ['cut off', bytes('age-encryption.org/v1\n'), /damaged/],
  ])('%s', (_what, file, fault) => {
    expect(isAge(file)).toBe(true);
    if (fault) expect(findAgeFault(file)).toMatch(fault);
    else expect(findAgeFault(file)).toBeUndefined();
  });

  test('is read in a file of the library, in bytes and as text, for words and for a key', async () => {
    const forWords = new Encrypter();
    forWords.setPassphrase('x');
    forWords.setScryptWorkFactor(2);
    const file = await forWords.encrypt('text');
    const asText = bytes(`\n${armor.encode(file)}`);
    expect([isArmored(file), isArmored(asText), isAge(asText)]).toEqual([false, true, true]);
    expect([findAgeFault(file), findAgeFault(asText)]).toEqual([undefined, undefined]);
    const forKey = new Encrypter();
    forKey.addRecipient(await identityToRecipient(await generateX25519Identity()));
    const other = await forKey.encrypt('text');
    for (const each of [other, bytes(armor.encode(other))])
      expect(findAgeFault(each)).toMatch(/to a key/);
  });

  test.each(['', '{"format":"gatehouse-bundle"}', 'age-encryption', 'GROQ_API_KEY=x'])(
    'is not in %j',
    (text) => expect(isAge(bytes(text))).toBe(false),
  );
});

test('a phrase is six words of the list, and another one each time', async () => {
  const { wordlist } = await import('@scure/bip39/wordlists/english.js');
  const phrases = await Promise.all(Array.from({ length: 50 }, () => createPhrase()));
  expect(new Set(phrases).size).toBe(50);
  for (const phrase of phrases) {
    expect(phrase.split(' ')).toHaveLength(6);
    for (const word of phrase.split(' ')) expect(wordlist).toContain(word);
  }
});

describe('what is chosen of a bundle', () => {
  const BUNDLE = {
    format: 'gatehouse-bundle',
    version: 1,
    providers: [
      { id: 'my-box', baseUrl: 'https://box.example' },
      { id: 'groq', enabled: false },
      { id: 'xai', baseUrl: 'https://x.example' },
    ],
    keys: [{ provider: 'my-box' }, { provider: 'groq' }, null, { provider: 'Grok' }],
    models: [],
    settings: {},
  };

  test('is of the sections that it has', () => {
    expect(sectionsOf(BUNDLE)).toEqual(['providers', 'keys', 'settings']);
    for (const wrong of [null, 'x', []]) expect(sectionsOf(wrong)).toEqual([]);
  });

  test('leaves out a key for a server of the file, where its providers are not taken', () => {
    expect(withSections(BUNDLE, ['keys'])).toEqual({
      bundle: { format: 'gatehouse-bundle', version: 1, keys: [{ provider: 'groq' }, null] },
      keysLeftOut: 2,
      sitesLeftOut: 0,
    });
    expect(withSections(BUNDLE, ['keys', 'providers'])).toMatchObject({
      bundle: { keys: BUNDLE.keys, providers: BUNDLE.providers },
      keysLeftOut: 0,
    });
  });

  test('leaves out a site with a profile of the file, where its profiles are not taken', () => {
    const work = { id: 'work', name: 'Work', models: ['groq/*'] };
    const [own, ours, theirs] = [{}, { profile: 'work' }, { profile: 'other' }].map(
      (profile, index) => ({ origin: `https://${index}.example`, decision: 'allow', ...profile }),
    );
    const bundle = { ...BUNDLE, profiles: [work, null], sites: [own, ours, theirs, null] };
    expect(withSections(bundle, ['sites'])).toMatchObject({
      bundle: { sites: [own, theirs, null] },
      keysLeftOut: 0,
      sitesLeftOut: 1,
    });
    expect(withSections(bundle, ['sites', 'profiles'])).toMatchObject({
      bundle: { sites: bundle.sites, profiles: bundle.profiles },
      sitesLeftOut: 0,
    });
  });
});

/** The command reads passphrases from a terminal only; `script` of util-linux is one. */
const isThere = (command: string) => spawnSync(command, ['--version']).status === 0;
const stock = isThere('age') && isThere('script');

describe.skipIf(!stock)('the stock age command (apt-get install age)', () => {
  const words = 'abandon ability able about above absent';
  const inFolder = <T>(work: (folder: string) => T): T => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-age-'));
    try {
      return work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  /** Types the words as often as they are asked for. */
  const run = (folder: string, command: string, times: number) =>
    execFileSync('script', ['-qec', command, '/dev/null'], {
      cwd: folder,
      input: `${words}\n`.repeat(times),
      stdio: ['pipe', 'pipe', 'pipe'],
    });

  test('opens what was encrypted here', async () => {
    const encrypter = new Encrypter();
    encrypter.setPassphrase(words);
    encrypter.setScryptWorkFactor(WORK_FACTOR);
    const file = await encrypter.encrypt('{"format":"gatehouse-bundle"}');
    inFolder((folder) => {
      writeFileSync(join(folder, 'file.age'), file);
      run(folder, 'age -d -o out.json file.age', 1);
      expect(readFileSync(join(folder, 'out.json'), 'utf8')).toBe('{"format":"gatehouse-bundle"}');
    });
  });

  test.each(['', '-a '])('writes files that are read here: age -p %s', async (option) => {
    const { Decrypter } = await import('age-encryption');
    const file = inFolder((folder) => {
      writeFileSync(join(folder, 'in.json'), 'of the stock command');
      run(folder, `age -p ${option}-o file.age in.json`, 2);
      return new Uint8Array(readFileSync(join(folder, 'file.age')));
    });
    expect(isAge(file)).toBe(true);
    expect(findAgeFault(file)).toBeUndefined();
    const decrypter = new Decrypter();
    decrypter.addPassphrase(words);
    const binary = isArmored(file) ? armor.decode(new TextDecoder().decode(file)) : file;
    expect(await decrypter.decrypt(binary, 'text')).toBe('of the stock command');
  });
});
