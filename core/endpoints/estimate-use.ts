import { LETTERS_A_TOKEN } from '../formats/estimate-tokens.ts';
import type { Payload } from '../formats/conversion.ts';
import type { EndpointName } from '../providers/provider.ts';

/** About how many tokens a call that is no chat takes and gives. */
export interface EstimatedUse {
  readonly input: number;
  /** Of all its answers. */
  readonly output: number;
  readonly answers: number;
}

/** Speech of 16 kbit/s, the least that is sent, at ten tokens a second; of a picture it is near, too. */
const FILE_BYTES_A_TOKEN = 200;
/** A large picture of the best quality, by OpenAI's table of 2025. */
const PICTURE_TOKENS = 6_240;
/** Twenty tokens a second at fifteen letters a second. */
const SPEECH_TOKENS_A_LETTER = 1.4;
/** Nobody writes faster than that: three words a second, of which a file of speech has its seconds. */
const WRITTEN_A_FILE_TOKEN = 0.5;

/** High rather than low: a site's limit must hold, and is settled by what the provider counts. */
export function estimateUse(name: EndpointName, { fields, form }: Payload): EstimatedUse {
  const files = [...(form?.values() ?? [])].reduce(
    (sum, value) => sum + (typeof value === 'string' ? 0 : value.size),
    0,
  );
  const ofFiles = Math.ceil(files / FILE_BYTES_A_TOKEN);
  const input = Math.ceil(JSON.stringify(fields).length / LETTERS_A_TOKEN) + ofFiles;
  if (name === 'images' || name === 'image-edits') {
    const answers = toCount(fields.n);
    return { input, output: answers * PICTURE_TOKENS, answers };
  }
  const output =
    name === 'speech'
      ? Math.ceil(String(fields.input ?? '').length * SPEECH_TOKENS_A_LETTER)
      : Math.ceil(ofFiles * WRITTEN_A_FILE_TOKEN);
  return { input, output, answers: 1 };
}

/** As a form or JSON has it; the provider judges whether it is too many. */
function toCount(value: unknown): number {
  const count = Number(value ?? 1);
  return Number.isInteger(count) && count > 0 ? Math.min(count, 100) : 1;
}
