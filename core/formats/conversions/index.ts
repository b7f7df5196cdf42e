import type { ConversionName } from '../../providers/provider.ts';
import type { Conversion } from '../conversion.ts';
import { cohereEmbeddings } from './cohere-embeddings.ts';
import { googleEmbeddings } from './google-embeddings.ts';
import { googleImages } from './google-images.ts';
import { int8Embeddings } from './int8-embeddings.ts';
import { jsonSpeech } from './json-speech.ts';
import { jsonTranscriptions } from './json-transcriptions.ts';

/** What a row's `conversion` names. */
export const CONVERSIONS: Readonly<Record<ConversionName, Conversion>> = Object.freeze({
  'google-embeddings': googleEmbeddings,
  'cohere-embeddings': cohereEmbeddings,
  'int8-embeddings': int8Embeddings,
  'google-images': googleImages,
  'json-speech': jsonSpeech,
  'json-transcriptions': jsonTranscriptions,
});
