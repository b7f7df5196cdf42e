import type { CatalogModel } from '../storage/records.ts';

/** Names by which models that are not for chat are known, where the list says nothing of it. */
const NOT_FOR_CHAT: readonly (readonly [RegExp, NonNullable<CatalogModel['kind']>])[] = [
  [/embed|(^|[/-])(bge|gte|e5|minilm|all-mpnet)([-_]|$)|retriev/, 'embedding'],
  [
    /whisper|(^|[-_/])(tts|stt|asr)([-_]|$)|transcribe|realtime|voxtral.*tts|orpheus|voice|-audio-/,
    'audio',
  ],
  [
    /dall-e|gpt-image|imagen|flux|stable-diffusion|sdxl|(^|[-_/])image([-_]|$)|grok-.*-image/,
    'image',
  ],
  [
    /moderation|rerank|guard|(^|\/)sora|veo-|davinci-002|babbage-002|-instruct-0914|(^|[-_/])ocr([-_]|$)/,
    'other',
  ],
];

/** What a model is for: what its list says, else what its name says, else chat. */
export function kindOfModel({ id, kind }: CatalogModel): NonNullable<CatalogModel['kind']> {
  if (kind !== undefined) return kind;
  const name = id.toLowerCase();
  return NOT_FOR_CHAT.find(([pattern]) => pattern.test(name))?.[1] ?? 'chat';
}
