import { noAnswer, type Conversion } from '../conversion.ts';
import { asText } from '../json.ts';
import { fromBase64Bytes } from './vectors.ts';

const TYPES: Readonly<Record<string, string>> = Object.freeze({
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
});

/** Speech that comes as base64 in JSON, `{audio_data}`, where OpenAI sends its bytes. */
export const jsonSpeech: Conversion = {
  encode({ fields }, model, path) {
    // Its answer is the same whole text, streamed or not.
    const { stream_format: streamed, ...rest } = fields;
    return {
      requests: [{ path, body: { ...rest, model } }],
      dropped: streamed === undefined ? [] : ['stream_format'],
    };
  },
  decode([answer = {}], { fields }) {
    const bytes = typeof answer.audio_data === 'string' && fromBase64Bytes(answer.audio_data);
    if (!bytes) throw noAnswer('speech');
    return { type: TYPES[asText(fields.response_format) ?? 'mp3'] ?? 'audio/mpeg', bytes };
  },
};
