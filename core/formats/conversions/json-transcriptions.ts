import { RouterError } from '../../errors.ts';
import { droppedFrom, noAnswer, type Conversion } from '../conversion.ts';
import { asCount, asObject, asText } from '../json.ts';
import { toBase64Bytes } from './vectors.ts';

/** Speech to text whose recording goes as base64 in JSON, `{input_audio: {data, format}}`. */
export const jsonTranscriptions: Conversion = {
  async encode({ fields, form }, model, path) {
    const file = form?.get('file');
    const given = asObject(fields.input_audio);
    if (!(file instanceof Blob) && given === undefined)
      throw new RouterError('invalid_request', "Missing required parameter: 'file'.", {
        param: 'file',
      });
    const input_audio =
      file instanceof Blob
        ? {
            data: toBase64Bytes(new Uint8Array(await file.arrayBuffer())),
            format: formatOf(file),
          }
        : given;
    const temperature = asText(fields.temperature) ?? fields.temperature;
    const language = asText(fields.language);
    const body = {
      model,
      input_audio,
      ...(language !== undefined && { language }),
      ...(temperature !== undefined && { temperature: Number(temperature) }),
    };
    const read = ['file', 'input_audio', 'language', 'temperature', 'response_format'];
    return { requests: [{ path, body }], dropped: droppedFrom(fields, read) };
  },
  decode([answer = {}], { fields }) {
    if (typeof answer.text !== 'string') throw noAnswer('text');
    if (fields.response_format === 'text')
      return {
        type: 'text/plain; charset=utf-8',
        bytes: new TextEncoder().encode(`${answer.text}\n`),
      };
    const seconds = asCount(asObject(answer.usage)?.seconds);
    return { ...answer, ...(seconds !== undefined && { duration: seconds }) };
  },
};

/** `mp3`, from the file's name or its type. */
function formatOf(file: Blob): string {
  const name = (file as Partial<File>).name ?? '';
  const ending = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1];
  const subtype = /^audio\/(?:x-)?([a-z0-9]+)/i.exec(file.type)?.[1];
  const format = (ending ?? subtype ?? 'wav').toLowerCase();
  return format === 'mpeg' || format === 'mpga' ? 'mp3' : format;
}
