/**
 * Encrypts and decrypts `age` passphrase files. A worker, because scrypt takes seconds in which a page
 * could neither paint nor be told to stop.
 */
import { armor, Decrypter, Encrypter } from 'age-encryption';
import type { AgeAnswer, AgeJob } from './age.ts';
import { isArmored, WORK_FACTOR } from './age-header.ts';

async function run(job: AgeJob): Promise<AgeAnswer> {
  if ('text' in job) {
    const encrypter = new Encrypter();
    encrypter.setPassphrase(job.passphrase);
    encrypter.setScryptWorkFactor(WORK_FACTOR);
    return { file: await encrypter.encrypt(job.text) };
  }
  const decrypter = new Decrypter();
  decrypter.addPassphrase(job.passphrase);
  const file = isArmored(job.file) ? armor.decode(new TextDecoder().decode(job.file)) : job.file;
  return { text: await decrypter.decrypt(file, 'text') };
}

addEventListener('message', ({ data }: MessageEvent<AgeJob>) => {
  run(data).then(
    (answer) => postMessage(answer),
    (error: unknown) =>
      postMessage({
        failed: /no identity matched/i.test(String(error)) ? 'passphrase' : 'damaged',
      } satisfies AgeAnswer),
  );
});
