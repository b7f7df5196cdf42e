import { RouterError, toRouterError } from '../errors.ts';
import type { Usage } from '../formats/chat.ts';
import type { Payload } from '../formats/conversion.ts';
import { CONVERSIONS } from '../formats/conversions/index.ts';
import { repairEmbeddings, wantsBase64 } from '../formats/conversions/vectors.ts';
import { formatOf } from '../formats/format.ts';
import { missingEndpoint } from '../middleware/endpoint-targets.ts';
import type { LiveCall } from '../middleware/live.ts';
import type { Wanted } from '../middleware/reserve.ts';
import type { Scope } from '../ports.ts';
import { ENDPOINT_PATHS, wayOf } from '../providers/endpoints.ts';
import type { EndpointName, EndpointWay } from '../providers/provider.ts';
import { forward, type Brought } from '../upstream/forward.ts';
import { jsonAnswer, withDropped } from './answer.ts';
import { createSettle, dispatch, type Dispatched, type Seen } from './dispatch.ts';
import type { Endpoint, Parts } from './endpoint.ts';
import { estimateUse, type EstimatedUse } from './estimate-use.ts';
import { dropFromForm, readPayload } from './payload.ts';
import { relay } from './relay.ts';
import { takeRouting } from './routing-fields.ts';
import { createUsageScan } from './usage-scan.ts';

interface BesideChat {
  readonly scope: Scope;
  /** What may come back beside JSON; see Errand. */
  readonly types: readonly string[];
  /** The field that every JSON answer has. */
  readonly holds: string;
  /** A field that elsewhere would be a destination, and here says what is to be heard. */
  readonly content?: string;
}

const EVENTS = 'text/event-stream';
const SPOKEN = ['audio/', 'application/octet-stream', EVENTS];
const WRITTEN = ['text/plain', 'text/vtt', 'application/x-subrip', 'text/srt', EVENTS];

/** The endpoints of OpenAI's that are no chat. */
const BESIDE_CHAT = Object.freeze({
  embeddings: { scope: 'embeddings', types: [], holds: 'data' },
  images: { scope: 'images', types: [EVENTS], holds: 'data' },
  'image-edits': { scope: 'images', types: [EVENTS], holds: 'data' },
  speech: { scope: 'audio', types: SPOKEN, holds: 'audio' },
  transcriptions: { scope: 'audio', types: WRITTEN, holds: 'text', content: 'url' },
  translations: { scope: 'audio', types: WRITTEN, holds: 'text', content: 'url' },
  // It judges a text, and is asked by those that chat.
  moderations: { scope: 'chat', types: [], holds: 'results' },
} satisfies Partial<Record<EndpointName, BesideChat>>);

/** Rows E11, E25: routed by its model to a provider that has it, in that provider's own shape. */
export function createBesideChat(name: keyof typeof BESIDE_CHAT): Endpoint['answer'] {
  const { scope, types, holds, content }: BesideChat = BESIDE_CHAT[name];
  return async (call, parts) => {
    const payload = await readPayload(call.request);
    const routing = takeRouting(payload.fields, call.request.headers, content);
    dropFromForm(payload);
    const model = readModel(payload);
    const live = parts.live.open({
      id: call.id,
      caller: call.caller,
      model: model ?? 'auto',
      signal: call.request.signal,
    });
    const guess = estimateUse(name, payload);
    const tap: Tapped = { usage: undefined, toolCalls: 0, guess };
    const settle = createSettle(call, parts, live, tap);
    try {
      const wanted = { model, provider: routing.provider, endpoint: name };
      const brought = await dispatch(
        call,
        parts,
        live,
        scope,
        wanted,
        (attempt) => {
          const { provider } = attempt.target;
          const way = wayOf(provider, name);
          if (way === undefined) throw missingEndpoint(provider.name, name);
          checkResponseFormat(payload, name, way);
          return forward({
            ...attempt,
            payload,
            path: way.path ?? ENDPOINT_PATHS[name],
            conversion: way.conversion && CONVERSIONS[way.conversion],
            types,
            isAnswer: (body) => body[holds] !== undefined && body[holds] !== null,
            formats: parts.formats,
          });
        },
        { use: { wanted: () => toWanted(guess) } },
      );
      const answer = toAnswer(name, parts, brought, payload, live, tap, settle);
      return withDropped(answer, [...routing.ignored, ...brought.answer.dropped]);
    } catch (thrown) {
      const error = toRouterError(thrown);
      settle(error);
      throw error;
    }
  };
}

/** What went by of an answer. */
type Tapped = Seen & { usage: Usage | undefined };

function toAnswer(
  name: EndpointName,
  parts: Parts,
  { answer, resolution: { answerModel } }: Dispatched<Brought>,
  { fields }: Payload,
  live: LiveCall,
  tap: Tapped,
  settle: (error?: RouterError) => void,
): Response {
  if (answer.kind === 'stream') {
    const { first, rest, type } = answer;
    const scan = createUsageScan(type);
    const isEvents = type.startsWith(EVENTS);
    const body = relay({
      first,
      rest,
      live,
      see: scan.see,
      events: isEvents ? formatOf(parts.formats, 'openai-chat') : undefined,
      settle(error) {
        tap.usage = scan.usage;
        settle(error);
      },
    });
    return bytesAnswer(body, type);
  }
  tap.usage = answer.usage;
  settle();
  if (answer.kind === 'bytes') {
    return bytesAnswer(answer.answer.bytes as Uint8Array<ArrayBuffer>, answer.answer.type);
  }
  const { body } = answer;
  // The name that the caller asked for, as in a chat; pictures and texts have none.
  if ('model' in body || name === 'embeddings') body.model = answerModel;
  if (name === 'embeddings') {
    body.object = 'list';
    repairEmbeddings(body, wantsBase64(fields));
  }
  if (name === 'images') body.created ??= Math.floor(parts.ports.now() / 1000);
  return jsonAnswer(body);
}

function bytesAnswer(body: BodyInit, type: string): Response {
  return new Response(body, { headers: { 'content-type': type, 'cache-control': 'no-store' } });
}

/** What a site's budget must have room for. */
function toWanted({ input, output, answers }: EstimatedUse): Wanted {
  if (output === 0) return { input };
  return { input, output: { named: Math.ceil(output / answers), answers } };
}

function readModel({ fields }: Payload): string | undefined {
  const { model } = fields;
  if (model === undefined || model === null || model === '') return undefined;
  if (typeof model === 'string') return model;
  throw new RouterError('invalid_request', "'model' must be the name of a model.", {
    param: 'model',
  });
}

/** How a text of speech may be asked for, by OpenAI. */
const RESPONSE_FORMATS: Readonly<Partial<Record<EndpointName, readonly string[]>>> = Object.freeze({
  transcriptions: ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'],
  translations: ['json', 'text', 'srt', 'verbose_json', 'vtt'],
});

/** Row E11: 422 for a form of answer that nobody knows, or this provider does not. */
function checkResponseFormat({ fields }: Payload, name: EndpointName, way: EndpointWay): void {
  const wanted = fields.response_format;
  const allowed = way.responseFormats ?? RESPONSE_FORMATS[name];
  if (wanted === undefined || wanted === null || allowed === undefined) return;
  if (typeof wanted === 'string' && allowed.includes(wanted)) return;
  throw new RouterError(
    'invalid_request',
    `'response_format' must be one of ${allowed.join(', ')} here.`,
    { status: 422, param: 'response_format' },
  );
}
