import { RouterError } from '../errors.ts';
import { createChatEndpoint } from './chat.ts';
import { createCountEndpoint } from './count-tokens.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { createJsonArray, SSE } from './framing.ts';
import { assertShortName } from './routing-fields.ts';

const answerChat = createChatEndpoint('google-generate-content', {
  fromPath(call, body) {
    const { model, verb } = readTail(call);
    body.model = model;
    body.stream = verb === 'streamGenerateContent';
  },
  framing: ({ url }) => (url.searchParams.get('alt') === 'sse' ? SSE : createJsonArray()),
});

/** Its body is the contents alone, or the whole request that they would be sent in. */
const countTokens = createCountEndpoint('google-generate-content', (call, body) => {
  const whole = body.generateContentRequest;
  const request = typeof whole === 'object' && whole !== null ? whole : body;
  return { ...request, model: readTail(call).model };
});

const VERBS: Readonly<Record<string, Endpoint['answer']>> = Object.freeze({
  generateContent: answerChat,
  streamGenerateContent: answerChat,
  countTokens,
});

/** `POST /v1beta/models/{model}:{verb}`: here the path tells the model, and whether to stream. */
export const askModel: Endpoint['answer'] = async (call, parts) => {
  const { model, verb } = readTail(call);
  assertShortName(model, 'model');
  const answer = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (answer !== undefined) return answer(call, parts);
  throw new RouterError(
    'unknown_url',
    `A model is asked by ${Object.keys(VERBS).join(', ')}, not by “${verb}”.`,
  );
};

/** The model's id may hold colons too: `ollama/llama3.2:1b`. */
function readTail({ tail }: Call): { model: string; verb: string } {
  const colon = tail.lastIndexOf(':');
  if (colon === -1) return { model: tail, verb: '' };
  return { model: tail.slice(0, colon), verb: tail.slice(colon + 1) };
}
