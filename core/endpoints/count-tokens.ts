import type { FormatName } from '../formats/chat.ts';
import { formatOf } from '../formats/format.ts';
import { onlySuitable } from '../middleware/suitable.ts';
import { countTokens } from '../upstream/count.ts';
import { jsonAnswer } from './answer.ts';
import { readJsonObject } from './body.ts';
import { dispatch } from './dispatch.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { toForwarded } from './forwarded-headers.ts';
import { takeRouting } from './routing-fields.ts';

type Body = Record<string, unknown>;

/**
 * How many tokens a chat's input would be. Where the target does not count, the answer is our
 * estimate, and `x-gatehouse-estimated` says so. No model is asked, so nothing is counted as used.
 */
export function createCountEndpoint(
  name: FormatName,
  toChatBody: (call: Call, body: Body) => Body = (_call, body) => body,
): Endpoint['answer'] {
  return async (call, parts) => {
    const format = formatOf(parts.formats, name);
    const body = toChatBody(call, await readJsonObject(call.request));
    const { provider } = takeRouting(body, call.request.headers);
    const chat = { ...format.decodeRequest(body), stream: false };
    const live = parts.live.open({
      id: call.id,
      caller: call.caller,
      model: chat.model || 'auto',
      signal: call.request.signal,
    });
    try {
      const wanted = { model: chat.model || undefined, provider };
      const forwarded = toForwarded(call.request.headers);
      const { answer } = await dispatch(
        call,
        parts,
        live,
        'chat',
        wanted,
        (attempt) => countTokens({ ...attempt, chat, formats: parts.formats, forwarded }),
        { choose: (targets) => onlySuitable(targets, chat, parts.catalogue) },
      );
      const { tokens, estimated } = answer;
      const counted = jsonAnswer(format.encodeCount?.(tokens));
      if (estimated) counted.headers.set('x-gatehouse-estimated', 'input_tokens');
      return counted;
    } finally {
      live.end();
    }
  };
}
