import { addAnswerHeaders, errorAnswer, preflightAnswer } from './endpoints/answer.ts';
import type { Call, Endpoint, Parts } from './endpoints/endpoint.ts';
import { dialectOf } from './endpoints/paths.ts';
import { matchPath, type Match } from './endpoints/routes.ts';
import { RouterError, toRouterError } from './errors.ts';
import { formatOf } from './formats/format.ts';
import { holdRequest } from './hold-request.ts';
import type { Caller, HostCall } from './ports.ts';

/** The virtual origin: its TLD is reserved and never resolves (RFC 6761). */
export const VIRTUAL_ORIGIN = 'https://gatehouse.invalid';

/**
 * Answers one call. Never rejects: an error is a Response in the caller's own format. `host` is
 * absent where nothing is ever sent again (our own pages' `fetch` events).
 */
export type Handle = (request: Request, caller: Caller, host?: HostCall) => Promise<Response>;

/** START READING HERE: Request + caller -> Response. router.ts makes the parts. */
export function createHandle(parts: Parts): Handle {
  return async (request, caller, host) => {
    const startedAt = performance.now();
    const url = new URL(request.url);
    const { endpoints, tail } = matchPath(url.pathname);
    const trace = { attempts: 0 };
    const beforeSend: (() => Promise<void>)[] = [];
    const call: Call = {
      id: host?.id ?? parts.ports.randomId(),
      request: holdRequest(request),
      url,
      dialect: dialectOf(url.pathname, request.headers),
      caller,
      startedAt,
      tail,
      trace,
      asked: [],
      beforeSend,
      async dispatched() {
        await Promise.all([host?.dispatched(), ...beforeSend.map((prepare) => prepare())]);
      },
    };
    // The endpoint holds the host awake on its own where its body outlives this.
    const release = parts.ports.keepAlive();
    let answer: Response;
    try {
      answer = await answerCall(call, endpoints, parts);
    } catch (thrown) {
      answer = errorAnswer(toRouterError(thrown), formatOf(parts.formats, call.dialect), call.id);
      if (answer.status === 405) answer.headers.set('allow', [...endpoints.keys()].join(', '));
    } finally {
      release();
    }
    return addAnswerHeaders(answer, call, performance.now() - startedAt);
  };
}

async function answerCall(
  call: Call,
  endpoints: Match['endpoints'],
  parts: Parts,
): Promise<Response> {
  const { method } = call.request;
  if (method === 'OPTIONS') return preflightAnswer(call, [...endpoints.keys()]);
  const endpoint = findEndpoint(call, endpoints);
  if (endpoint.firstParty && call.caller.kind !== 'first-party') {
    throw new RouterError('scope_denied', 'Only Gatehouse’s own pages may ask for this.');
  }
  const answer = await endpoint.answer(call, parts);
  return method === 'HEAD' ? new Response(null, answer) : answer;
}

function findEndpoint(call: Call, endpoints: Match['endpoints']): Endpoint {
  const { method } = call.request;
  if (endpoints.size === 0) {
    throw new RouterError(
      'unknown_url',
      `Nothing answers at ${method} ${call.url.pathname}. The base URL is ${VIRTUAL_ORIGIN}/v1.`,
    );
  }
  const endpoint = endpoints.get(method === 'HEAD' ? 'GET' : method);
  if (endpoint !== undefined) return endpoint;
  throw new RouterError(
    'method_not_allowed',
    `${call.url.pathname} takes ${[...endpoints.keys()].join(' or ')}, not ${method}.`,
  );
}
