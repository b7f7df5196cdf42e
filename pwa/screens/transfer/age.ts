import { startWorker } from '../../app/worker-script.ts';
import { findAgeFault } from './age-header.ts';
import workerAddress from './age.worker.ts?worker&url';

export type AgeJob =
  | { readonly text: string; readonly passphrase: string }
  | { readonly file: Uint8Array; readonly passphrase: string };

export type AgeAnswer =
  | { readonly file: Uint8Array }
  | { readonly text: string }
  | { readonly failed: 'passphrase' | 'damaged' };

/** An `age` file that the words open. The signal ends the work at once. */
export async function encryptAge(
  text: string,
  passphrase: string,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await run({ text, passphrase }, signal);
  if ('file' in answer) return new Uint8Array(answer.file);
  throw new Error('The file could not be encrypted.');
}

/** The text of an `age` file. Throws where the words do not open it, or where it is none of ours. */
export async function decryptAge(
  file: Uint8Array,
  passphrase: string,
  signal: AbortSignal,
): Promise<string> {
  const fault = findAgeFault(file);
  if (fault) throw new Error(fault);
  const answer = await run({ file, passphrase }, signal);
  if ('text' in answer) return answer.text;
  throw new Error(
    'failed' in answer && answer.failed === 'passphrase'
      ? 'These words do not open the file. Check them one by one.'
      : 'This file was changed or is cut off: it can not be opened.',
  );
}

function run(job: AgeJob, signal: AbortSignal): Promise<AgeAnswer> {
  signal.throwIfAborted();
  const worker = startWorker(workerAddress);
  const answered = new Promise<AgeAnswer>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<AgeAnswer>) => resolve(data);
    worker.onerror = () => reject(new Error('The part that encrypts could not be loaded.'));
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    worker.postMessage(job);
  });
  return answered.finally(() => worker.terminate());
}
