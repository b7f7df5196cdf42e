import type { FormatName } from '../formats/chat.ts';

/** `/v1`, `/v1beta`, `/v1alpha`, also one after the other. */
const VERSIONS = /^(?:\/v1(?:beta|alpha)?)+(?=\/)/;
/** What SDKs append to a base URL that has no version. */
const UNVERSIONED =
  /^\/(?:chat|completions|messages|responses|models|embeddings|images|audio|moderations)(?:\/|$)/;
/** Google's way to say what to do with a model; `ai` leaves `models` out where the id has a slash. */
const MODEL_VERB =
  /^(\/models)?\/.+:(?:generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents)$/;

/**
 * A path as the table of routes has it. Some SDKs add the version to the base URL and some expect it
 * there: either base URL works in each of them, so `/v1/v1/messages`, `/messages` and
 * `/v1/models/x:generateContent` are what they mean.
 */
export function toCanonicalPath(pathname: string): string {
  const versions = VERSIONS.exec(pathname)?.[0] ?? '';
  const rest = pathname.slice(versions.length);
  if (versions === '' && !UNVERSIONED.test(rest)) return pathname;
  const verb = MODEL_VERB.exec(decoded(rest));
  if (verb !== null) return `/v1beta${verb[1] === undefined ? '/models' : ''}${rest}`;
  const last = versions.slice(versions.lastIndexOf('/'));
  return `${last === '' || last === '/v1' ? '/v1' : '/v1beta'}${rest}`;
}

function decoded(path: string): string {
  return path.replace(/%3a/gi, ':');
}

/**
 * Whose words the callers of a path expect, also for a path that there is not, and below the name of
 * a provider; the first that fits.
 */
const DIALECTS: readonly (readonly [RegExp, FormatName])[] = [
  [/^(?:\/[\w.-]+)?\/v1\/messages(?:\/|$)/, 'anthropic-messages'],
  [/^(?:\/[\w.-]+)?\/v1\/responses(?:\/|$)/, 'openai-responses'],
  [/^(?:\/[\w.-]+)?\/v1beta(?:\/|$)|:(?:streamG|g)enerateContent$/, 'google-generate-content'],
];

/** Paths that only OpenAI's dialect has; what is none of these may be anyone's, like `/v1/models`. */
const OPENAI = /^\/v1\/(?:chat|completions|embeddings|images|audio|moderations)(?:\/|$)/;
/** What an SDK sends with each call. */
const BY_HEADER: readonly (readonly [string, FormatName])[] = [
  ['anthropic-version', 'anthropic-messages'],
  ['x-goog-api-client', 'google-generate-content'],
  ['x-goog-api-key', 'google-generate-content'],
];

/** The dialect of a call: by its path, else by its SDK. */
export function dialectOf(pathname: string, headers?: Headers): FormatName {
  const path = toCanonicalPath(pathname);
  const byPath = DIALECTS.find(([pattern]) => pattern.test(path))?.[1];
  if (byPath !== undefined) return byPath;
  const byHeader = OPENAI.test(path) ? undefined : BY_HEADER.find(([name]) => headers?.has(name));
  return byHeader?.[1] ?? 'openai-chat';
}
